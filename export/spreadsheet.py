"""CSV for spreadsheets and data frames: a row an item, RFC 4180, UTF-8 with a byte order mark.

Without the mark Excel shows Chinese as rubbish. Every cell is quoted. A cell that a spreadsheet
would run as a formula (it begins with = + - @ or their full-width forms, also behind white space)
gets an apostrophe in front, and so does one that begins with an apostrophe: `unguarded` takes one
away and gives every cell back. NUL, which ends a cell in many programs, becomes U+FFFD. `also` and
`mentions` ([[start, end], …]) and `aliases` ([[name, start, end, status], …]) are JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.items import Card, Entity, Fact, Item, Located, Triple
from knowledge.record import Record
from knowledge.text.spans import Span
from knowledge.values import meaning

COLUMNS = (
    "source", "task", "lang", "model",
    "entity", "entity_start", "entity_end", "entity_status",
    "relation", "value", "value_start", "value_end", "value_status",
    "date", "number", "unit", "approximate",
    "evidence", "evidence_start", "evidence_end", "also", "mentions", "aliases", "confidence",
    "assertion", "cue", "cue_start", "cue_end", "correction",
)  # fmt: skip

_RUNS = re.compile(r"['\t\r]|[\s\ufeff\x00-\x20]*[=+\-@＝＋－＠﹢﹣﹦﹫−]")

Row = dict[str, str | int | float | None]


def write_csv(records: Iterable[Record]) -> Iterator[str]:
    """The heading, then the rows. `relation` is KE1's relation, KE2's class or KE3's key.

    A key that was asked for and is not stated has a row with `value_status` not_stated, and a
    card without anything to say has one with its entity alone.
    """
    yield "\ufeff" + _line(COLUMNS)
    for record in records:
        for row in _rows(record):
            yield _line([_cell(row.get(column)) for column in COLUMNS])


def unguarded(cell: str) -> str:
    """A cell as it was before the apostrophe."""
    return cell.removeprefix("'")


def _cell(value: str | int | float | None) -> str:
    if value is None:
        return ""
    cell = str(value).replace("\x00", "\ufffd")
    guarded = isinstance(value, str) and _RUNS.match(cell)
    return f"'{cell}" if guarded else cell


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(cells)  # its line ends are RFC 4180's
    return out.getvalue()


def _rows(record: Record) -> Iterator[Row]:
    source: Row = {
        "source": record.id,
        "task": record.prompt_type,
        "lang": record.lang,
        "model": record.model,
    }
    if record.prompt_type == "KE3":
        for card in record.cards:
            for row in _card_rows(record, card):
                yield source | row
    else:
        for item in record.items:
            yield source | _item_row(record, item)


def _card_rows(record: Record, card: Card) -> Iterator[Row]:
    about = _located("entity", card.entity) if card.entity else {}
    about["aliases"] = _json([[a.text, a.start, a.end, a.status] for a in card.aliases])
    for fact in card.facts:
        yield about | _item_row(record, fact)
    for key in card.not_stated:
        yield about | {"relation": key, "value_status": "not_stated"}
    if card.entity and not card.facts and not card.not_stated:
        yield about


def _item_row(record: Record, item: Item) -> Row:
    made: Row = {"correction": record.correction(item)}
    if isinstance(item, Triple):
        row = (
            _located("entity", item.head)
            | _value(item.tail, item.relation)
            | {"relation": item.relation}
        )
        return row | _stated(record, item) | made
    if isinstance(item, Fact):
        row = (
            _located("entity", item.entity) | _value(item.value, item.key) | {"relation": item.key}
        )
        return row | _stated(record, item) | made
    return _located("entity", item.place) | _class(item) | made


def _class(item: Entity) -> Row:
    return {
        "relation": item.label,
        "mentions": _spans(item.mentions),
        "confidence": item.confidence,
    }


def _stated(record: Record, item: Triple | Fact) -> Row:
    return {
        "evidence": record.quote(item.evidence),
        "evidence_start": item.evidence.start if item.evidence else None,
        "evidence_end": item.evidence.end if item.evidence else None,
        "also": _spans(item.also),
        "confidence": item.confidence,
        "assertion": item.assertion,
        "cue": item.cue.text if item.cue else None,
        "cue_start": item.cue.start if item.cue else None,
        "cue_end": item.cue.end if item.cue else None,
    }


def _value(located: Located, label: str) -> Row:
    found = meaning(located.text, label)
    means: Row = dict(found.to_json()) if found else {}
    return _located("value", located) | means


def _located(name: str, located: Located) -> Row:
    return {
        name: located.text,
        f"{name}_start": located.start,
        f"{name}_end": located.end,
        f"{name}_status": located.status,
    }


def _spans(spans: tuple[Span, ...]) -> str | None:
    return _json([[span.start, span.end] for span in spans])


def _json(values: list[list[int]] | list[list[str | int | None]]) -> str | None:
    """A list in one cell, as the contract writes it; an empty cell for none."""
    return json.dumps(values, ensure_ascii=False) if values else None
