"""Which of the input's documents have something to do, by what the index knows of them."""

from __future__ import annotations

from typing import NamedTuple

from corpus.fingerprint import Recipes, digest, digest_of_file, digest_of_text
from corpus.index import Index
from corpus.inputs.entry import Entry, whole
from corpus.outcomes import Known, StoredOutcome
from corpus.work import Work
from knowledge.items import PromptType
from wording import message


class Refused(NamedTuple):
    """A document that cannot be read, and why."""

    known: Known
    content: bytes
    error: str


class Intake:
    """Looks at every document of one pass over the input, and remembers in a bit that it was there.

    `retry`: only what failed, or failed in part, is to do.
    """

    def __init__(
        self, index: Index, recipes: Recipes, types: tuple[PromptType, ...], *, retry: bool = False
    ) -> None:
        self._index = index
        self._recipes = recipes
        self.types = types
        self._retry = retry
        self._seen = bytearray()
        self.unknown = 0  # documents that a retry passed over, since they never had a turn

    def admit(self, entry: Entry) -> Work | Refused | None:
        """What to do with the document; None: nothing, its outcomes are there."""
        id_, error = entry.id or entry.place, entry.error and whole(entry.error)
        known = self._index.find(id_)
        if known is not None and self.seen(known.number):
            if entry.id is not None:
                error = message("errors.corpus_id_twice", id=id_[:100], place=known.place)
            id_, known = self._free(entry.place)
        if known is None:
            if self._retry:
                self.unknown += 1
                return None
            known = self._index.add(id_, entry.place)
        elif known.place != entry.place:
            self._index.move(known.number, entry.place)
        self._see(known.number)
        try:
            content = digest(error.encode()) if error is not None else _content(entry)
        except OSError as failure:
            error = message("errors.corpus_file_unreadable", reason=failure.strerror)
            content = digest(error.encode())
        if error is not None:
            same = all(
                self._is_kept(known.stored.get(type_), type_, content) for type_ in self.types
            )
            return None if same else Refused(known, content, error)
        types = tuple(type_ for type_ in self.types if self._is_to_do(known, type_, content))
        return Work(known, id_, entry, types, content) if types else None

    def seen(self, number: int) -> bool:
        """Whether the document came in this pass."""
        place = number >> 3
        return place < len(self._seen) and bool(self._seen[place] & 1 << (number & 7))

    def _see(self, number: int) -> None:
        place = number >> 3
        if place >= len(self._seen):
            self._seen.extend(bytes(place - len(self._seen) + 4096))
        self._seen[place] |= 1 << (number & 7)

    def _free(self, place: str) -> tuple[str, Known | None]:
        """An id by the document's place that no other document of this pass has."""
        id_, number = place, 1
        while (known := self._index.find(id_)) is not None and self.seen(known.number):
            number += 1
            id_ = f"{place}#{number}"
        return id_, known

    def _is_to_do(self, known: Known, type_: PromptType, content: bytes) -> bool:
        stored = known.stored.get(type_)
        if self._retry:
            return stored is not None and stored.outcome != "done"
        return not self._is_kept(stored, type_, content)

    def _is_kept(self, stored: StoredOutcome | None, type_: PromptType, content: bytes) -> bool:
        if stored is None or stored.content != content:
            return False
        return stored.recipe == self._recipes.of(type_, stored.lang)


def _content(entry: Entry) -> bytes:
    if entry.file is not None:
        return digest_of_file(entry.file)
    return digest_of_text(entry.text or "", entry.entity)
