"""The lock file of a checkpoint folder: the SHA-256 that each of its files had when it came.

Knows no hub and no model.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from errors import WeightsError
from models.weights.download import sha256_of
from wording import message

LOCK_FILE = "kex-lock.json"


@dataclass(frozen=True)
class Locked:
    """One file as it was: `size` in bytes and `mtime_ns` spare computing the hash again."""

    sha256: str
    size: int
    mtime_ns: int


class Lock:
    """The locked files of `folder`; empty where there is no lock file.

    Raises WeightsError if there is one that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / LOCK_FILE
        self.files: dict[str, Locked] = {}
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
        try:
            state = path.stat()
        except FileNotFoundError:
            return None
        noted = self.files.get(name)
        if noted and (noted.size, noted.mtime_ns) == (state.st_size, state.st_mtime_ns):
            return noted.sha256
        return sha256_of(path)

    def add(self, name: str, sha256: str) -> None:
        """Lock a file as it lies in the folder."""
        state = (self._folder / name).stat()
        self.files[name] = Locked(sha256, state.st_size, state.st_mtime_ns)
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


def _locked(entry: dict[str, object]) -> Locked:
    sha256, size, mtime_ns = entry["sha256"], entry["size"], entry["mtime_ns"]
    if not (isinstance(sha256, str) and isinstance(size, int) and isinstance(mtime_ns, int)):
        raise TypeError("a field has another type")
    return Locked(sha256, size, mtime_ns)
