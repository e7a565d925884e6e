"""The gold texts as training conversations: one text, then its tasks, each with its prompt.

`python -m training.own ROWS RELATION_NAMES OUT [EPOCH]` writes one group per line. A group is a
system line, one text and several (task, answer) rows over it, so that the text is computed once.
Another EPOCH draws other tasks, lists and names from the same texts.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompts.loader import load_trained_prompt

CORE = {
    "zh": ("人物", "地点", "机构", "时间", "作品", "产品"),
    "en": ("person", "place", "organisation", "time", "work", "product"),
}
# ASCII letters and digits → their forms of full width.
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code).isalnum()}
SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*|[^.!?。！？\n]+(?:[.!?](?=\s|$))*")
JOINED = 0.08  # of the texts are two texts
LONGEST_JOINED = {"zh": 260, "en": 800}  # characters of both
BROKEN = 0.08  # of the texts have their lines broken
OTHER_FORM = 0.04  # of the texts are in full width (Chinese) or have lost their capitals (English)
SPREAD = 7
DESCRIBED = 0.15  # of the lists say of some names what they mean


@dataclass
class Names:
    """What relations are called elsewhere, and which look alike."""

    by_name: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    pool: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    classes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def same(self, lang: str, relation: str) -> set[str]:
        known = self.by_name.get((lang, relation))
        names = {relation, *(known["synonyms"] if known else ())}
        return names

    def known(self, lang: str, relation: str) -> dict[str, Any] | None:
        return self.by_name.get((lang, relation))


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Groups:
    """Draws the tasks of a text."""

    def __init__(self, names: Names, seed: int) -> None:
        self._names, self._rng = names, random.Random(seed)

    def group(self, row: dict[str, Any]) -> dict[str, Any]:
        lang, rng = row["lang"], self._rng
        self._row, self._lang = row, lang
        self._prompt = load_trained_prompt(lang)
        self._head = self._prompt.text.replace("{text}", row["text"], 1)
        self._all = in_order(row)
        self._used = list(dict.fromkeys(triple[1] for triple in self._all))
        self._taken = {name for used in self._used for name in self._names.same(lang, used)}
        self._rows: list[dict[str, str]] = []
        if rng.random() < 0.95:
            self._ask(self._prompt.task("triples"), {"triples": self._triples({})})
        kind = rng.random()
        if kind < 0.55:
            self._listed(renamed=0.5 if kind < 0.3 else 0.0, part=rng.choice((1.0, 0.85, 0.5, 0.3)))
        elif kind < 0.7:
            self._coarse()
        elif kind < 0.78:
            self._inverse()
        if rng.random() < 0.25:
            self._nothing()
        if rng.random() < 0.8:
            self._core_classes()
        if rng.random() < 0.35:
            self._fine_classes()
        self._facts()
        if rng.random() < 0.25:
            self._sentences()
        if not self._rows:
            self._ask(self._prompt.task("triples"), {"triples": self._triples({})})
        rows = self._rows
        return {"source": row["id"], "system": self._prompt.system, "rows": rows}

    def _ask(self, task: str, answer: Any) -> None:
        self._rows.append({"user": self._head + task, "answer": dump(answer)})

    def _triples(self, names: dict[str, str], turned: bool = False) -> list[list[str]]:
        """Those whose relation is in `names`, under that name; all where `names` is empty."""
        out = []
        for head, relation, tail, *mark in self._all:
            if names and relation not in names:
                continue
            ends = [tail, head] if turned else [head, tail]
            out.append([*ends, names.get(relation, relation), *mark])
        return out

    def _others(self, count: int) -> list[str]:
        pool = self._names.pool[self._lang]
        return [name for name in self._rng.sample(pool, count) if name not in self._taken]

    def _lookalikes(self) -> list[str]:
        """Names that look like a stated relation and mean something else."""
        known = [self._names.known(self._lang, used) for used in self._used]
        names = [name for one in known if one for name in one["confusable"]]
        return [name for name in names if name not in self._taken]

    def _unstated(self) -> list[str]:
        return [name for name in self._row["unstated"] if name not in self._taken]

    def _list(self, labels: list[str], answer: list[list[str]]) -> None:
        labels = list(dict.fromkeys(labels))
        if not labels:
            return
        self._rng.shuffle(labels)
        self._ask(self._prompt.task("triples_of", self._described(labels)), {"triples": answer})

    def _described(self, labels: list[str]) -> list[str]:
        """Now and then with what a name means in brackets, as users write it into a schema."""
        rng = self._rng
        if rng.random() >= DESCRIBED:
            return labels
        known = {label: self._names.known(self._lang, label) for label in labels}
        notes = {
            label: rng.choice(one["synonyms"])
            for label, one in known.items()
            if one and one["synonyms"] and rng.random() < 0.7
        }
        return [f"{label} ({notes[label]})" if label in notes else label for label in labels]

    def _listed(self, renamed: float, part: float) -> None:
        rng, names = self._rng, {}
        for used in self._used:
            if rng.random() >= part:
                continue
            known = self._names.known(self._lang, used)
            other = known and known["synonyms"] and rng.random() < renamed
            names[used] = rng.choice(known["synonyms"]) if other and known else used
        alike = self._lookalikes()
        extra = rng.sample(alike, min(len(alike), rng.randint(0, 6)))
        extra += self._unstated()[: rng.randint(0, 8)]
        extra += self._others(rng.choice((0, 0, 3, 8, 20)))
        extra = [name for name in extra if name not in names.values()]
        self._list([*names.values(), *extra], self._triples(names) if names else [])

    def _nothing(self) -> None:
        rng, alike = self._rng, self._lookalikes()
        labels = self._unstated()[: rng.randint(1, 8)]
        labels += rng.sample(alike, min(len(alike), rng.randint(0, 4)))
        self._list(labels + self._others(rng.choice((0, 0, 3, 8, 20))), [])

    def _coarse(self) -> None:
        """Relations by the wider name that stays true."""
        known = {used: self._names.known(self._lang, used) for used in self._used}
        if not known or not all(known.values()):
            return self._listed(renamed=0.5, part=0.7)
        names = {used: one["parent"] for used, one in known.items() if one}
        chosen = [parent for parent in dict.fromkeys(names.values()) if self._rng.random() < 0.7]
        names = {used: parent for used, parent in names.items() if parent in chosen}
        parents = self._names.parents[self._lang]
        others = self._rng.sample(parents, min(len(parents), 8))
        taken = {one["parent"] for one in known.values() if one}
        self._list(
            [*chosen, *(name for name in others if name not in taken)],
            self._triples(names) if names else [],
        )
        return None

    def _inverse(self) -> None:
        """Relations asked from the other side: tail and head change places."""
        known = {used: self._names.known(self._lang, used) for used in self._used}
        names = {
            used: one["inverse"]
            for used, one in known.items()
            if one and one.get("inverse") and one["inverse"] not in self._used
        }
        chosen = dict(self._rng.sample(sorted(names.items()), min(len(names), 3)))
        if not chosen:
            return self._listed(renamed=0.5, part=0.7)
        self._list([*chosen.values(), *self._others(5)], self._triples(chosen, turned=True))
        return None

    def _core_classes(self) -> None:
        found: dict[str, list[str]] = {label: [] for label in CORE[self._lang]}
        for string, core, _ in self._row["entities"]:
            if core:
                found[core].append(string)
        self._ask(self._prompt.task("entities", found), found)

    def _fine_classes(self) -> None:
        rng, lang = self._rng, self._lang
        own = list(dict.fromkeys(fine for _, _, fine in self._row["entities"]))
        rng.shuffle(own)
        others = rng.sample(self._names.classes[lang], rng.randint(1, 5))
        labels = own[: rng.randint(1, 8)] + [label for label in others if label not in own]
        labels = list(dict.fromkeys(labels))
        rng.shuffle(labels)
        found = {
            label: [string for string, _, fine in self._row["entities"] if fine == label]
            for label in labels
        }
        self._ask(self._prompt.task("entities", labels), found)

    def _facts(self) -> None:
        rng, facts = self._rng, facts_of(self._row, self._all)
        entities = sorted(facts, key=lambda entity: -len(facts[entity]))
        for entity in entities[: rng.choice((1, 1, 2))]:
            stated = facts[entity]
            task, chosen = self._prompt.task("facts", entity=entity), stated
            if rng.random() < 0.5:
                keys = list(dict.fromkeys(key for key, *_ in stated))
                part = rng.choice((0.7, 0.7, 0.4, 0.0))
                asked = {key: key for key in keys if rng.random() < part}
                for key in asked:
                    known = self._names.known(self._lang, key)
                    if known and known["synonyms"] and rng.random() < 0.3:
                        asked[key] = rng.choice(known["synonyms"])
                others = [*self._unstated()[:4], *self._others(rng.choice((0, 3, 6)))]
                labels = list(
                    dict.fromkeys([*asked.values(), *(one for one in others if one not in keys)])
                )
                if not labels:
                    continue
                rng.shuffle(labels)
                task = self._prompt.task("facts_of", self._described(labels), entity)
                chosen = [[asked[key], *rest] for key, *rest in stated if key in asked]
            self._ask(task, {"entities": [{"entity": entity, "facts": chosen}]})

    def _sentences(self) -> None:
        """What single sentences state, asked over the whole text."""
        text = self._row["text"]
        pieces = [piece.strip() for piece in SENTENCE.findall(text)]
        pieces = [piece for piece in pieces if len(piece) > 8 and text.count(piece) == 1]
        if len(pieces) < 3:
            return
        for piece in self._rng.sample(pieces, 2):
            start = text.index(piece)
            inside = [
                one
                for one in self._triples({})
                if start <= place(text, one[0], one[1]) < start + len(piece)
            ]
            self._ask(self._prompt.task("triples_in", sentence=piece), {"triples": inside})


def place(text: str, head: str, tail: str) -> int:
    """Where the fact is stated: the mention of the tail nearest to a mention of the head."""
    tails = [found.start() for found in re.finditer(re.escape(tail), text)]
    heads = [found.start() for found in re.finditer(re.escape(head), text)]
    pairs = [(abs(t - h), t) for t in tails for h in heads]
    return min(pairs)[1] if pairs else -1


def in_order(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """Stated triples, and the marked ones between them where the text has them, with their mark."""
    text, stated = row["text"], [tuple(triple) for triple in row["triples"]]
    out: list[tuple[str, ...]] = list(stated)
    for marked in row.get("marked", ()):
        head, relation, tail = marked["triple"]
        at = place(text, head, tail)
        before = [n for n, one in enumerate(out) if place(text, one[0], one[2]) <= at]
        out.insert(before[-1] + 1 if before else 0, (head, relation, tail, marked["assertion"]))
    return out


def facts_of(row: dict[str, Any], triples: list[tuple[str, ...]]) -> dict[str, list[list[str]]]:
    facts: dict[str, list[list[str]]] = {}
    for head, relation, tail, *mark in triples:
        facts.setdefault(head, []).append([relation, tail, *mark])
    for entity, pairs in row["facts"].items():
        for key, value in pairs:
            if [key, value] not in facts.setdefault(entity, []):
                facts[entity].append([key, value])
    return facts


def joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two texts as two paragraphs of one; nothing that one states is unstated in the other."""
    stated = {triple[1] for row in (first, second) for triple in row["triples"]}
    unstated = [name for row in (first, second) for name in row["unstated"] if name not in stated]
    facts = {
        entity: first["facts"].get(entity, []) + second["facts"].get(entity, [])
        for entity in [*first["facts"], *second["facts"]]
    }
    entities = {tuple(entity): None for row in (first, second) for entity in row["entities"]}
    return {
        "id": f"{first['id']}+{second['id']}",
        "lang": first["lang"],
        "text": f"{first['text']}\n{second['text']}",
        "entities": [list(entity) for entity in entities],
        "triples": first["triples"] + second["triples"],
        "facts": facts,
        "unstated": unstated,
        "marked": first.get("marked", []) + second.get("marked", []),
    }


