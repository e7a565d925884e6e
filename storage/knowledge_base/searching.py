"""Finds names and texts by a piece of them, in every database alike.

Folded pieces are sought in folded columns, so that width and case make no difference. Words of
three characters and more are found by an index; shorter ones, as many Chinese words are, by LIKE.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, FromClause, Integer, column, literal_column, select, table
from sqlalchemy.sql.elements import ColumnElement

from errors import InputError
from storage.conversations.rows import searchable
from validation import check_text
from wording import message

MAX_LIMIT = 200
MAX_QUERY = 200  # characters
MAX_WORDS = 8
_INDEXED = 3  # characters


def holds(connection: Connection, within: FromClause, piece: str) -> ColumnElement[bool]:
    """Whether the row's `search` has this folded piece in it."""
    if connection.dialect.name == "sqlite" and len(piece) >= _INDEXED:
        words = table(f"{within.description}_words", column("rowid", Integer))
        phrase = '"' + piece.replace('"', '""') + '"'
        matching = literal_column(f"{within.description}_words").op("MATCH")(phrase)
        return within.c.id.in_(select(words.c.rowid).where(matching))
    return within.c.search.contains(piece, autoescape=True)


def words_of(query: str) -> list[str]:
    """The folded words of a query. Raises InputError."""
    if len(query) > MAX_QUERY:
        raise InputError(message("errors.base_query_length", limit=MAX_QUERY), field="query")
    check_text("query", query)
    words = [folded for word in query.split() if (folded := searchable(word))]
    if len(words) > MAX_WORDS:
        raise InputError(
            message("errors.store_too_many_words", count=len(words), limit=MAX_WORDS), field="query"
        )
    return words


def check_limit(limit: int) -> int:
    """Raises InputError."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InputError(message("errors.base_limit", limit=MAX_LIMIT), field="limit")
    return limit


def cursor_of(numbers: Sequence[int]) -> str:
    """Asks for what is behind the row that these numbers order."""
    return "-".join(map(str, numbers))


def read_cursor(after: str, parts: int) -> tuple[int, ...]:
    """Raises InputError for what is no `next` of such a list."""
    if re.fullmatch(r"\d{1,18}(-\d{1,18})" + f"{{{parts - 1}}}", after) is None:
        raise InputError(message("errors.base_bad_after"), field="after")
    return tuple(map(int, after.split("-")))
