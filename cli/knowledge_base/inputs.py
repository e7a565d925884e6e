"""Reads what `base import` takes: jobs of `corpus`, lines of answers, gold files, conversations.

Line by line: what cannot be taken is told with its place, and the next one is read.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from corpus.outputs.answers import answers_of, holds_job
from errors import InputError
from evaluation.gold.rows import EntityRow, FactRow, GoldRow, TripleRow, read_row
from knowledge.answer_json import knowledge_json
from knowledge.corrections import PROMPT_TYPES, corrected
from knowledge.grounding.source import Source, ground
from knowledge.items import Item
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple
from knowledge.record import Record, read_record
from knowledge.text.document import Document
from knowledge.text.spans import Span
from storage.conversations.records import Conversation, Turn
from storage.conversations.store import MAX_PAGE, Store
from storage.knowledge_base.records import Arrival
from storage.knowledge_base.writing.importing import check
from wording import message

GOLD_MODEL = "gold"
_REMEDY = message("errors.cli_import_remedy")


@dataclass(frozen=True)
class Read:
    """An answer, or why one is rejected; `share` is how far the input is read."""

    share: float
    arrival: Arrival | None = None
    rejected: str = ""


def read_input(path: Path, prefix: str = "") -> Iterator[Read]:
    """A job's folder, or a file of lines, plain or gzipped. `prefix` goes before all ids.

    Raises InputError for what is neither.
    """
    if path.is_dir():
        if not holds_job(path):
            raise InputError(message("errors.cli_no_job", path=path), field="runs")
        origin = str(path.absolute())
        for line in answers_of(path):
            file = line.file.relative_to(path)
            place = message("terminal.base_place_job", path=path, file=file, number=line.number)
            yield _read(line.line, place, origin, line.share, prefix)
        return
    try:
        with path.open("rb") as raw:
            size = max(path.stat().st_size, 1)
            lines = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            for number, text in enumerate(lines, start=1):
                if text.strip():
                    place = message("terminal.base_place_line", path=path, number=number)
                    yield _read(text, place, str(path.absolute()), raw.tell() / size, prefix)
    except (OSError, EOFError, zlib.error) as error:  # gzip's own errors are among these
        raise InputError(
            message("errors.file_unreadable", path=path, reason=str(error)), field="runs"
        ) from error


def read_conversations(store: Path, prefix: str = "") -> Iterator[Read]:
    """Every answer with items that is kept, as corrections have left it."""
    with closing(Store(store)) as opened:
        before: str | None = None
        while True:
            page = opened.page("", before, MAX_PAGE)
            for head in page.conversations:
                conversation = opened.load(head.id)
                for turn in conversation.turns:
                    if (turn.said.answer or {}).get("prompt_type") in PROMPT_TYPES:
                        yield _read_turn(conversation, turn, prefix)
            if page.next is None:
                return
            before = page.next


def _read_turn(conversation: Conversation, turn: Turn, prefix: str) -> Read:
    place = message("terminal.base_place_turn", id=conversation.id, position=turn.position)

    def read() -> Arrival:
        answer = corrected(turn.said.answer or {}, turn.corrections)
        name = f"{conversation.id}-{turn.position}"
        record = read_record({**answer, "id": name, "text": turn.said.text})
        origin = f"conversation: {conversation.title}"
        return Arrival(record, origin, turn.corrections)

    return _message(read, place, 0.0, prefix)


def _read(line: bytes, place: str, origin: str, share: float, prefix: str) -> Read:
    return _message(lambda: Arrival(_record(line), origin), place, share, prefix)


def _message(read: Callable[[], Arrival], place: str, share: float, prefix: str) -> Read:
    try:
        arrival = read()
        if prefix:
            record = replace(arrival.record, id=f"{prefix}/{arrival.record.id}")
            arrival = replace(arrival, record=record)
        check(arrival)
    except InputError as error:
        return Read(share, rejected=message("errors.located", place=place, reason=error.message))
    return Read(share, arrival)


def _record(line: bytes) -> Record:
    try:
        text = line.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InputError(message("errors.cli_line_not_utf8")) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            message("errors.cli_line_not_json", reason=str(error), remedy=_REMEDY)
        ) from error
    if isinstance(value, dict) and "gold" in value:
        return _of_gold(read_row(text, "gold"))
    return read_record(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _of_gold(row: GoldRow) -> Record:
    """The annotated strings, each where it stands in the text."""
    source = Source(Document(row.text))
    whole = Span(0, len(row.text))
    items: tuple[Item, ...] = tuple(ground(raw, source, whole) for raw in _raw(row))
    knowledge: Any = knowledge_json(row.task, items)
    answer = {"prompt_type": row.task, "lang": row.lang, "model": GOLD_MODEL}
    return read_record({"id": row.id, "text": row.text, **answer, "knowledge": knowledge})


def _raw(row: GoldRow) -> Iterator[RawItem]:
    if isinstance(row, TripleRow):
        yield from (RawTriple(*triple) for triple in row.gold)
    elif isinstance(row, EntityRow):
        yield from (RawEntity(label, name) for label, names in row.gold.items() for name in names)
    elif isinstance(row, FactRow):
        if not row.entity:
            raise InputError(message("errors.cli_gold_entity"), field="entity")
        for key, values in row.gold.items():
            yield from (RawFact(row.entity, key, value) for value in values)
