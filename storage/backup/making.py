"""Makes a backup, while the server and other commands go on reading and writing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from errors import InputError, StoreFailed
from storage.backup.parts import FOLDER, FORMAT, MANIFEST, PARTS, Copied, Part, sha256_of
from storage.database.sqlite import check, copy, files_of, single_file
from wording import message


def make_backup(folder: Path, databases: Mapping[str, Path], made_by: str) -> list[Copied]:
    """Copy each database (by the name of its part) into the new folder; return what was copied.

    A database whose file does not exist is left out. Each copy is of one moment, is read again as a
    whole, and is on the disk when this returns. `made_by` is noted. Raises InputError for a folder
    that holds something else, or where there is nothing to copy; StoreFailed.
    """
    there = [part for part in PARTS if part.name in databases and databases[part.name].exists()]
    if not there:
        files = ", ".join(str(path) for path in databases.values())
        raise InputError(message("errors.backup_nothing", files=files or "–"), field=FOLDER)
    try:
        _make_folder(folder)
        made = [_copy(part, databases[part.name], folder / part.file) for part in there]
        _write_manifest(folder, made, made_by)
    except OSError as error:
        raise StoreFailed(
            message("errors.backup_unwritable", folder=folder, reason=error.strerror or error)
        ) from error
    return made


def _make_folder(folder: Path) -> None:
    """The folder, for its owner alone, without what an interrupted backup left."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ours = {path.name for part in PARTS for path in files_of(folder / part.file)}
    found = {path.name for path in folder.iterdir()}
    if found - ours - {f"{MANIFEST}.tmp"}:
        raise InputError(message("errors.backup_folder_taken", folder=folder), field=FOLDER)
    for name in found:
        (folder / name).unlink()


def _copy(part: Part, source: Path, target: Path) -> Copied:
    try:
        copy(source, target, part.kind.setting)
        single_file(target, part.kind.setting)
        version = check(target, part.kind)
    except BaseException:
        for path in files_of(target):
            path.unlink(missing_ok=True)
        raise
    return Copied(part.name, target.stat().st_size, sha256_of(target), version)


def _write_manifest(folder: Path, made: list[Copied], made_by: str) -> None:
    """Last of all, and whole: it is what makes the folder a backup."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    manifest = {
        "format": FORMAT,
        "created": now,
        "kex": made_by,
        "databases": {one.name: one.to_json() for one in made},
    }
    fresh = folder / f"{MANIFEST}.tmp"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, folder / MANIFEST)
    for place in (folder, folder.parent):  # the names too survive a power cut
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
