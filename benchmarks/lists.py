"""What the embedded model makes of lists of relations that fit nothing, and of what a text denies.

`PYTHONPATH=. python benchmarks/lists.py [--limit N] [--data FILE]` asks KE1 for annotated texts:
once with relations that the text does not state (`unstated`), once with those of its marked triples
and its stated ones. Prints the sums by language after each text: how many answers to the first are
empty, and how many triples are invented; how many marked triples come out as stated, how many
planned ones as planned, and how many stated pairs were found but marked as denied or doubted.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evaluation.gold.rows import OWN, TripleRow, read_gold
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import Triple
from knowledge.text.normalising import fold
from models.embedded.model import Embedded
from settings import load_settings


def measure(row: TripleRow, model: Embedded) -> Counter[str]:
    """What one text adds to the sums."""
    count: Counter[str] = Counter()
    given = [
        one
        for one in triples(row, row.unstated or (), model)
        if one.assertion in ("stated", "planned")
    ]
    count["texts"] += 1
    count["empty"] += not given
    count["invented"] += len(given)
    if not row.marked:
        return count
    listed = {one.triple[1] for one in row.marked} | {relation for _, relation, _ in row.gold}
    found = triples(row, sorted(listed), model)
    stated = {ends(one.head.text, one.tail.text) for one in found if one.assertion == "stated"}
    as_planned = {
        ends(one.head.text, one.tail.text) for one in found if one.assertion == "planned"
    } - stated
    true = {ends(head, tail) for head, _, tail in row.gold}
    given_ends = {ends(one.head.text, one.tail.text) for one in found}
    lost = {
        ends(one.head.text, one.tail.text)
        for one in found
        if one.assertion in ("negated", "uncertain")
    } - stated
    count["stated, found"] += len(true & given_ends)
    count["of these marked"] += len(true & lost)
    for one in row.marked:
        pair = ends(one.triple[0], one.triple[2])
        if one.assertion == "planned":
            count["planned"] += 1
            count["of these found"] += pair in given_ends
            count["of these as planned"] += pair in as_planned
        else:
            count["denied or doubted"] += 1
            count["of these as stated"] += pair in stated and pair not in true
    return count


def triples(row: TripleRow, relations: Sequence[str], model: Embedded) -> list[Triple]:
    listed = list(relations)
    random.Random(row.id).shuffle(listed)  # noqa: S311  # no secret
    task = make_task(
        "KE1", row.text, lang=row.lang, labels=dict.fromkeys(listed, ""), assertions="all"
    )
    *_, answer = extract(task, model)
    assert isinstance(answer, Answer)  # noqa: S101  # its last event
    return [item for item in answer.items if isinstance(item, Triple)]


def ends(head: str, tail: str) -> tuple[str, str]:
    return fold(head)[0], fold(tail)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=OWN)
    parser.add_argument("--limit", type=int, help="texts of each language")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = [row for row in read_gold([options.data]) if isinstance(row, TripleRow)]
    random.Random(options.seed).shuffle(rows)  # noqa: S311  # no secret
    chosen = [
        row
        for lang in ("zh", "en")
        for row in [one for one in rows if one.lang == lang][: options.limit]
    ]
    model = Embedded(load_settings())
    model.load()
    sums: dict[str, Counter[str]] = {"zh": Counter(), "en": Counter()}
    try:
        with ThreadPoolExecutor(model.capabilities.parallel) as pool:
            counts = pool.map(lambda row: measure(row, model), chosen)
            for row, count in zip(chosen, counts, strict=True):
                sums[row.lang].update(count)
                print(row.lang, dict(sums[row.lang]), flush=True)
    finally:
        model.close()


if __name__ == "__main__":
    main()
