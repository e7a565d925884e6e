"""Takes answers in, some hundred sources in a transaction; what is there already changes nothing.

A source with another text loses what was said of its old one; an answer of the same task, model and
(KE3) entity takes the old one's place. Then all that the source says is derived anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from errors import InputError
from knowledge.answer_json import item_json
from knowledge.record import Record
from storage.conversations.rows import microseconds, searchable
from storage.knowledge_base.database import Database, portions
from storage.knowledge_base.records import MAX_NAME, Arrival, Counts
from storage.knowledge_base.tables import answers, corrections, sources
from storage.knowledge_base.writing.decisions import naming_of
from storage.knowledge_base.writing.derive import is_withheld
from storage.knowledge_base.writing.deriving import rederive
from storage.knowledge_base.writing.naming import short_key
from validation import field_error
from wording import message

BATCH = 300  # sources in a transaction

Slot = tuple[str, str, str]  # task, model, KE3's one entity


def check(arrival: Arrival) -> None:
    """Raises InputError for what no base can keep."""
    record = arrival.record
    if len(record.id) > MAX_NAME:
        raise InputError(message("errors.base_id_too_long", limit=MAX_NAME), field="id")
    said = [record.id, record.text, record.model, json.dumps(list(map(item_json, record.items)))]
    if any("\x00" in part for part in said) or "\\u0000" in said[-1]:
        raise field_error("text", message("errors.nul_character"))


def batches(arrivals: Iterable[Arrival], size: int = BATCH) -> Iterator[list[Arrival]]:
    """Answers of one source that follow each other stay together."""
    batch: list[Arrival] = []
    count = 0
    for _, group in groupby(arrivals, key=lambda arrival: arrival.record.id):
        batch += group
        count += 1
        if count == size:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def take_in(database: Database, batch: list[Arrival]) -> Counts:
    """All of it, or nothing."""
    by_source: dict[str, list[Arrival]] = {}
    for arrival in batch:
        check(arrival)
        by_source.setdefault(arrival.record.id, []).append(arrival)
    with database.writing() as connection:
        stored = _load_stored(connection, list(by_source))
        next_source = (connection.scalar(select(func.max(sources.c.id))) or 0) + 1
        next_answer = (connection.scalar(select(func.max(answers.c.id))) or 0) + 1
        changes = _Changes(next_source, next_answer)
        for name, arrived in by_source.items():
            changes.compare(name, stored.get(name), arrived)
        changes.write(connection)
        rederive(connection, changes.numbers, naming_of(connection))
    return changes.counts


@dataclass
class _Stored:
    """A source as it stands in the base, with number and digest of each answer."""

    number: int
    text: str
    slots: dict[Slot, tuple[int, str]] = field(default_factory=dict)


@dataclass
class _Changes:
    """What has to be written, in the order of the statements of a transaction."""

    next_source: int
    next_answer: int
    counts: Counts = field(default_factory=Counts)
    numbers: dict[int, str] = field(default_factory=dict)  # of the sources to derive anew
    dropped: list[int] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    new_answers: list[dict[str, Any]] = field(default_factory=list)
    new_corrections: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, name: str, stored: _Stored | None, arrived: list[Arrival]) -> None:
        last = arrived[-1]
        slots: dict[Slot, Arrival] = {}
        for arrival in arrived:  # an answer to a text that the source has no more counts no more
            if arrival.record.text == last.record.text:
                slots[slot_of(arrival.record)] = arrival
        old = dict(stored.slots) if stored else {}
        same_text = stored is not None and stored.text == last.record.text
        if not same_text:
            self.dropped += [number for number, _ in old.values()]
            old = {}
        news = [
            (slot, arrival, digest)
            for slot, arrival in slots.items()
            if old.get(slot, (0, ""))[1] != (digest := digest_of(arrival))
        ]
        if same_text and not news:
            self.counts += Counts(unchanged=1)
            return
        self.dropped += [old[slot][0] for slot, _, _ in news if slot in old]
        source = self._source(stored, same_text, last)
        self.numbers[source] = name
        for slot, arrival, digest in news:
            self._answer(source, slot, arrival, digest)
        withheld = sum(is_withheld(one) for _, new, _ in news for one in new.record.items)
        self.counts += Counts(
            added=not stored, changed=bool(stored), answers=len(news), withheld=withheld
        )

    def _source(self, stored: _Stored | None, same_text: bool, arrival: Arrival) -> int:
        number = stored.number if stored else self.next_source
        record = arrival.record
        row = {"id": number, "name": record.id, "origin": arrival.origin}
        row |= {"added": time.time_ns() // 1000}
        if not same_text:
            row |= {"text": record.text, "search": searchable(record.text)}
            (self.updated if stored else self.added).append(row)
        if not stored:
            self.next_source += 1
        return number

    def _answer(self, source: int, slot: Slot, arrival: Arrival, digest: str) -> None:
        number = self.next_answer
        self.next_answer += 1
        knowledge = json.dumps(arrival.record.answer["knowledge"], ensure_ascii=False)
        row = {"id": number, "source": source, "lang": arrival.record.lang, "digest": digest}
        row |= dict(zip(("prompt_type", "model", "about"), slot, strict=True))
        self.new_answers.append(row | {"knowledge": knowledge})
        for one in arrival.corrections:
            before, after = (
                None if item is None else json.dumps(item, ensure_ascii=False)
                for item in (one.before, one.after)
            )
            made = {"answer": number, "kind": one.kind, "made": microseconds(one.at)}
            self.new_corrections.append(made | {"before": before, "after": after})

    def write(self, connection: Connection) -> None:
        for part in portions(self.dropped):
            connection.execute(delete(corrections).where(corrections.c.answer.in_(part)))
            connection.execute(delete(answers).where(answers.c.id.in_(part)))
        for row in self.updated:
            connection.execute(update(sources).where(sources.c.id == row["id"]).values(row))
        for table, rows in (
            (sources, self.added),
            (answers, self.new_answers),
            (corrections, self.new_corrections),
        ):
            if rows:
                connection.execute(insert(table), rows)


def _load_stored(connection: Connection, wanted: list[str]) -> dict[str, _Stored]:
    found: dict[str, _Stored] = {}
    for part in portions(wanted):
        rows = connection.execute(
            select(sources.c.id, sources.c.name, sources.c.text).where(sources.c.name.in_(part))
        ).all()
        by_number = {row.id: _Stored(row.id, row.text) for row in rows}
        found |= {row.name: by_number[row.id] for row in rows}
        for row in connection.execute(select(answers).where(answers.c.source.in_(by_number))):
            slot = row.prompt_type, row.model, row.about
            by_number[row.source].slots[slot] = row.id, row.digest
    return found


def slot_of(record: Record) -> Slot:
    """What an answer replaces where it comes again."""
    about = ""
    if record.prompt_type == "KE3" and len(record.cards) == 1 and record.cards[0].entity:
        about = short_key(record.cards[0].entity.text)
    return record.prompt_type, record.model, about


def digest_of(arrival: Arrival) -> str:
    """Marks what an answer says; how long it took makes no difference."""
    record = arrival.record
    said = [record.lang, record.answer["knowledge"]]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
