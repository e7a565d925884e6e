"""Makes a backup, while the server and other commands go on reading and writing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from errors import InputError, StoreFailed
from folders import sync_folder
from storage.backup.parts import FOLDER, FORMAT, MANIFEST, PARTS, Copied, Part, sha256_of
from storage.database.sqlite import check, copy, single_file
from wording import message


def make_backup(folder: Path, databases: Mapping[str, Path], made_by: str) -> list[Copied]:
    """Copy each database (by the name of its part) into a new or empty folder.

    Returns what was copied. A database whose file does not exist is left out. Each copy is of one
    moment, is checked as a whole, and is on the disk when this returns. The folder appears when all
    of it is written. `made_by` is noted. Raises InputError for a folder that is not empty, or where
    there is nothing to copy; StoreFailed.
    """
    folder = folder.absolute()
    there = [part for part in PARTS if part.name in databases and databases[part.name].exists()]
    if not there:
        files = ", ".join(str(path) for path in databases.values())
        raise InputError(message("errors.backup_nothing", files=files or "–"), field=FOLDER)
    try:
        _require_free(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as parent:
            fresh = Path(parent) / folder.name
            fresh.mkdir(mode=0o700)
            made = [_copy(part, databases[part.name], fresh / part.file) for part in there]
            _write_manifest(fresh, made, made_by)
            os.rename(fresh, folder)  # all at once, and only over an empty folder
        sync_folder(folder.parent)
    except OSError as error:
        raise StoreFailed(
            message("errors.backup_unwritable", folder=folder, reason=error.strerror or error)
        ) from error
    return made


def _require_free(folder: Path) -> None:
    """Nothing that is there is ever written over or deleted."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise InputError(message("errors.backup_folder_taken", folder=folder), field=FOLDER)


def _copy(part: Part, source: Path, target: Path) -> Copied:
    copy(source, target, part.kind.setting)
    single_file(target, part.kind.setting)
    version = check(target, part.kind)
    return Copied(part.name, target.stat().st_size, sha256_of(target), version)


def _write_manifest(folder: Path, made: list[Copied], made_by: str) -> None:
    """The manifest is what makes the folder a backup."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    manifest = {
        "format": FORMAT,
        "created": now,
        "kex": made_by,
        "databases": {one.name: one.to_json() for one in made},
    }
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
