"""Gold files: one annotated text a line, as JSON, plain or gzipped. An error names file and line.

Row: `{"id", "task", "lang", "source", "text", "entity"?, "gold", "aliases"?}`. `gold` is for KE1
`[[head, relation, tail], …]`, KE2 `{class: [name, …]}`, KE3 `{key: value or [value, …]}`.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from errors import InputError
from knowledge.text.spans import Lang
from validation import first_fault
from wording import message

OWN = Path(__file__).with_name("gold.jsonl")

Name = Annotated[str, Field(min_length=1)]
Triples = tuple[tuple[Name, Name, Name], ...]
Listed = dict[Name, tuple[Name, ...]]  # class → names, or key → values
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
    text: Annotated[str, Field(pattern=r"\S")]
    entity: str | None = None
    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class TripleRow(_Row):
    task: Literal["KE1"]
    gold: Triples


class EntityRow(_Row):
    task: Literal["KE2"]
    gold: Listed


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
            row = read_row(line, place)
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


def read_row(line: str, place: str) -> GoldRow:
    """One row; InputError names `place` and the field."""
    try:
        return _ROW.validate_json(line)
    except ValidationError as error:
        fault = first_fault(error)
        # pydantic begins the path with the branch it chose, which no file knows of
        field = ".".join(str(part) for part in fault.path if part not in ("KE1", "KE2", "KE3"))
        about = f"{place}: {field}" if field else place
        raise InputError(
            message("errors.field_invalid", field=about, reason=fault.reason)
        ) from error
