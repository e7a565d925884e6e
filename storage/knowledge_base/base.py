"""A knowledge base: sources, what was found in them, and the entities that they speak of.

Safe from several threads. Knows neither HTTP nor a database's dialect; every failure of the
database is StoreFailed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from knowledge.record import Record
from storage.knowledge_base.database import Database
from storage.knowledge_base.reading.entity_card import around, load_card, number_of
from storage.knowledge_base.reading.entity_list import find_entities
from storage.knowledge_base.reading.exporting import records_behind
from storage.knowledge_base.reading.source_list import (
    count_rows,
    find_sources,
    load_source,
    remove_source,
)
from storage.knowledge_base.reading.triples import find_triples
from storage.knowledge_base.records import Arrival, Counts, Decision, Status
from storage.knowledge_base.tables import answers, corrections, entities, names, sources, statements
from storage.knowledge_base.tables import decisions as decisions_table
from storage.knowledge_base.views import Card, Neighbourhood, Page, Source
from storage.knowledge_base.writing import decisions
from storage.knowledge_base.writing.importing import BATCH, batches, take_in


class Base:
    """The base at `address`, a path or postgresql://…; opening it raises StoreFailed.

    An unknown id raises UnknownEntity or UnknownSource, a wrong word of a search InputError.
    """

    def __init__(self, address: str) -> None:
        self._database = Database(address)
        self.name = self._database.name

    def close(self) -> None:
        self._database.close()

    def take_in(self, arrivals: Iterable[Arrival], batch: int = BATCH) -> Iterator[Counts]:
        """Import them; what a count was told for is kept. Raises InputError as `check` does."""
        for some in batches(arrivals, batch):
            yield take_in(self._database, some)

    def remove(self, source: str) -> None:
        with self._database.writing() as connection:
            remove_source(connection, source)
        self._database.overwrite_deleted()

    def split(self, name: str, in_sources: tuple[str, ...] = (), *, spelling: bool) -> Decision:
        return decisions.split(self._database, name, in_sources, spelling=spelling)

    def merge(self, name: str, other: str) -> Decision:
        return decisions.merge(self._database, name, other)

    def undo(self, number: int) -> None:
        decisions.undo(self._database, number)

    def decisions(self) -> list[Decision]:
        with self._database.reading() as connection:
            return decisions.listed(connection)

    def status(self) -> Status:
        with self._database.reading() as connection:
            return Status(
                self.name,
                count_rows(connection, sources),
                count_rows(connection, answers),
                count_rows(connection, corrections),
                count_rows(connection, entities, entities.c.kind == "name"),
                count_rows(connection, names),
                count_rows(connection, statements),
                count_rows(connection, decisions_table),
            )

    def entities(self, query: str = "", after: str | None = None, limit: int = 50) -> Page:
        with self._database.reading() as connection:
            return find_entities(connection, query, after, limit)

    def entity(self, name: str) -> Card:
        with self._database.reading() as connection:
            return load_card(connection, name)

    def around(self, name: str, depth: int = 1, limit: int = 100) -> Neighbourhood:
        with self._database.reading() as connection:
            return around(connection, name, depth, limit)

    def triples(
        self, relation: str = "", entity: str = "", after: str | None = None, limit: int = 50
    ) -> Page:
        with self._database.reading() as connection:
            number = number_of(connection, entity) if entity else None
            return find_triples(connection, relation, number, after, limit)

    def sources(self, query: str = "", after: str | None = None, limit: int = 50) -> Page:
        with self._database.reading() as connection:
            return find_sources(connection, query, after, limit)

    def records(self) -> Iterator[Record]:
        """All answers by source, with the entities that their strings mean here."""
        after = 0
        while True:
            with self._database.reading() as connection:
                found, last = records_behind(connection, after)
            if last is None:
                return
            yield from found
            after = last

    def source(self, name: str) -> Source:
        with self._database.reading() as connection:
            return load_source(connection, name)
