"""What the scope rule makes of annotated texts; no model is asked.

`PYTHONPATH=. python benchmarks/assertion.py [--data FILE …] [--show CASE --lang LANG]` gives the
rule every stated, denied, doubted and planned pair of own texts, found in the text as those of a
model's answer are. Prints, by language: how many denied and doubted pairs it calls stated, how many
stated pairs it marks, how many planned ones it finds. `--show missed|lost|unplanned` lists the
pairs of a kind.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evaluation.gold.annotated import AnnotatedText
from knowledge.assertion.judging import judged
from knowledge.grounding.source import Source, ground
from knowledge.items import HELD_BACK, Assertion, Triple
from knowledge.raw import RawTriple
from knowledge.text.document import Document
from knowledge.text.spans import Span

GOLD = Path(__file__).parent.parent / "training" / "gold"
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Pair:
    """`gold` is the annotator's assertion and `cue` his word, `item` what the rule made of it."""

    lang: str
    gold: Assertion
    cue: str
    item: Triple
    sentence: str

    @property
    def kind(self) -> str:
        """Which case it is: right, or what kind of mistake."""
        found = self.item.assertion
        if self.gold in HELD_BACK:
            return "held back" if found in HELD_BACK else "missed"
        if found in HELD_BACK:
            return "lost"
        if self.gold == "planned":
            return "planned" if found == "planned" else "unplanned"
        return "stated" if found == "stated" else "called planned"


def pairs(row: AnnotatedText) -> Iterator[Pair]:
    source, whole = Source(Document(row.text)), Span(0, len(row.text))
    told: list[tuple[tuple[str, str, str], Assertion, str]] = [
        *((triple, "stated", "") for triple in row.triples),
        *(((name, *fact), "stated", "") for name, facts in row.facts.items() for fact in facts),
        *((one.triple, one.assertion, one.cue) for one in row.marked or ()),
    ]
    for (head, relation, tail), gold, cue in told:
        item = judged(ground(RawTriple(head, relation, tail), source, whole), row.text)
        if isinstance(item, Triple):
            at = item.evidence
            yield Pair(row.lang, gold, cue, item, row.text[at.start : at.end] if at else "")


def figures(counts: Counter[str]) -> str:
    marked = counts["held back"] + counts["missed"]
    stated = counts["stated"] + counts["called planned"] + counts["lost of stated"]
    planned = counts["planned"] + counts["unplanned"] + counts["lost of planned"]
    return (
        f"denied or doubted {marked}, given as stated or planned "
        f"{share(counts['missed'], marked)}; "
        f"stated {stated}, lost {share(counts['lost of stated'], stated)}, "
        f"called planned {share(counts['called planned'], stated)}; "
        f"planned {planned}, found {share(counts['planned'], planned)}, "
        f"lost {share(counts['lost of planned'], planned)}"
    )


def share(part: int, whole: int) -> str:
    return f"{part} ({part / max(1, whole):.1%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", default=[GOLD / "dev.jsonl"])
    parser.add_argument("--show", choices=["missed", "lost", "unplanned"])
    parser.add_argument("--lang", choices=LANGUAGES)
    options = parser.parse_args()
    for path in options.data:
        counts = {lang: Counter[str]() for lang in LANGUAGES}
        for line in path.read_text(encoding="utf-8").splitlines():
            for pair in pairs(AnnotatedText.model_validate_json(line)):
                lost = f"lost of {pair.gold}"
                counts[pair.lang][lost if pair.kind == "lost" else pair.kind] += 1
                if pair.kind == options.show and options.lang in (None, pair.lang):
                    show(pair)
        for lang in LANGUAGES:
            print(f"{path.name} {lang}: {figures(counts[lang])}")


def show(pair: Pair) -> None:
    item = pair.item
    said = " / ".join((item.head.text, item.relation, item.tail.text))
    rule = f"{item.assertion} {item.cue.text if item.cue else ''}"
    print(f"{said} | gold: {pair.gold} {pair.cue} | rule: {rule} | {pair.sentence}")


if __name__ == "__main__":
    main()
