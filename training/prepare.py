"""Makes the groups that the adapter is trained on: `python -m training.prepare DATA OUT.jsonl`.

DATA is a folder with `train_KE1_open.jsonl.gz` and `train_KE3_open.jsonl.gz`. A group is some rows
of one source with one list of labels. What teaches: lists of relations of which most stay unused,
relations that the text states and the list lacks, texts with nothing to find, and several names
for one relation.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from extraction.prompting.answer_grammar import write_answer
from extraction.prompting.messages import user_turn
from knowledge.items import PromptType
from knowledge.text.spans import Lang
from prompts.loader import load_prompt

Row = dict[str, Any]
Group = dict[str, Any]
Fact = tuple[str, str]

LEFT_OUT = frozenset({"WebNLG2017"})  # not for commerce
# Rows drawn of each source, so that no source drowns the others, and rows to a group.
SHARES: dict[PromptType, dict[str, tuple[int, int]]] = {
    "KE1": {
        "FinRE": (700, 8),
        "GeoRE": (400, 8),
        "KdConv": (280, 3),
        "APRCOIE-att": (64, 8),
        "KdConv-info": (100, 3),
        "KnowledgeNet": (800, 7),
        "CrossRE-science": (305, 5),
        "CrossRE-politics": (336, 5),
        "Re-DocRED": (500, 5),
        "E2E": (60, 5),
    },
    "KE3": {
        "KdConv-info": (134, 3),
        "KdConv": (200, 2),
        "GeoRE": (200, 6),
        "E2E": (30, 5),
        "KnowledgeNet": (40, 5),
        "Re-DocRED": (30, 3),
    },
}
LIST_LENGTHS = (4, 6, 8, 10, 12, 15, 15, 20, 26, 30, 45, 70, 105)
# Their names mean what their guideline says: neither other names nor strangers beside them.
CLOSED = frozenset({"CrossRE-science", "CrossRE-politics"})
OWN_TIMES = 6  # how often our own sentences (own.yaml) come
OTHER_NAMES = 0.5  # share of the groups whose labels get other names
LEFT_UNASKED = 0.06  # share of the stated labels that the list lacks
MOST_TRIPLES = 16  # of a piece of Re-DocRED, whose documents have 35
PRONOUNS = frozenset(
    "i my me mine we our us you your he his him she her it its they their them who whose which that"
    " this these those himself herself itself themselves".split()
)


@dataclass(frozen=True)
class Piece:
    """A text with what it states: (head, relation, tail), the entity's own ones for KE3; `never`
    are relations that it states too and that are left out of its answer."""

    text: str
    stated: list[tuple[str, str, str]]
    entity: str | None = None
    never: frozenset[str] = frozenset()


class Groups:
    """Draws texts of the sources and makes conversations of them; the seed decides everything."""

    def __init__(self, data: Path, seed: int = 11) -> None:
        self._draw = random.Random(seed)  # not a secret
        self._names = _yaml("names")
        self._rows: dict[tuple[PromptType, str], list[Row]] = defaultdict(list)
        for task in SHARES:
            for row in _read(data / f"train_{task}_open.jsonl.gz"):
                self._rows[task, row["source"]].append(row)

    def make(self) -> list[Group]:
        """All groups, shuffled."""
        groups = []
        for task, shares in SHARES.items():
            for source, (count, size) in shares.items():
                # Sources of facts also serve triples.
                rows = list(self._rows[task, source] or self._rows["KE3", source])
                self._draw.shuffle(rows)
                pieces = [self._piece(task, rows[i % len(rows)]) for i in range(count)]
                labels = sorted({t[1] for row in rows for t in _triples(row)})
                lang: Lang = rows[0]["lang"]
                groups += self._grouped(task, lang, source, pieces, labels, size)
        for block in _yaml("own"):
            labels = sorted({t[1] for row in block["rows"] for t in _triples(row)})
            for _ in range(OWN_TIMES):
                self._draw.shuffle(block["rows"])
                own = [
                    Piece(row["text"], _triples(row), row.get("entity")) for row in block["rows"]
                ]
                groups += self._grouped(block["task"], block["lang"], "own", own, labels, 4)
        self._draw.shuffle(groups)
        return groups

    def _grouped(
        self,
        task: PromptType,
        lang: Lang,
        source: str,
        pieces: list[Piece],
        labels: list[str],
        size: int,
    ) -> list[Group]:
        parts = [pieces[first : first + size] for first in range(0, len(pieces), size)]
        return [self._group(task, lang, source, part, labels) for part in parts]

    def _piece(self, task: PromptType, row: Row) -> Piece:
        cut: dict[str, Callable[[Row], str]] = {
            "KdConv": self._turns, "Re-DocRED": self._sentences, "FinRE": self._figures,
        }  # fmt: skip
        text = cut.get(row["source"], lambda row: row["text"][:500])(row)
        if task == "KE3" and row["source"] == "Re-DocRED":
            text = row["text"][:700]
        stated = [t for t in _triples(row) if _usable(t, text, task)]
        stated = sorted(dict.fromkeys(stated), key=lambda t: _place(t, text, task))
        # Documents state so much that an answer would be endless: some relations, whole ones.
        sizes = Counter(t[1] for t in stated)
        relations, kept = list(sizes), set[str]()
        self._draw.shuffle(relations)
        for relation in relations:
            if sum(sizes[r] for r in kept) + sizes[relation] <= MOST_TRIPLES:
                kept.add(relation)
        never = frozenset(relations) - kept
        return Piece(text, [t for t in stated if t[1] in kept], row.get("entity"), never)

    def _figures(self, row: Row) -> str:
        """FinRE masks its figures."""
        return re.sub("<N>", lambda _: str(self._draw.randint(1, 2020)), row["text"])

    def _turns(self, row: Row) -> str:
        """Some turns, from the first or from any, as a chunk of a long text would hold them."""
        turns, limit = row["text"].split("\n"), self._draw.choice([160, 250, 400, 500])
        first = 0 if self._draw.random() < 0.6 else self._draw.randrange(max(1, len(turns) - 4))
        piece = turns[first][:limit]
        for turn in turns[first + 1 :]:
            if len(piece) + len(turn) > limit:
                break
            piece += "\n" + turn
        return piece

    def _sentences(self, row: Row) -> str:
        """One to four sentences."""
        sentences = re.split(r'(?<=[.!?])\s+(?=[A-Z"])', row["text"])
        count = self._draw.choice([1, 2, 2, 3, 4])
        first = self._draw.choice([0, self._draw.randrange(max(1, len(sentences) - count + 1))])
        return " ".join(sentences[first : first + count])[:700]

    def _group(
        self, task: PromptType, lang: Lang, source: str, pieces: list[Piece], own: list[str]
    ) -> Group:
        never = set().union(*(piece.never for piece in pieces))
        stated = {t[1] for piece in pieces for t in piece.stated} - never
        asked = {label for label in sorted(stated) if self._draw.random() > LEFT_UNASKED}
        fill = [label for label in own if label not in stated | never]
        self._draw.shuffle(fill)
        length = self._draw.choice(LIST_LENGTHS)
        if source in CLOSED:
            length = 17 if self._draw.random() < 0.6 else length
            rename = {label: label for label in own}
        else:
            rename = self._renamed(lang, own)
            strangers = list(self._names["never"][lang])
            self._draw.shuffle(strangers)
            fill += strangers
        labels = [*asked, *fill[: max(0, length - len(asked))]]
        if task == "KE3" and self._draw.random() < 0.75:  # open keys
            asked, rename, labels = stated | never, {}, []
        # Two labels may have one name now.
        listed = list(dict.fromkeys(rename.get(label, label) for label in labels))
        self._draw.shuffle(listed)
        prompt = load_prompt(f"{task}-tuned", lang)
        rows = []
        for piece in pieces:
            found = [(h, rename.get(r, r), t) for h, r, t in piece.stated if r in asked]
            answer: Any = list(dict.fromkeys(found))
            if task == "KE3":
                answer = {"entity": piece.entity, "facts": [(r, t) for _, r, t in answer]}
            user = user_turn(prompt, piece.text, dict.fromkeys(listed, ""), piece.entity)
            rows.append({"user": user, "answer": write_answer(task, "relation_last", answer)})
        return {"source": source, "system": prompt.system, "rows": rows}

    def _renamed(self, lang: Lang, own: Sequence[str]) -> dict[str, str]:
        """A name for each label: mostly its own, else others, English ones in one spelling."""
        if self._draw.random() > OTHER_NAMES:
            return {label: label for label in own}
        others = self._names[lang]
        names = {label: self._draw.choice([label, *others.get(label, ())]) for label in own}
        if lang == "zh":
            return names
        spell = self._draw.choice([str, _camel, _camel, _snake])
        return {label: spell(name) for label, name in names.items()}


def _camel(name: str) -> str:
    first, *rest = re.sub(r"[^\w ]", "", name).split()
    return first + "".join(word[0].upper() + word[1:] for word in rest)


def _snake(name: str) -> str:
    return "_".join(re.sub(r"[^\w ]", "", name).split())


def _yaml(name: str) -> Any:
    return yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text("utf-8"))


def _read(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["source"] not in LEFT_OUT]


def _triples(row: Row) -> list[tuple[str, str, str]]:
    """Gold triples, or facts as triples of their entity."""
    gold = next(row[name] for name in ("gold", "triples", "facts") if name in row)
    if "entity" not in row:
        return [(h, r, t) for h, r, t in gold]
    return [(row["entity"], key, value) for key, value in _flat(gold)]


def _usable(triple: tuple[str, str, str], text: str, task: PromptType) -> bool:
    head, _, tail = triple
    if task == "KE3":
        return tail in text
    pronoun = head.casefold() in PRONOUNS or tail.casefold() in PRONOUNS
    return head in text and tail in text and head != tail and not pronoun


def _place(triple: tuple[str, str, str], text: str, task: PromptType) -> tuple[int, int]:
    head, tail = text.find(triple[0]), text.find(triple[2])
    return (tail, tail) if task == "KE3" else (min(head, tail), tail)


def _flat(gold: Any) -> list[Fact]:
    """Pairs; gold files have an object of key → value or values."""
    if isinstance(gold, list):
        return [(key, value) for key, value in gold]
    return [(k, v) for k, vs in gold.items() for v in (vs if isinstance(vs, list) else [vs])]


if __name__ == "__main__":
    groups = Groups(Path(sys.argv[1])).make()
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.writelines(json.dumps(group, ensure_ascii=False) + "\n" for group in groups)
    print(len(groups), "groups,", sum(len(group["rows"]) for group in groups), "rows")
