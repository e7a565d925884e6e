"""Markdown for people: a heading an answer, then its table (GitHub's dialect).

Marks that Markdown knows are escaped, so that nothing in a text is a link, an image or HTML, nor
what GitHub adds: addresses, @names, :emoji:, $mathematics$. White space, also a line's end, becomes
one blank, since a table's row is a line; other control characters become U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.items import (
    NOT_STATED,
    Card,
    Entity,
    Item,
    Located,
    PromptType,
    Triple,
    nothing_found,
)
from knowledge.record import Record
from knowledge.text.spans import Lang
from wording import text

_COLUMNS: dict[PromptType, tuple[str, ...]] = {
    "KE1": ("head", "relation", "tail", "place", "evidence", "confidence"),
    "KE2": ("class", "entity", "place", "mentions", "confidence"),
    "KE3": ("key", "value", "place", "evidence", "confidence"),
}
_MARKS = re.compile(r"([!#$&()*<>@\[\\\]_`{|}~]|:(?=\S)|(?<=www)\.)", re.I)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def write_markdown(records: Iterable[Record]) -> Iterator[str]:
    """A piece a record."""
    for record in records:
        head = f"## {escape(record.id)}\n\n{record.prompt_type} · {escape(record.model)}\n\n"
        yield head + "\n".join(_body(record)) + "\n\n"


def escape(text: str) -> str:
    """The text as a piece of a line that shows it and does nothing else."""
    line = " ".join(text.split())
    return _CONTROL.sub("\ufffd", _MARKS.sub(r"\\\1", line))


def _body(record: Record) -> Iterator[str]:
    if not record.items and not any(card.entity for card in record.cards):
        yield nothing_found(record.prompt_type, record.lang)
    elif record.prompt_type == "KE3":
        for card in record.cards:
            yield from _card(record, card)
    else:
        yield from _table(record, [_row(record, item) for item in record.items])
    yield from _left_out(record)


def _left_out(record: Record) -> Iterator[str]:
    lang = record.lang
    left = record.left_out()
    if left:
        yield f"\n{text(lang, 'report.left_out')}{text(lang, 'knowledge.colon')}\n"
    for why, line in left:
        yield f"- {escape(line)} ({escape(why)})"


def _card(record: Record, card: Card) -> Iterator[str]:
    if card.entity:
        yield f"### {escape(card.entity.text)} · {_place(card.entity, record.lang)}\n"
    if card.aliases:
        comma = text(record.lang, "knowledge.comma")
        names = comma.join(escape(alias.text) for alias in card.aliases)
        yield f"{text(record.lang, 'report.aliases')}{names}\n"
    rows = [_row(record, fact) for fact in card.facts]
    rows += [(key, NOT_STATED[record.lang], "", "", "") for key in card.not_stated]
    yield from _table(record, rows)
    yield ""


def _table(record: Record, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    columns = _COLUMNS[record.prompt_type]
    if _unstated(record):
        columns = (*columns, "assertion")
    if record.corrections:
        columns = (*columns, "correction")
    heading = [text(record.lang, f"knowledge.field.{name}") for name in columns]
    yield _line(heading)
    yield _line(["---"] * len(heading), raw=True)
    for row in rows:
        yield _line([*row, *[""] * (len(heading) - len(row))])


def _line(cells: Sequence[str], raw: bool = False) -> str:
    return "| " + " | ".join(cell if raw else escape(cell) for cell in cells) + " |"


def _row(record: Record, item: Item) -> tuple[str, ...]:
    cells = _cells(record, item)
    if _unstated(record):
        cells = (*cells, _assertion(item, record.lang))
    if not record.corrections:
        return cells
    made = record.correction(item)
    return (*cells, text(record.lang, f"knowledge.correction.{made}") if made else "")


def _unstated(record: Record) -> bool:
    return any(not isinstance(item, Entity) and item.assertion != "stated" for item in record.items)


def _assertion(item: Item, lang: Lang) -> str:
    """What the text does with it, and by which words."""
    if isinstance(item, Entity):
        return ""
    name = text(lang, f"knowledge.assertion.{item.assertion}")
    return name + text(lang, "report.in_brackets", text=item.cue.text) if item.cue else name


def _cells(record: Record, item: Item) -> tuple[str, ...]:
    lang = record.lang
    sure = "" if item.confidence is None else f"{item.confidence:.2f}"
    if isinstance(item, Entity):
        return item.label, item.place.text, _place(item.place, lang), str(len(item.mentions)), sure
    evidence = record.quote(item.evidence)
    if isinstance(item, Triple):
        places = f"{_place(item.head, lang)} → {_place(item.tail, lang)}"
        return item.head.text, item.relation, item.tail.text, places, evidence, sure
    return item.key, item.value.text, _place(item.value, lang), evidence, sure


def _place(located: Located, lang: Lang) -> str:
    """Offsets, with the status where the string is not as it stands in the text."""
    status = text(lang, f"knowledge.status.{located.status}")
    if located.start is None:
        return status
    note = text(lang, "report.in_brackets", text=status)
    return f"{located.start}–{located.end}{note if located.status == 'normalised' else ''}"
