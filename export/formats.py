"""The formats by name: how each is written, and what it is called on the wire and on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from errors import InputError
from export.cypher import write_cypher
from export.graphml import write_graphml
from export.iris import Iris
from export.jsonl import write_json, write_jsonl
from export.markdown import write_markdown
from export.report.page import write_html
from export.spreadsheet import write_csv
from knowledge.record import Record
from wording import joined, message

FormatName = Literal[
    "jsonl", "json", "csv", "markdown", "html", "turtle", "jsonld", "graphml", "cypher"
]
NAMES: tuple[FormatName, ...] = get_args(FormatName)
WITH_IRIS: tuple[FormatName, ...] = ("turtle", "jsonld")


@dataclass(frozen=True)
class Format:
    """`content_type` with its charset; JSON's types have none, being UTF-8 always."""

    content_type: str
    suffix: str
    write: Callable[[Iterable[Record], Iris], Iterator[str]]


def _plain(
    write: Callable[[Iterable[Record]], Iterator[str]],
) -> Callable[[Iterable[Record], Iris], Iterator[str]]:
    """A format without IRIs."""
    return lambda records, _: write(records)


def _turtle(records: Iterable[Record], iris: Iris) -> Iterator[str]:
    from export.turtle import write_turtle  # rdflib takes a third of a second to load

    return write_turtle(records, iris)


def _jsonld(records: Iterable[Record], iris: Iris) -> Iterator[str]:
    from export.jsonld import write_jsonld

    return write_jsonld(records, iris)


FORMATS: dict[FormatName, Format] = {
    "jsonl": Format("application/x-ndjson; charset=utf-8", "jsonl", _plain(write_jsonl)),
    "json": Format("application/json", "json", _plain(write_json)),
    "csv": Format("text/csv; charset=utf-8; header=present", "csv", _plain(write_csv)),
    "markdown": Format("text/markdown; charset=utf-8; variant=GFM", "md", _plain(write_markdown)),
    "html": Format("text/html; charset=utf-8", "html", _plain(write_html)),
    "turtle": Format("text/turtle; charset=utf-8", "ttl", _turtle),
    "jsonld": Format("application/ld+json", "jsonld", _jsonld),
    "graphml": Format("application/graphml+xml; charset=utf-8", "graphml", _plain(write_graphml)),
    "cypher": Format("application/x-cypher-query; charset=utf-8", "cypher", _plain(write_cypher)),
}


def iris_of(name: FormatName, base: str | None) -> Iris:
    """The IRIs that the format is written with; InputError for a base where it has none."""
    if base is None:
        return Iris()
    if name not in WITH_IRIS:
        raise InputError(
            message(
                "errors.export_no_iris", format=name, formats=joined("alternatives", WITH_IRIS)
            ),
            field="base_iri",
        )
    return Iris(base)


def write(name: FormatName, records: Iterable[Record], iris: Iris | None = None) -> Iterator[str]:
    """The records in that format, piece by piece."""
    return FORMATS[name].write(records, iris or Iris())
