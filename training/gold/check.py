"""Checks annotated texts for what GUIDELINE.md asks and a program can see.

`python -m training.gold.check FILE…` prints every complaint and fails if there is one. Files given
together are checked together: no id in two, no text a near copy of another.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluation.gold.annotated import CORE_CLASSES, AnnotatedText
from validation import first_fault

LENGTHS = {"zh": (8, 2200), "en": (8, 1100)}  # characters; words
GRAMS = {"zh": 6, "en": 4}  # characters; words
NEAR = 0.35  # share of the shorter text's n-grams
UNSTATED = (3, 9)
RELATION = {"zh": 10, "en": 6}  # characters; words
MARKS_AT_THE_END = "。，；、,;:：！!？?"  # no full stop: abbreviations end with one
OPENING, CLOSING = "《“\"'「", "》”\"'」"
ABBREVIATION = re.compile(r"[A-Z]{2,}")
PRONOUNS = frozenset(
    "他 她 它 他们 她们 它们 我 我们 你 其 该公司 公司 该校 该片 这 那"
    " he she it they him her his its their we us our i you this that who which".split()
) | {"the company", "the firm"}

Gram = str | tuple[str, ...]


def complaints(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What is wrong with the rows, each complaint beginning with the row's id."""
    found: list[str] = []
    texts: list[AnnotatedText] = []
    for number, row in enumerate(rows, start=1):
        name = row.get("id") or f"row {number}"
        try:
            text = AnnotatedText.model_validate(row)
        except ValidationError as error:
            fault = first_fault(error)
            found.append(f"{name}: {fault.field}: {fault.reason}")
            continue
        unknown = sorted(row.keys() - AnnotatedText.model_fields.keys())
        found += [f"{name}: unknown field {field!r}" for field in unknown]
        found += [f"{name}: {fault}" for fault in _faults(text)]
        texts.append(text)
    ids = Counter(text.id for text in texts)
    found += [f"{name}: id {count} times" for name, count in ids.items() if count > 1]
    for one, other in near_copies(texts):
        found.append(f"{texts[other].id}: near copy of {texts[one].id}")
    return found


def _faults(text: AnnotatedText) -> Iterator[str]:
    least, most = LENGTHS[text.lang]
    if not least <= (size := length(text)) <= most:
        yield f"length {size}"
    if not text.domain or not text.genre:
        yield "no domain or genre"
    for where, string in _strings(text):
        if reason := _string_fault(string, text.text):
            yield f"{where}: {reason} {string!r}"
    yield from _triple_faults(text)
    yield from _unstated_faults(text)
    yield from _entity_faults(text)


def length(text: AnnotatedText) -> int:
    """Characters of a Chinese text, words of an English one."""
    return len(text.text) if text.lang == "zh" else len(text.text.split())


def _strings(text: AnnotatedText) -> Iterator[tuple[str, str]]:
    """Every string that must stand in the text, and what it is."""
    for head, _, tail in text.triples:
        yield "head", head
        yield "tail", tail
    for one in text.marked or ():
        yield "marked head", one.triple[0]
        yield "marked tail", one.triple[2]
        yield "cue", one.cue
    for name, _, _ in text.entities:
        yield "entity", name
    for entity, facts in text.facts.items():
        yield "fact's entity", entity
        for _, value in facts:
            yield "fact's value", value


def _string_fault(string: str, text: str) -> str | None:
    if string != string.strip():
        return "padded"
    if string not in text:
        return "not in the text"
    quoted = string[0] in OPENING and string[-1] in CLOSING
    if quoted or string[-1] in MARKS_AT_THE_END:
        return "marks around"
    return None


def _triple_faults(text: AnnotatedText) -> Iterator[str]:
    marked = [one.triple for one in text.marked or ()]
    for kind, triples in (("triple", text.triples), ("marked", marked)):
        for triple, count in Counter(triples).items():
            head, relation, tail = triple
            if count > 1:
                yield f"{kind} twice {triple}"
            if head.lower() in PRONOUNS:
                yield f"{kind}: pronoun as head {head!r}"
            if head == tail:
                yield f"{kind}: head is tail {head!r}"
            if not _is_plain(relation, text.lang):
                yield f"{kind}: relation long or not in lower case {relation!r}"
    for triple in sorted(set(text.triples) & set(marked)):
        yield f"stated and marked {triple}"


def _is_plain(relation: str, lang: str) -> bool:
    """Whether it is short and, but for abbreviations, in lower case."""
    if lang == "zh":
        return len(relation) <= RELATION["zh"]
    lower = relation == relation.lower() or ABBREVIATION.search(relation) is not None
    return lower and len(relation.split()) <= RELATION["en"]


def _unstated_faults(text: AnnotatedText) -> Iterator[str]:
    least, most = UNSTATED
    if not least <= len(text.unstated) <= most:
        yield f"{len(text.unstated)} unstated relations"
    stated = {relation for _, relation, _ in text.triples}
    for relation, count in Counter(text.unstated).items():
        if count > 1:
            yield f"unstated twice {relation!r}"
        if relation in stated:
            yield f"unstated but stated {relation!r}"


def _entity_faults(text: AnnotatedText) -> Iterator[str]:
    known = CORE_CLASSES[text.lang]
    for _, label, _ in text.entities:
        if label is not None and label not in known:
            yield f"core class {label!r}"
    for name, count in Counter(name for name, _, _ in text.entities).items():
        if count > 1:
            yield f"entity twice {name!r}"
    for entity, facts in text.facts.items():
        for fact, count in Counter(facts).items():
            if count > 1:
                yield f"fact of {entity!r} twice {fact}"


def near_copies(texts: Sequence[AnnotatedText], share: float = NEAR) -> Iterator[tuple[int, int]]:
    """Pairs of places, the earlier first, whose texts have more than `share` in common.

    Counted in distinct n-grams, of those of the shorter text.
    """
    holders: dict[Gram, list[int]] = defaultdict(list)  # n-gram → earlier texts that have it
    sizes: list[int] = []
    for place, text in enumerate(texts):
        grams = grams_of(text)
        common = Counter(other for gram in grams for other in holders[gram])
        for other, count in sorted(common.items()):
            if count > share * min(len(grams), sizes[other]):
                yield other, place
        for gram in grams:
            holders[gram].append(place)
        sizes.append(len(grams))


def grams_of(text: AnnotatedText) -> set[Gram]:
    size = GRAMS[text.lang]
    pieces = text.text if text.lang == "zh" else tuple(text.text.lower().split())
    return {pieces[start : start + size] for start in range(len(pieces) - size + 1)}


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; SystemExit names the line that is none."""
    rows = []
    # Not splitlines: a text may hold a line separator of Unicode.
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SystemExit(f"{path}, line {number}: {error}") from error
        if not isinstance(row, dict):
            raise SystemExit(f"{path}, line {number}: no object")
        rows.append(row)
    return rows


def main(paths: Sequence[str]) -> int:
    if not paths:
        raise SystemExit("python -m training.gold.check FILE…")
    rows = [row for path in paths for row in read(Path(path))]
    found = complaints(rows)
    for complaint in found:
        print(complaint)
    print(f"{len(rows)} rows, {len(found)} complaints", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
