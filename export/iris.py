"""The names of things on the web of data: IRIs under one base, for any string.

Everything but letters, digits and -._~ is percent-encoded, so that no text can end an IRI or reach
another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from errors import InputError
from knowledge.record import entity_key
from wording import message

BASE = "urn:kex:"
# Absolute, without query or fragment, and ending where a name can be added.
_CHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@\-]|%[0-9A-Fa-f]{2})"
_BASE = re.compile(
    rf"https?://[A-Za-z0-9.\-]+(?::[0-9]+)?/(?:{_CHAR}+/)*"
    rf"|urn:[A-Za-z0-9][A-Za-z0-9\-]{{1,31}}:(?:{_CHAR}+(?:/{_CHAR}+)*[:/])?"
)
_LONGEST = 500


@dataclass(frozen=True)
class Iris:
    """IRIs under `base`, which ends in / or :. Raises InputError (field `base_iri`) for others."""

    base: str = BASE

    def __post_init__(self) -> None:
        if len(self.base) > _LONGEST or not _BASE.fullmatch(self.base):
            raise InputError(
                message("errors.export_base_iri", base=self.base[:80]),
                field="base_iri",
            )

    def entity(self, name: str) -> str:
        """One for all spellings that fold into one."""
        return self._name("entity", entity_key(name))

    def relation(self, name: str) -> str:
        """A property: KE1's relation or KE3's key."""
        return self._name("relation", name)

    def kind(self, label: str) -> str:
        """A class of KE2."""
        return self._name("class", label)

    def document(self, id: str) -> str:
        return self._name("document", id)

    def mention(self, id: str, start: int, end: int) -> str:
        """A piece of a document, by characters (RFC 5147)."""
        return f"{self.document(id)}#char={start},{end}"

    def model(self, name: str) -> str:
        return self._name("model", name)

    def statement(self, key: str) -> str:
        return self._name("statement", key)

    def _name(self, room: str, name: str) -> str:
        encoded = quote(name, safe="")
        if not name.strip("."):  # "." and ".." would lead to another folder
            encoded = encoded.replace(".", "%2E")
        return f"{self.base}{room}/{encoded}"
