"""The lock file of a checkpoint folder: the SHA-256 that each of its files had when it came.

Knows no hub and no model.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from errors import WeightsError
from models.weights.download import sha256_of
from models.weights.verified_files import KnownHash
from wording import message

LOCK_FILE = "kex-lock.json"


class Lock:
    """The locked files of `folder`; empty where there is no lock file.

    Raises WeightsError if there is one that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / LOCK_FILE
        self.files: dict[str, KnownHash] = {}
        try:
            raw = json.loads(self.path.read_text(encoding="utf-8"))
            self.files = {name: _locked(entry) for name, entry in raw["files"].items()}
        except FileNotFoundError:
            pass  # nothing is locked yet
        except OSError as error:
            raise WeightsError(
                message("errors.file_unreadable", path=self.path, reason=error.strerror)
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(message("errors.glm_lock_damaged", path=self.path)) from error

    def hash_of(self, name: str) -> str | None:
        """SHA-256 of a file in the folder, None if there is none: as noted if it is unchanged."""
        path = self._folder / name
        noted = self.files.get(name)
        try:
            return noted.sha256 if noted and noted.fits(path) else sha256_of(path)
        except FileNotFoundError:
            return None

    def add(self, name: str, sha256: str) -> None:
        """Lock a file as it lies in the folder."""
        self.files[name] = KnownHash.of(self._folder / name, sha256)
        self._write()

    def keep_only(self, names: set[str]) -> None:
        """Forget every other file."""
        if not names.issuperset(self.files):
            self.files = {name: noted for name, noted in self.files.items() if name in names}
            self._write()

    def _write(self) -> None:
        files = {name: asdict(noted) for name, noted in sorted(self.files.items())}
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.write_text(json.dumps({"files": files}, indent=1) + "\n", encoding="utf-8")
        os.replace(fresh, self.path)


def _locked(entry: dict[str, object]) -> KnownHash:
    sha256, size, mtime_ns = entry["sha256"], entry["size"], entry["mtime_ns"]
    if not (isinstance(sha256, str) and isinstance(size, int) and isinstance(mtime_ns, int)):
        raise TypeError("a field has another type")
    return KnownHash(sha256, size, mtime_ns)
