"""The memory of the page: keeps conversations in a database and finds them again.

Safe from several threads. Knows neither HTTP nor SQLite; every failure is StoreFailed.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from errors import Conflict, InputError, UnknownConversation, UnknownTurn, Unprocessable
from knowledge.corrections import Correction, Json, Kind, corrected, standing
from storage.conversations.migrations import KIND
from storage.conversations.records import Conversation, NewTurn, Page, Turn
from storage.conversations.rows import (
    conversation_of,
    correction_of,
    microseconds,
    searchable,
    title_of,
    turn_of,
    turn_values,
)
from storage.conversations.tables import conversations, corrections, turns
from storage.database.sqlite import open_engine, overwrite_deleted, translate_errors, writing
from wording import message

MAX_PAGE = 200
MAX_WORDS = 8  # of a search
_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f-]{36})")


class Store:
    """The conversations in the file at `path`; opening it raises StoreFailed.

    An unknown id raises UnknownConversation, an unknown turn UnknownTurn.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._engine = open_engine(path, KIND)

    def close(self) -> None:
        self._engine.dispose()

    def begin(self, title: str = "") -> Conversation:
        """A new, empty conversation; without a title its first question gives it one."""
        now = _now()
        row = {"id": str(uuid.uuid4()), "title": title, "search": searchable(title)}
        with self._writing() as connection:
            connection.execute(
                conversations.insert(),
                row | {"created": microseconds(now), "updated": microseconds(now)},
            )
        return Conversation(row["id"], title, now, now)

    def page(self, query: str = "", before: str | None = None, limit: int = 50) -> Page:
        """The last used first; all words of `query` stand in title, texts or answers.

        `before` is the `next` of an earlier page. Raises InputError.
        """
        size = (
            select(func.count())
            .where(turns.c.conversation == conversations.c.id)
            .scalar_subquery()
            .label("size")
        )
        wanted = select(conversations, size).where(*_matches(query))
        if before is not None:
            wanted = wanted.where(_behind(before))
        order = conversations.c.updated.desc(), conversations.c.id.desc()
        with self._reading() as connection:
            found = connection.execute(wanted.order_by(*order).limit(limit + 1)).all()
        shown = found[:limit]
        behind = f"{shown[-1].updated}-{shown[-1].id}" if len(found) > limit else None
        return Page(tuple(conversation_of(row, row.size) for row in shown), behind)

    def load(self, name: str) -> Conversation:
        """With all its turns and their corrections."""
        with self._reading() as connection:
            row = _row(connection, name)
            made: defaultdict[int, list[Correction]] = defaultdict(list)
            of = corrections.c.conversation == name
            for one in connection.execute(select(corrections).where(of).order_by(corrections.c.id)):
                made[one.position].append(correction_of(one))
            mine = select(turns).where(turns.c.conversation == name).order_by(turns.c.position)
            found = [turn_of(one, made[one.position]) for one in connection.execute(mine)]
        return conversation_of(row, len(found), found)

    def turn(self, name: str, position: int) -> Turn:
        """One turn with its corrections."""
        with self._reading() as connection:
            _row(connection, name)
            return _turn(connection, name, position)

    def rename(self, name: str, title: str) -> None:
        with self._writing() as connection:
            _row(connection, name, hold=True)
            new = {"title": title, "search": searchable(title)}
            connection.execute(conversations.update().where(conversations.c.id == name).values(new))

    def delete(self, name: str) -> None:
        """For good, with all its turns and corrections."""
        with self._writing() as connection:
            _row(connection, name, hold=True)
            connection.execute(conversations.delete().where(conversations.c.id == name))
        overwrite_deleted(self._engine)

    def expect(self, name: str, replaces: int | None = None) -> None:
        """Raises what `append` would, before a model has worked for it."""
        with self._reading() as connection:
            _row(connection, name)
            _check_turn(connection, name, replaces)

    def append(self, name: str, said: NewTurn, replaces: int | None = None) -> int:
        """Keep a turn and return its position, the last.

        With `replaces` it takes the place of that turn. In a talk the later turns of the talk go
        too: they followed from what was said there. An answer that a person has corrected is not
        replaced: the new one comes last. A stopped turn at the end gives way to the same question.
        """
        now = microseconds(_now())
        with self._writing() as connection:
            row = _row(connection, name, hold=True)
            last = _check_turn(connection, name, replaces)
            position = replaces or last + 1
            if replaces is not None and _corrected(connection, name, replaces):
                position = last + 1
            elif replaces is None and _stopped(connection, name, last, said.text):
                position = last
            for gone in _replaced(connection, name, position, said):
                connection.execute(turns.delete().where(_is(name, gone)))
            values = turn_values(said) | {"conversation": name, "position": position}
            connection.execute(turns.insert(), values | {"created": now})
            title = row.title or title_of(said.text)
            new = {"title": title, "search": searchable(title), "updated": now}
            connection.execute(conversations.update().where(conversations.c.id == name).values(new))
        return position

    def correct(
        self,
        name: str,
        position: int,
        kind: Kind,
        before: Json | None = None,
        after: Json | None = None,
    ) -> Turn:
        """Keep a correction that fits the answer as it stands now, and return the turn with it.

        Raises InputError for one that does not fit, Unprocessable where there are no items.
        """
        now = _now()
        with self._writing() as connection:
            _row(connection, name, hold=True)
            turn = _turn(connection, name, position)
            answer = turn.said.answer
            if answer is None:
                raise Unprocessable(message("errors.store_no_answer"), field="turn")
            if before is not None:  # kept whole, though its strings are enough to find it
                before = standing(corrected(answer, turn.corrections), before)
            new = Correction(kind, before, after, now)
            turn = replace(turn, corrections=(*turn.corrections, new))
            values = {"conversation": name, "position": position, "created": microseconds(now)}
            said = {"kind": kind, "before": before, "after": after}
            connection.execute(corrections.insert(), values | said)
            _corrected_anew(connection, name, turn, now)
        return turn

    def take_back(self, name: str, position: int, count: int | None = None) -> Turn:
        """Forget the last correction of a turn, and return the turn without it.

        Raises InputError where there is none, and Conflict where there are not `count` of them.
        """
        with self._writing() as connection:
            _row(connection, name, hold=True)
            turn = _turn(connection, name, position)
            if not turn.corrections:
                raise InputError(
                    message("errors.store_no_correction", position=position), field="turn"
                )
            there = len(turn.corrections)
            if count is not None and count != there:
                raise Conflict(
                    message(
                        "errors.store_other_corrections",
                        position=position,
                        found=there,
                        count=count,
                    ),
                    field="count",
                )
            of = corrections.c.conversation == name, corrections.c.position == position
            last = select(func.max(corrections.c.id)).where(*of).scalar_subquery()
            connection.execute(corrections.delete().where(corrections.c.id == last))
            turn = replace(turn, corrections=turn.corrections[:-1])
            _corrected_anew(connection, name, turn, _now())
        return turn

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translate_errors(self.name, KIND.setting), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translate_errors(self.name, KIND.setting), writing(self._engine) as connection:
            yield connection


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _row(connection: Connection, name: str, *, hold: bool = False) -> Row[Any]:
    """The conversation's row; with `hold` no other transaction changes it until this one ends."""
    wanted = select(conversations).where(conversations.c.id == name)
    row = connection.execute(wanted.with_for_update() if hold else wanted).one_or_none()
    if row is None:
        raise UnknownConversation(
            message("errors.store_no_conversation", name=name[:40]),
            field="conversation",
        )
    return row


