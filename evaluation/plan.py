"""Which rows are run, in which order, and with which names to choose from.

The sample depends on the rows and the seed alone, so that two models see the same one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.gold.names import CORE
from evaluation.gold.rows import GoldRow, TripleRow
from extraction.request.task import Task, make_task
from knowledge.items import PromptType

SchemaChoice = Literal["source", "core", "row", "none"]
KeyChoice = Literal["source", "open"]
Stratum = tuple[str, str, str]  # task, language, source


def stratum(row: GoldRow) -> Stratum:
    return row.task, row.lang, row.source


def choose(
    rows: Iterable[GoldRow], tasks: Sequence[PromptType], limit: int | None, seed: int
) -> list[GoldRow]:
    """At most `limit` rows of the tasks, drawn in turn from every task and source.

    The rows of a stratum come out together and in their files' order: they share instructions
    and names, and an engine that has read these once does not read them again.
    """
    strata: dict[Stratum, list[GoldRow]] = {}
    for row in rows:
        if row.task in tasks:
            strata.setdefault(stratum(row), []).append(row)
    ordered = [strata[name] for name in sorted(strata)]
    taken = _shares([len(members) for members in ordered], limit)
    chosen: list[GoldRow] = []
    for members, share in zip(ordered, taken, strict=True):
        # The seed and the stratum alone: another source in the file changes nothing in this one.
        draw = random.Random(f"{seed} {stratum(members[0])}")  # noqa: S311  # no secret
        picked = set(draw.sample(range(len(members)), share))
        chosen += [row for place, row in enumerate(members) if place in picked]
    return chosen


def _shares(sizes: Sequence[int], limit: int | None) -> list[int]:
    """How many of each: one in turn of every stratum that has any left."""
    left = sum(sizes) if limit is None else min(limit, sum(sizes))
    shares = [0] * len(sizes)
    while left:
        for place, size in enumerate(sizes):
            if left and shares[place] < size:
                shares[place] += 1
                left -= 1
    return shares


@dataclass(frozen=True)
class Choices:
    """What a run leaves to the model: names of relations and classes, and of keys."""

    schema: SchemaChoice = "source"
    keys: KeyChoice = "open"
    max_tokens: int = 1024


Names = Mapping[Stratum, dict[str, str]]


def names_of_sources(rows: Iterable[GoldRow]) -> Names:
    """The relations, classes or keys that each source's rows use, most frequent first.

    Also the classes that were annotated and of which no row has a name. As labels without a
    description. Taken from all rows of the files, not from the sample: a smaller sample must not
    be an easier task.
    """
    used: dict[Stratum, Counter[str]] = {}
    for row in rows:
        names = used.setdefault(stratum(row), Counter())
        if row.task == "KE1":
            names.update(relation for _, relation, _ in row.gold)
        else:
            names.update(row.gold.keys())
        if row.task == "KE2":
            names.update(dict.fromkeys(row.classes, 0))  # a class without a name stands last
    return {
        source: {
            name: "" for name, _ in sorted(names.items(), key=lambda item: (-item[1], item[0]))
        }
        for source, names in used.items()
    }


def task_of(row: GoldRow, names: Names, choices: Choices) -> Task:
    """The extraction that a row asks for; raises InputError as `make_task` does."""
    return make_task(
        row.task,
        row.text,
        lang=row.lang,
        entity=row.entity,
        labels=labels_of(row, names, choices),
        max_tokens=choices.max_tokens,
    )


def labels_of(row: GoldRow, names: Names, choices: Choices) -> dict[str, str]:
    """The names that an answer may use; none means any, or the prompt's own."""
    if choices.schema == "row" and isinstance(row, TripleRow) and row.unstated is not None:
        return _own_relations(row)
    if row.open:
        return {}
    if row.task == "KE3":
        return names[stratum(row)] if choices.keys == "source" else {}
    if choices.schema == "source":
        return names[stratum(row)]
    if choices.schema == "core" and row.task == "KE2":
        return dict.fromkeys(CORE, "")
    return {}


def _own_relations(row: TripleRow) -> dict[str, str]:
    """What the text states and what one would expect there and it does not state, in any order."""
    marked = (one.triple[1] for one in row.marked or ())
    stated = (relation for _, relation, _ in row.gold)
    listed = sorted({*stated, *marked, *(row.unstated or ())})
    random.Random(row.id).shuffle(listed)  # noqa: S311  # no secret
    return dict.fromkeys(listed, "")