def broken(row: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The text in lines of fixed width, as in mails and PDFs; no annotated string is cut."""
    text, width = row["text"], rng.randint(24, 60)
    strings = {one[0] for one in row["entities"]}
    strings |= {s for t in row["triples"] for s in (t[0], t[2])}
    strings |= {s for m in row.get("marked", ()) for s in (m["triple"][0], m["triple"][2])}
    strings |= set(row["facts"]) | {v for pairs in row["facts"].values() for _, v in pairs}
    cut: set[int] = set()
    for string in strings:
        for found in re.finditer(re.escape(string), text):
            cut.update(range(found.start() + 1, found.end()))
    out, column = [], 0
    for at, char in enumerate(text):
        column = 0 if char == "\n" else column + 1
        free = at not in cut and column >= width
        if free and row["lang"] == "en":
            if char == " " and at + 1 not in cut:
                out.append("\n")
                column = 0
                continue
        elif free:
            out.append("\n")
            column = 1
        out.append(char)
    return row | {"text": "".join(out)}


def in_other_form(row: dict[str, Any]) -> dict[str, Any]:
    """The row with text and strings in full width (Chinese) or lower case (English)."""
    lang: str = row["lang"]

    def turned(string: str) -> str:
        return string.translate(FULL_WIDTH) if lang == "zh" else string.lower()

    def ends(triple: list[str]) -> list[str]:
        head, relation, tail = triple
        return [turned(head), relation, turned(tail)]

    return row | {
        "text": turned(row["text"]),
        "entities": [[turned(string), *rest] for string, *rest in row["entities"]],
        "triples": [ends(triple) for triple in row["triples"]],
        "facts": {
            turned(entity): [[key, turned(value)] for key, value in pairs]
            for entity, pairs in row["facts"].items()
        },
        "marked": [one | {"triple": ends(one["triple"])} for one in row.get("marked", ())],
    }


def prepare(rows: list[dict[str, Any]], names: Names, epoch: int) -> list[dict[str, Any]]:
    rng = random.Random(1000 + epoch)
    rows = list(rows)
    rng.shuffle(rows)
    drawn: list[dict[str, Any]] = []
    waiting: dict[str, dict[str, Any]] = {}
    for row in rows:
        lang = row["lang"]
        if rng.random() < 2 * JOINED and len(row["text"]) < LONGEST_JOINED[lang] / 2:
            other = waiting.pop(lang, None)
            if other is None:
                waiting[lang] = row
                continue
            row = joined(other, row)
        elif rng.random() < BROKEN:
            row = broken(row, rng)
        elif rng.random() < OTHER_FORM:
            row = in_other_form(row)
        drawn.append(row)
    drawn += waiting.values()
    groups = Groups(names, epoch)
    return [groups.group(row) for row in spread(drawn)]


def spread(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Texts with plans, which are rare, one in SPREAD until they are used up: so a run that ends
    early has learnt them."""
    plans: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for row in rows:
        marks = {one["assertion"] for one in row.get("marked", ())}
        (plans if "planned" in marks else others).append(row)
    out = []
    for at, row in enumerate(others):
        if at % (SPREAD - 1) == 0 and plans:
            out.append(plans.pop(0))
        out.append(row)
    return out + plans


def read_names(path: Path, rows: list[dict[str, Any]]) -> Names:
    names = Names()
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        names.by_name[one["lang"], one["name"]] = one
    for lang in ("zh", "en"):
        known = (one["parent"] for (of, _), one in names.by_name.items() if of == lang)
        names.parents[lang] = sorted(set(known))
    for row in rows:
        names.pool[row["lang"]] += [triple[1] for triple in row["triples"]] + row["unstated"]
        names.classes[row["lang"]] += [fine for _, _, fine in row["entities"]]
    return names


if __name__ == "__main__":
    ROWS = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    NAMES = read_names(Path(sys.argv[2]), ROWS)
    EPOCH = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    with Path(sys.argv[3]).open("w", encoding="utf-8") as out:
        for one in prepare(ROWS, NAMES, EPOCH):
            out.write(dump(one) + "\n")
