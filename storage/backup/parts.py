"""What a backup consists of: a file for each database, and `backup.json`, which is written last.

A folder without `backup.json` is no backup: its making was interrupted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import InputError
from storage.conversations.migrations import KIND as CONVERSATIONS
from storage.database.migrating import Kind
from storage.knowledge_base.database import KIND as BASE
from wording import message

MANIFEST = "backup.json"
FORMAT = 1
FOLDER = "FOLDER"  # the argument that every complaint about a folder names
_PIECE = 1 << 20  # bytes read at a time


@dataclass(frozen=True)
class Part:
    """A database: its name in the manifest, its file in a backup, its kind."""

    name: str
    file: str
    kind: Kind


PARTS = (
    Part("conversations", "conversations.db", CONVERSATIONS),
    Part("base", "base.db", BASE),
)


@dataclass(frozen=True)
class Copied:
    """A database in a backup; `size` in bytes, `version` counts its migrations."""

    name: str
    size: int
    sha256: str
    version: int

    def to_json(self) -> dict[str, Any]:
        return {"bytes": self.size, "sha256": self.sha256, "version": self.version}


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def read_manifest(folder: Path) -> dict[str, Copied]:
    """What the backup holds, by name, each file compared with its hash.

    Raises InputError for a folder that is no backup, is incomplete, or was changed.
    """
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if read["format"] != FORMAT:
            raise InputError(
                message("errors.backup_format", folder=folder, found=read["format"]), field=FOLDER
            )
        found = {name: _copied(name, entry) for name, entry in read["databases"].items()}
    except OSError as error:
        raise InputError(
            message("errors.backup_none", folder=folder, file=MANIFEST), field=FOLDER
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            message("errors.backup_unreadable", path=folder / MANIFEST), field=FOLDER
        ) from error
    for part in PARTS:
        if part.name in found:
            _compare(folder / part.file, found[part.name])
    return found


def _copied(name: str, entry: Mapping[str, Any]) -> Copied:
    return Copied(name, int(entry["bytes"]), str(entry["sha256"]), int(entry["version"]))


def _compare(path: Path, wanted: Copied) -> None:
    try:
        same = path.stat().st_size == wanted.size and sha256_of(path) == wanted.sha256
    except OSError as error:
        raise InputError(
            message("errors.file_unreadable", path=path, reason=error.strerror), field=FOLDER
        ) from error
    if not same:
        raise InputError(message("errors.backup_changed", path=path), field=FOLDER)
