"""Brings a backup back into place, also while the server runs.

The copy is checked and migrated beside the database first; then one transaction replaces the
content. What was there before is kept in a file of its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from errors import Conflict, InputError, StoreFailed
from storage.backup.parts import FOLDER, PARTS, Part, read_manifest
from storage.database.sqlite import DamagedDatabase, check, copy, files_of, open_engine, single_file
from wording import message


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
    try:
        before = _keep(part, target)
        try:
            copy(fresh, target, part.kind.setting)
        except StoreFailed:
            if before is not None and target.exists() and target.stat().st_size:
                before.unlink()  # the earlier content is still where it was
            raise
    except OSError as error:
        raise _unwritable(target, error) from error
    return Restored(part.name, target, before)


def _unwritable(target: Path, error: OSError) -> StoreFailed:
    return StoreFailed(
        message("errors.backup_unwritable", folder=target.parent, reason=error.strerror or error)
    )


def _keep(part: Part, target: Path) -> Path | None:
    """The file with what the database holds now; a damaged one is moved there as it is."""
    if not target.exists() or not target.stat().st_size:
        return None
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
    kept = target.with_name(f"{target.name}.replaced-{now}")
    try:
        check(target, part.kind)
    except DamagedDatabase:
        # SQLite would refuse to copy into it. One that is locked or foreign is left alone.
        for old, new in zip(files_of(target), files_of(kept), strict=True):
            if old.exists():
                os.replace(old, new)
        return kept
    copy(target, kept, part.kind.setting)
    single_file(kept, part.kind.setting)
    return kept
