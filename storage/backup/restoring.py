"""Brings a backup back into place, also while the server runs.

The copy is checked and migrated beside the database first; then one transaction replaces the
content. What was there before is stored in another file; nothing that is written meanwhile is lost.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from errors import Conflict, InputError, StoreFailed
from storage.backup.parts import FOLDER, PARTS, Part, read_manifest
from storage.database.sqlite import (
    BUSY_SECONDS,
    DamagedDatabase,
    check,
    copy,
    files_of,
    open_engine,
    single_file,
    translate_errors,
)
from wording import message

ATTEMPTS = 20  # to find a moment without other writes


@dataclass(frozen=True)
class Restored:
    """A database that was restored; `before` is the file with its earlier content, if any."""

    name: str
    path: Path
    before: Path | None


def restore_backup(
    folder: Path, databases: Mapping[str, Path | None], *, replace: bool = False
) -> list[Restored]:
    """Restore the databases named by `databases` (part → its file) that the backup holds.

    A path of None means that this Kex has no such file. Raises InputError for a folder that is no
    backup, and for a part with nowhere to go; Conflict where a database is there and `replace` is
    not set; StoreFailed. Nothing is changed until everything has been checked.
    """
    held = read_manifest(folder)
    wanted = [part for part in PARTS if part.name in held and part.name in databases]
    if not wanted:
        raise InputError(message("errors.backup_not_held", folder=folder), field=FOLDER)
    places: dict[str, Path] = {}
    for part in wanted:
        path = databases[part.name]
        setting = part.kind.setting
        if path is None:
            raise InputError(
                message("errors.backup_no_place", name=part.name, setting=setting), field=setting
            )
        if path.exists() and path.stat().st_size and not replace:
            raise Conflict(message("errors.backup_there", path=path), field="--replace")
        places[part.name] = path
    with ExitStack() as stack:
        ready = [(part, _prepared(part, folder, places[part.name], stack)) for part in wanted]
        return [_replace(part, fresh, places[part.name]) for part, fresh in ready]


def _prepared(part: Part, folder: Path, target: Path, stack: ExitStack) -> Path:
    """A checked and migrated copy beside the database, deleted when `stack` is closed."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = stack.enter_context(TemporaryDirectory(prefix=".restore-", dir=target.parent))
        fresh = Path(beside) / part.file
        copy(folder / part.file, fresh, part.kind.setting)
        open_engine(fresh, part.kind).dispose()  # checks and migrates
    except OSError as error:
        raise _unwritable(target, error) from error
    return fresh


def _replace(part: Part, fresh: Path, target: Path) -> Restored:
    setting = part.kind.setting
    try:
        if not target.exists() or not target.stat().st_size:
            copy(fresh, target, setting)
            return Restored(part.name, target, None)
        now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        before = target.with_name(f"{target.name}.replaced-{now}")
        try:
            check(target, part.kind)
        except DamagedDatabase:
            # SQLite would refuse to copy into it. One that is locked or foreign is left alone.
            for old, new in zip(files_of(target), files_of(before), strict=True):
                if old.exists():
                    os.replace(old, new)
            copy(fresh, target, setting)
        else:
            _exchange(fresh, target, before, setting)
    except OSError as error:
        raise _unwritable(target, error) from error
    return Restored(part.name, target, before)


class _WrittenMeanwhile(Exception):
    """Somebody wrote between the two copies."""


def _exchange(fresh: Path, target: Path, before: Path, setting: str) -> None:
    """Copy `target` to `before` and `fresh` to `target`, with no write of others in between."""
    with (
        translate_errors(str(target), setting),
        closing(sqlite3.connect(target, timeout=BUSY_SECONDS, isolation_level=None)) as watch,
    ):

        def version() -> int:
            """Another number after each write of others."""
            return int(watch.execute("PRAGMA data_version").fetchone()[0])

        for _ in range(ATTEMPTS):
            watch.execute("BEGIN IMMEDIATE")  # others read on, and wait to write
            try:
                copied = version()
                copy(target, before, setting)
            finally:
                watch.execute("ROLLBACK")

            def guard(copied: int = copied) -> None:
                if version() != copied:
                    raise _WrittenMeanwhile

            try:
                copy(fresh, target, setting, guard)
            except _WrittenMeanwhile:
                before.unlink()
                continue
            except BaseException:
                before.unlink()  # the earlier content is still where it was
                raise
            single_file(before, setting)
            return
    raise StoreFailed(message("errors.restore_written", path=target))


def _unwritable(target: Path, error: OSError) -> StoreFailed:
    return StoreFailed(
        message("errors.backup_unwritable", folder=target.parent, reason=error.strerror or error)
    )
