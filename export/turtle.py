"""Turtle: the triples of `rdf`, a block a subject, an answer at a time.

What two answers both say stands there twice, which is one and the same to a reader of RDF.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from rdflib import RDF, Literal, URIRef

from export.iris import Iris
from export.rdf import PREFIXES, Said, by_subject
from knowledge.record import Record

_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def write_turtle(records: Iterable[Record], iris: Iris) -> Iterator[str]:
    """The prefixes, then a piece a record."""
    yield "".join(f"@prefix {name}: {URIRef(iri).n3()} .\n" for name, iri in PREFIXES.items())
    for record in records:
        yield "".join(_block(subject, said) for subject, said in by_subject(record, iris))


def _block(subject: URIRef, said: list[Said]) -> str:
    lines = [f"{_verb(predicate)} {_term(value)}" for _, predicate, value in said]
    return f"\n{_term(subject)}\n  " + " ;\n  ".join(lines) + " .\n"


def _verb(predicate: URIRef) -> str:
    return "a" if predicate == RDF.type else _term(predicate)


def _term(term: URIRef | Literal) -> str:
    if isinstance(term, Literal):
        return _literal(term)
    for name, iri in PREFIXES.items():
        if term.startswith(iri) and _LOCAL.fullmatch(term[len(iri) :]):
            return f"{name}:{term[len(iri) :]}"
    return term.n3()


def _literal(literal: Literal) -> str:
    # A JSON string is a Turtle string of one line. rdflib's own n3() writes several lines, and ends
    # them with a bare quote where the text ends in \", which strict readers refuse.
    quoted = json.dumps(str(literal), ensure_ascii=False).replace("\x7f", "\\u007F")
    if literal.language:
        return f"{quoted}@{literal.language}"
    return quoted if literal.datatype is None else f"{quoted}^^{_term(literal.datatype)}"
