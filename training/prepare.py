"""Makes the rows that the adapter is trained on: `python -m training.prepare DATA OUT.jsonl`.

DATA is a folder with `train_KE1_open.jsonl.gz` and `train_KE3_open.jsonl.gz`. What teaches: lists
of relations of which most stay unused, relations that are in the list by chance only, relations
that the text states and the list lacks, texts with nothing to find.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from extraction.form import write_answer
from extraction.knowledge import Lang, PromptType
from extraction.prompting import user_turn
from prompts.loader import load_prompt

Row = dict[str, Any]
Fact = tuple[str, str]
Triple = tuple[str, str, str]

# Not for commerce (WebNLG), or under the GPL, which would cover the adapter (CrossRE, GeoRE).
LEFT_OUT = frozenset({"WebNLG2017", "CrossRE-science", "CrossRE-politics", "GeoRE"})
# Rows drawn of each source, so that no source drowns the others.
SHARES: dict[PromptType, dict[str, int]] = {
    "KE1": {"FinRE": 520, "KnowledgeNet": 420, "APRCOIE-att": 64, "Re-DocRED": 170, "KdConv": 190},
    "KE3": {"KdConv-info": 94, "KdConv": 80, "E2E": 30, "KnowledgeNet": 40, "Re-DocRED": 30},
}
FROM_FACTS = 70  # encyclopaedic paragraphs whose facts are read as triples
LIST_LENGTHS = (4, 6, 8, 10, 12, 15, 15, 20, 26, 30)
MOST_TRIPLES = 10  # of a piece of Re-DocRED, whose documents have 35
PRONOUNS = frozenset(
    "i my me mine we our us you your he his him she her it its they their them who whose which that"
    " this these those himself herself itself themselves".split()
)


class Rows:
    """Draws texts of the sources and makes conversations of them; the seed decides everything."""

    def __init__(self, data: Path, seed: int = 11) -> None:
        self._draw = random.Random(seed)  # noqa: S311  # not a secret
        self._sources = {task: _read(data / f"train_{task}_open.jsonl.gz") for task in SHARES}
        self._names: dict[tuple[str, str], set[str]] = defaultdict(set)  # (task, source) → labels
        self._pool: dict[tuple[str, str], set[str]] = defaultdict(set)  # (task, language) → labels
        for task, rows in self._sources.items():
            for row in rows:
                labels = [t[1] for t in row["gold"]] if task == "KE1" else list(row["gold"])
                self._names[task, row["source"]].update(labels)
                self._pool[task, row["lang"]].update(labels)
        self.made: list[Row] = []

    def make(self) -> list[Row]:
        """All rows, shuffled."""
        for source, count in SHARES["KE1"].items():
            for row in self._some("KE1", source, count):
                getattr(self, f"_{_PREPARATION.get(source, 'whole')}")(row)
        self._names["KE1", "KdConv-info"] = self._names["KE3", "KdConv-info"]
        for row in self._some("KE3", "KdConv-info", FROM_FACTS):
            facts = _flat(row["gold"])
            self._triples(row, row["text"][:400], [(row["entity"], k, v) for k, v in facts])
        for source, count in SHARES["KE3"].items():
            for row in self._some("KE3", source, count):
                self._facts(
                    row, self._piece_of_dialogue(row) if source == "KdConv" else row["text"]
                )
        self._draw.shuffle(self.made)
        return self.made

    def _some(self, task: PromptType, source: str, count: int) -> list[Row]:
        rows = [row for row in self._sources[task] if row["source"] == source]
        self._draw.shuffle(rows)
        return rows[:count]

    def _whole(self, row: Row) -> None:
        # FinRE masks its figures.
        text = re.sub("<N>", lambda _: str(self._draw.randint(1, 2020)), row["text"])
        self._triples(row, text, row["gold"])

    def _dialogue(self, row: Row) -> None:
        self._triples(row, self._piece_of_dialogue(row), row["gold"])

    def _piece_of_dialogue(self, row: Row) -> str:
        """Some turns, from the first or from any, as a chunk of a long text would hold them."""
        turns, limit = row["text"].split("\n"), self._draw.choice([160, 250, 400, 500])
        first = 0 if self._draw.random() < 0.6 else self._draw.randrange(max(1, len(turns) - 4))
        piece = turns[first][:limit]
        for turn in turns[first + 1 :]:
            if len(piece) + len(turn) > limit:
                break
            piece += "\n" + turn
        return piece

    def _document(self, row: Row) -> None:
        """One to three sentences, and so many relations that the answer stays short."""
        sentences = re.split(r'(?<=[.!?])\s+(?=[A-Z"])', row["text"])
        count = self._draw.choice([1, 2, 2, 3])
        first = self._draw.choice([0, 0, self._draw.randrange(max(1, len(sentences) - count + 1))])
        text = " ".join(sentences[first : first + count])[:700]
        stated = [t for t in row["gold"] if t[0] in text and t[2] in text]
        sizes = Counter(t[1] for t in stated)
        relations, kept = list(sizes), set()
        self._draw.shuffle(relations)
        for relation in relations:
            if sum(sizes[r] for r in kept) + sizes[relation] <= MOST_TRIPLES:
                kept.add(relation)
        self._triples(row, text, [t for t in stated if t[1] in kept], never=set(relations) - kept)

    def _triples(
        self, row: Row, text: str, gold: Iterable[Sequence[str]], never: Iterable[str] = ()
    ) -> None:
        triples = [(h, r, t) for h, r, t in gold if _usable(h, t, text)]
        triples = list(dict.fromkeys(triples))
        labels, asked = self._list("KE1", row, [t[1] for t in triples], set(never))
        answer = sorted((t for t in triples if t[1] in asked), key=lambda t: _place(t, text))
        self._add("KE1", row, text, labels, None, answer)

    def _facts(self, row: Row, text: str) -> None:
        text = text[:700]
        facts = [(k, v) for k, v in _flat(row["gold"]) if v in text]
        labels, asked = self._list("KE3", row, [k for k, _ in facts], set())
        if self._draw.random() < 0.75:
            labels, asked = [], {k for k, _ in facts}  # open keys
        answer = sorted((f for f in facts if f[0] in asked), key=lambda f: text.find(f[1]))
        card = {"entity": row["entity"], "facts": answer}
        self._add("KE3", row, text, labels, row["entity"], card)

    def _list(
        self, task: PromptType, row: Row, stated: list[str], never: set[str]
    ) -> tuple[list[str], set[str]]:
        """The labels to offer, shuffled, and those of them that the text states."""
        asked = [name for name in dict.fromkeys(stated) if self._draw.random() > 0.08]
        taken = set(stated) | never
        own = sorted(self._names[task, row["source"]] - taken)
        self._draw.shuffle(own)
        others = self._draw.sample(sorted(self._pool[task, row["lang"]] - taken - set(own)), 8)
        free = max(0, self._draw.choice(LIST_LENGTHS) - len(asked))
        fill = (own + others)[:free]
        if self._draw.random() < 0.25:
            fill = [*fill[:-3], *others[:3]]
        labels = list(dict.fromkeys([*asked, *fill]))
        self._draw.shuffle(labels)
        return labels, set(asked)

    def _add(
        self,
        task: PromptType,
        row: Row,
        text: str,
        labels: list[str],
        entity: str | None,
        answer: Any,
    ) -> None:
        lang: Lang = row["lang"]
        # English facts are trained though the model's few-shot answers are better there: they
        # keep the two languages apart.
        prompt = load_prompt(f"{task}-tuned", lang)
        self.made.append({
            "system": prompt.system,
            "user": user_turn(prompt, text, dict.fromkeys(labels, ""), entity),
            "answer": write_answer(task, "arrays", answer),
        })  # fmt: skip


_PREPARATION = {"KdConv": "dialogue", "Re-DocRED": "document"}


def _read(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["source"] not in LEFT_OUT]


def _usable(head: str, tail: str, text: str) -> bool:
    pronoun = head.casefold() in PRONOUNS or tail.casefold() in PRONOUNS
    return head in text and tail in text and head != tail and not pronoun


def _place(triple: Triple, text: str) -> tuple[int, int]:
    head, tail = text.find(triple[0]), text.find(triple[2])
    return min(head, tail), tail


def _flat(gold: dict[str, Any]) -> list[Fact]:
    return [(k, v) for k, vs in gold.items() for v in (vs if isinstance(vs, list) else [vs])]


if __name__ == "__main__":
    rows = Rows(Path(sys.argv[1])).make()
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(len(rows), "rows")
