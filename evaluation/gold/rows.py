"""Gold files: one annotated text a line, as JSON, plain or gzipped. An error names file and line.

A line is a row of one task, `{"id", "task", "lang", "source", "text", "entity"?, "gold",
"aliases"?}`, or a text with everything that it states (`evaluation.gold.annotated`), which becomes
a row of each task. `gold` is for KE1 `[[head, relation, tail], …]`, KE2 `{class: [name, …]}`, KE3
`{key: value or [value, …]}`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from errors import InputError
from evaluation.gold.annotated import (
    CORE_CLASSES,
    AnnotatedText,
    Listed,
    Marked,
    Name,
    Text,
    Triples,
)
from knowledge.text.spans import Lang
from validation import first_fault
from wording import message

OWN = Path(__file__).parents[2] / "training" / "gold" / "dev.jsonl"
# Fields by which a line without `task` is known as a text with everything that it states.
_WHOLE = frozenset({"entities", "triples", "facts", "unstated"})

# What a model gives may be empty where gold may not.
Answers = tuple[tuple[str, str, str], ...] | dict[str, tuple[str, ...]]


def _as_lists(value: Any) -> Any:
    """One value of a key need not stand in a list."""
    if isinstance(value, dict):
        return {key: [one] if isinstance(one, str) else one for key, one in value.items()}
    return value


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    lang: Lang
    source: Name
    text: Text
    entity: str | None = None
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    open: bool = False  # relations or keys are named freely: the source has no list of them


class TripleRow(_Row):
    """`marked` and `unstated` as in AnnotatedText; None: not annotated."""

    task: Literal["KE1"]
    gold: Triples
    marked: tuple[Marked, ...] | None = None
    unstated: tuple[Name, ...] | None = None


class EntityRow(_Row):
    """`classes` are asked for even where no row of the source has a name of them."""

    task: Literal["KE2"]
    gold: Listed
    classes: tuple[Name, ...] = ()


class FactRow(_Row):
    task: Literal["KE3"]
    gold: Annotated[Listed, BeforeValidator(_as_lists)]


GoldRow = TripleRow | EntityRow | FactRow
_ROW: TypeAdapter[GoldRow] = TypeAdapter(Annotated[GoldRow, Field(discriminator="task")])


def read_gold(paths: Iterable[Path]) -> list[GoldRow]:
    """All rows of the files, in order. Raises InputError naming file, line and field."""
    rows: list[GoldRow] = []
    seen: dict[str, str] = {}  # id → where it stood
    for path in paths:
        for number, line in enumerate(_lines(path), start=1):
            if not line.strip():
                continue
            place = message("errors.evaluation_place", path=path, number=number)
            for row in read_rows(line, place):
                if row.id in seen:
                    raise InputError(
                        message(
                            "errors.evaluation_id_twice", place=place, id=row.id, other=seen[row.id]
                        )
                    )
                seen[row.id] = place
                rows.append(row)
    return rows


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise InputError(
                        message("errors.evaluation_not_utf8", path=path, number=number)
                    ) from error
    except (OSError, EOFError, zlib.error) as error:  # gzip's own errors are among these
        raise InputError(message("errors.file_unreadable", path=path, reason=str(error))) from error


def read_rows(line: str, place: str) -> list[GoldRow]:
    """The rows of a line of either form; InputError names `place` and the field."""
    if not _is_whole(line):
        return [read_row(line, place)]
    try:
        return list(_rows_of(AnnotatedText.model_validate_json(line)))
    except ValidationError as error:
        raise _fault(error, place) from error


def read_row(line: str, place: str) -> GoldRow:
    """The row of one task; InputError names `place` and the field."""
    try:
        return _ROW.validate_json(line)
    except ValidationError as error:
        raise _fault(error, place) from error


def _is_whole(line: str) -> bool:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return False  # what is wrong with it is said by the reader of rows
    return isinstance(fields, dict) and "task" not in fields and not _WHOLE.isdisjoint(fields)


def _rows_of(text: AnnotatedText) -> Iterator[GoldRow]:
    """Triples; names of the core classes; the facts of the entities that have the most."""
    common: dict[str, Any] = {"lang": text.lang, "source": f"own-{text.lang}", "text": text.text}
    yield TripleRow(
        id=f"{text.id}-1",
        task="KE1",
        **common,
        open=True,
        gold=text.given(),
        marked=text.marked,
        unstated=text.unstated,
    )
    yield EntityRow(
        id=f"{text.id}-2",
        task="KE2",
        **common,
        gold=text.by_class(),
        classes=CORE_CLASSES[text.lang],
    )
    for number, (entity, facts) in enumerate(text.cards()):
        yield FactRow(
            id=f"{text.id}-3{number}",
            task="KE3",
            **common,
            open=True,
            entity=entity,
            gold=facts,
        )


def _fault(error: ValidationError, place: str) -> InputError:
    fault = first_fault(error)
    # pydantic begins the path with the branch it chose, which no file knows of
    field = ".".join(str(part) for part in fault.path if part not in ("KE1", "KE2", "KE3"))
    about = f"{place}: {field}" if field else place
    return InputError(message("errors.field_invalid", field=about, reason=fault.reason))
