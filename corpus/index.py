"""`job.db`: which document has which outcome, and the answers that no shard holds yet.

It is the one place where something becomes true: an answer counts once the transaction with its
outcome is committed, and a shard once its row is here. Files are written before, and written again
where a process died in between (docs/adr/0008-corpus.md).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from corpus.outcomes import Known, StoredOutcome, Unit
from errors import StoreFailed
from folders import sync_folder
from knowledge.items import PromptType
from wording import message

FILE = "job.db"
VERSION = 1

_SCHEMA = """
CREATE TABLE job (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, place TEXT NOT NULL);
CREATE TABLE units (
  document INTEGER NOT NULL, type TEXT NOT NULL, content BLOB NOT NULL, lang TEXT,
  recipe BLOB NOT NULL, outcome TEXT NOT NULL, detail TEXT, items INTEGER, characters INTEGER,
  prompt_tokens INTEGER, completion_tokens INTEGER, shard INTEGER,
  PRIMARY KEY (document, type)) WITHOUT ROWID;
CREATE TABLE pending (
  document INTEGER NOT NULL, type TEXT NOT NULL, line BLOB NOT NULL,
  PRIMARY KEY (document, type));
CREATE TABLE shards (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, lines INTEGER NOT NULL, bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL, stale INTEGER NOT NULL DEFAULT 0);
"""


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turns what goes wrong with the folder's files into StoreFailed, with what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreFailed(
            message("errors.corpus_database_unusable", path=path, reason=str(error))
        ) from error
    except OSError as error:
        raise StoreFailed(
            message(
                "errors.corpus_file_unusable", path=error.filename or path, reason=error.strerror
            )
        ) from error


class Index:
    """The open database; one thread uses it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        with ExitStack() as unusable:
            unusable.callback(self._db.close)
            self._prepare(folder)
            unusable.pop_all()

    def _prepare(self, folder: Path) -> None:
        # FULL: a committed answer survives a power cut, also in WAL; fullfsync: on macOS too.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "cache_size=-32000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._begun = False
        damage = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise StoreFailed(
                message(
                    "errors.database_damaged",
                    path=self.path,
                    found=damage.splitlines()[-1],
                    remedy=message("errors.database_remedy_damaged"),
                )
            )
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
            sync_folder(folder)
        elif version != VERSION:
            raise StoreFailed(message("errors.corpus_other_version_folder", path=self.path))
        self.open_shard = self._one("SELECT coalesce(max(number), -1) + 1 FROM shards")
        self.pending, self.pending_bytes = self._db.execute(
            "SELECT count(*), coalesce(sum(length(line)), 0) FROM pending"
        ).fetchone()

    def close(self) -> None:
        """Without a commit: what is not committed never was."""
        self._db.close()

    def commit(self) -> None:
        if self._begun:
            self._db.execute("COMMIT")
            self._begun = False

    def get(self, name: str) -> Any:
        """A word of the job's own, None where there is none."""
        row = self._db.execute("SELECT value FROM job WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put(self, name: str, value: object) -> None:
        self._write("INSERT OR REPLACE INTO job VALUES (?, ?)", (name, value))

    def find(self, id_: str) -> Known | None:
        """The document with this id, and its outcomes."""
        rows = self._db.execute(
            "SELECT d.number, d.place, u.type, u.content, u.lang, u.recipe, u.outcome, u.shard"
            " FROM documents d LEFT JOIN units u ON u.document = d.number WHERE d.id = ?",
            (id_,),
        ).fetchall()
        if not rows:
            return None
        return Known(
            rows[0][0], rows[0][1], {row[2]: StoredOutcome(*row[3:]) for row in rows if row[2]}
        )

    def add(self, id_: str, place: str) -> Known:
        cursor = self._write("INSERT INTO documents (id, place) VALUES (?, ?)", (id_, place))
        return Known(int(cursor.lastrowid or 0), place)

    def move(self, number: int, place: str) -> None:
        """The document stands elsewhere in the input now."""
        self._write("UPDATE documents SET place = ? WHERE number = ?", (place, number))

    def settle(self, known: Known, unit: Unit) -> None:
        """Note an outcome in place of the one before; outcomes of another content go too."""
        for type_, stored in known.stored.items():
            if type_ == unit.type or stored.content != unit.content:
                self._forget(known.number, type_, stored.shard)
        if unit.line is not None:
            self._write(
                "INSERT INTO pending VALUES (?, ?, ?)", (known.number, unit.type, unit.line)
            )
            self.pending += 1
            self.pending_bytes += len(unit.line)
        self._write(
            "INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (known.number, unit.type, unit.content, unit.lang, unit.recipe, unit.outcome,
             unit.detail, unit.items, unit.characters, unit.prompt_tokens, unit.completion_tokens,
             None if unit.line is None else self.open_shard),
        )  # fmt: skip
        known.stored[unit.type] = StoredOutcome(
            unit.content, unit.lang, unit.recipe, unit.outcome,
            None if unit.line is None else self.open_shard,
        )  # fmt: skip

    def _forget(self, number: int, type_: PromptType, shard: int | None) -> None:
        self._write("DELETE FROM units WHERE document = ? AND type = ?", (number, type_))
        if shard is None:
            return
        gone = "DELETE FROM pending WHERE document = ? AND type = ?"
        if shard == self.open_shard:
            self.pending -= self._write(gone, (number, type_)).rowcount
        else:
            self._write("UPDATE shards SET stale = stale + 1 WHERE number = ?", (shard,))

    def drop(self, number: int) -> bool:
        """Forget a document that has no answer; False for one that has."""
        held = "SELECT count(*) FROM units WHERE document = ? AND shard IS NOT NULL"
        if self._one(held, (number,)):
            return False
        self._write("DELETE FROM units WHERE document = ?", (number,))
        self._write("DELETE FROM documents WHERE number = ?", (number,))
        return True

    def lines(self) -> Iterator[bytes]:
        """The answers that no shard holds yet, in the documents' order."""
        found = self._db.execute("SELECT line FROM pending ORDER BY document, type")
        return (bytes(row[0]) for row in found)

    def shut_shard(self, name: str, size: int, sha256: str) -> None:
        """The file holds what was pending: from this commit on they are there and not here."""
        self._write(
            "INSERT INTO shards (number, name, lines, bytes, sha256) VALUES (?, ?, ?, ?, ?)",
            (self.open_shard, name, self.pending, size, sha256),
        )
        self._write("DELETE FROM pending")
        self.commit()
        self.open_shard += 1
        self.pending = self.pending_bytes = 0

    def shards(self, *, stale: bool = False) -> list[tuple[int, str]]:
        """Number and file name of those that are not empty, or of those with answers to drop."""
        return self._db.execute(
            "SELECT number, name FROM shards WHERE lines > 0 AND stale >= ? ORDER BY number",
            (int(stale),),
        ).fetchall()

    def lives(self, id_: str, type_: str, shard: int) -> bool:
        """Whether the answer in this shard is the one that counts."""
        return bool(self._one(
            "SELECT count(*) FROM documents d JOIN units u ON u.document = d.number"
            " WHERE d.id = ? AND u.type = ? AND u.shard = ?", (id_, type_, shard),
        ))  # fmt: skip

    def mend_shard(self, number: int, lines: int, size: int, sha256: str) -> None:
        """The file was written anew without the answers that count no more."""
        self._write(
            "UPDATE shards SET lines = ?, bytes = ?, sha256 = ?, stale = 0 WHERE number = ?",
            (lines, size, sha256, number),
        )
        self.commit()

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """What a reader of outcomes asks for, row by row."""
        return iter(self._db.execute(query, values))

    def _one(self, query: str, values: tuple[Any, ...] = ()) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    def _write(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        if not self._begun:
            self._db.execute("BEGIN IMMEDIATE")
            self._begun = True
        return self._db.execute(statement, values)
