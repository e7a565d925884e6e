"""JSON-LD 1.1: the triples of `rdf` as one document, a node object a subject and answer.

A node that several answers speak of comes several times; JSON-LD puts its properties together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rdflib import RDF, Literal, URIRef

from export.iris import Iris
from export.rdf import PREFIXES, Said, by_subject
from knowledge.record import Record


def write_jsonld(records: Iterable[Record], iris: Iris) -> Iterator[str]:
    """The context, then the nodes, one a line."""
    yield f'{{"@context": {json.dumps(PREFIXES)},\n"@graph": ['
    between = "\n"
    for record in records:
        for subject, said in by_subject(record, iris):
            yield between + json.dumps(_node(subject, said), ensure_ascii=False)
            between = ",\n"
    yield "\n]}\n"


def _node(subject: URIRef, said: list[Said]) -> dict[str, Any]:
    node: dict[str, Any] = {"@id": str(subject)}
    for _, predicate, value in said:
        if predicate == RDF.type:
            node.setdefault("@type", []).append(_short(value))
        else:
            node.setdefault(_short(predicate), []).append(_value(value))
    return node


def _value(value: URIRef | Literal) -> dict[str, str]:
    if isinstance(value, URIRef):
        return {"@id": str(value)}
    if value.language:
        return {"@value": str(value), "@language": value.language}
    if value.datatype is not None:
        return {"@value": str(value), "@type": _short(value.datatype)}
    return {"@value": str(value)}


def _short(iri: str) -> str:
    """With a prefix of the context where one fits."""
    for name, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{name}:{iri[len(start) :]}"
    return iri