def _turn(connection: Connection, name: str, position: int) -> Turn:
    row = connection.execute(select(turns).where(_is(name, position))).one_or_none()
    if row is None:
        raise UnknownTurn(message("errors.store_no_turn", position=position), field="turn")
    of = corrections.c.conversation == name, corrections.c.position == position
    made = connection.execute(select(corrections).where(*of).order_by(corrections.c.id))
    return turn_of(row, [correction_of(one) for one in made])


def _check_turn(connection: Connection, name: str, position: int | None) -> int:
    """The last position, 0 where there is none; UnknownTurn where `position` is no turn's."""
    last: int = (
        connection.scalar(select(func.max(turns.c.position)).where(turns.c.conversation == name))
        or 0
    )
    if position is not None and not 1 <= position <= last:
        raise UnknownTurn(
            message("errors.store_not_replaceable", position=position, last=last),
            field="turn",
        )
    return last


def _corrected_anew(connection: Connection, name: str, turn: Turn, now: datetime) -> None:
    """Lets a turn be found by what its answer says now."""
    answer = turn.said.answer or {}
    response = corrected(answer, turn.corrections)["response"]
    text = searchable(turn.said.text, answer["response"], response)
    connection.execute(turns.update().where(_is(name, turn.position)).values(search=text))
    new = {"updated": microseconds(now)}
    connection.execute(conversations.update().where(conversations.c.id == name).values(new))


def _corrected(connection: Connection, name: str, position: int) -> bool:
    of = corrections.c.conversation == name, corrections.c.position == position
    return connection.scalar(select(func.count()).where(*of)) != 0


def _stopped(connection: Connection, name: str, position: int, text: str) -> bool:
    """Whether the turn is this very question, and was stopped before it was answered."""
    wanted = select(turns.c.text, turns.c.error).where(_is(name, position))
    row = connection.execute(wanted).one_or_none()
    return row is not None and row.text == text and (row.error or {}).get("code") == "stopped"


def _replaced(connection: Connection, name: str, position: int, said: NewTurn) -> list[int]:
    """The turns that a new one at `position` takes away."""
    found = connection.execute(
        select(turns.c.position, turns.c.request).where(_from(name, position))
    )
    talk = said.request.get("prompt_type") == "Chat"
    return [
        row.position
        for row in found
        if row.position == position or (talk and row.request.get("prompt_type") == "Chat")
    ]


def _is(name: str, position: int) -> ColumnElement[bool]:
    return and_(turns.c.conversation == name, turns.c.position == position)


def _from(name: str, position: int) -> ColumnElement[bool]:
    return and_(turns.c.conversation == name, turns.c.position >= position)


def _behind(before: str) -> ColumnElement[bool]:
    found = _CURSOR.fullmatch(before)
    if found is None:
        raise InputError(message("errors.store_bad_before"), field="before")
    used, name = int(found[1]), found[2]
    same = and_(conversations.c.updated == used, conversations.c.id < name)
    return or_(conversations.c.updated < used, same)


def _matches(query: str) -> Iterator[ColumnElement[bool]]:
    words = [folded for word in query.split() if (folded := searchable(word))]
    if len(words) > MAX_WORDS:
        raise InputError(
            message("errors.store_too_many_words", count=len(words), limit=MAX_WORDS), field="query"
        )
    for word in words:
        said = (turns.c.conversation == conversations.c.id) & turns.c.search.contains(
            word, autoescape=True
        )
        yield or_(
            conversations.c.search.contains(word, autoescape=True),
            select(turns.c.position).where(said).exists(),
        )
