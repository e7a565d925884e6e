"""`manifest.jsonl`: each document of the input with its one outcome; and the sums for `status`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from corpus.index import Index
from corpus.outputs.shards import write_aside
from knowledge.items import PromptType

FILE = "manifest.jsonl"

_UNITS = """
SELECT d.number, d.id, d.place, u.type, u.outcome, u.detail, u.items, u.prompt_tokens,
  u.completion_tokens, s.name
FROM documents d LEFT JOIN units u ON u.document = d.number LEFT JOIN shards s ON s.number = u.shard
ORDER BY d.number, u.type
"""


@dataclass(frozen=True)
class Sums:
    """Documents by outcome, and the answers of all tasks; `waiting` were seen and not finished."""

    done: int = 0
    partial: int = 0
    failed: int = 0
    waiting: int = 0
    answers: int = 0
    items: int = 0

    @property
    def documents(self) -> int:
        return self.done + self.partial + self.failed


def write_manifest(
    out: Path, index: Index, types: tuple[PromptType, ...], in_input: Callable[[int], bool]
) -> None:
    """One line a document, in the order in which they were first seen; few are in memory."""

    def fill(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for number, row in _documents(index, types):
                if not in_input(number):
                    row["input"] = False
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    write_aside(out / FILE, fill)


def _documents(index: Index, types: tuple[PromptType, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, group in groupby(index.rows(_UNITS), key=lambda row: int(row[0])):
        rows = list(group)
        units = {row[3]: row for row in rows if row[3] is not None}
        written = {row[3]: _unit(row) for row in rows if row[3] in types or row[9] is not None}
        outcome = outcome_of([units[one][4] if one in units else "" for one in types])
        yield number, {"id": rows[0][1], "place": rows[0][2], "outcome": outcome, "types": written}


def _unit(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("items", "prompt_tokens", "completion_tokens", "shard")
    numbers = {
        name: value for name, value in zip(names, row[6:10], strict=True) if value is not None
    }
    return {"outcome": row[4], **(json.loads(row[5]) if row[5] else {}), **numbers}


def outcome_of(outcomes: list[str]) -> str:
    """A document's outcome by those of its tasks; "" stands for one that is not finished."""
    if "" in outcomes:
        return "waiting"
    if all(one == outcomes[0] for one in outcomes):
        return outcomes[0]
    return "partial"


def sums(index: Index, types: tuple[PromptType, ...]) -> Sums:
    """By the database alone, in one pass."""
    marks = ", ".join("?" * len(types))
    counted = index.rows(
        f"SELECT total, low, high, count(*), sum(answers), sum(items) FROM ("  # noqa: S608
        " SELECT count(u.type) AS total, min(u.outcome) AS low, max(u.outcome) AS high,"
        " count(u.shard) AS answers, coalesce(sum(u.items), 0) AS items"
        " FROM documents d LEFT JOIN units u"
        f" ON u.document = d.number AND u.type IN ({marks}) GROUP BY d.number"
        ") GROUP BY total, low, high",
        types,
    )
    found: dict[str, int] = {}
    answers = items = 0
    for total, low, high, count, with_answer, of_items in counted:
        name = "waiting" if total < len(types) else low if low == high else "partial"
        found[name] = found.get(name, 0) + count
        answers += with_answer
        items += of_items
    return Sums(**found, answers=answers, items=items)
