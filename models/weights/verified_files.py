"""A folder of files that count only by their SHA-256: what every store of weights shares.

Knows no model, no source and no command line; `models.weights.download` knows how bytes travel.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from errors import WeightsError
from models.weights.download import sha256_of
from wording import message


def print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class KnownHash:
    """A SHA-256 that was computed; `size` in bytes and `mtime_ns` spare computing it again."""

    sha256: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path, sha256: str) -> KnownHash:
        """For the file as it is now."""
        state = path.stat()
        return cls(sha256, state.st_size, state.st_mtime_ns)

    def fits(self, path: Path) -> bool:
        """Whether the file is unchanged since."""
        state = path.stat()
        return (self.size, self.mtime_ns) == (state.st_size, state.st_mtime_ns)


class VerifiedFiles:
    """`setting` names the folder for the user; `say` gets a line for each step worth reporting."""

    def __init__(self, folder: Path, setting: str, say: Callable[[str], None] = print_line) -> None:
        self.folder = folder.expanduser()
        self._setting = setting
        self._say = say

    @contextmanager
    def filling(self, lock: str) -> Iterator[None]:
        """Make the folder and keep other processes from filling it; waits for one that does.

        `lock` is the name of the lock file. An OSError inside becomes WeightsError with a remedy.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            waiting = FileLock(self.folder / lock)
            try:
                waiting.acquire(blocking=False)
            except Timeout:
                self._say(message("terminal.weights_other_process", folder=self.folder))
                waiting.acquire()
            try:
                yield
            finally:
                waiting.release()
        except OSError as error:
            raise self._unusable(error) from error

    def require_space(self, needed: int) -> None:
        """Raise WeightsError unless so many bytes fit on the folder's disk."""
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise WeightsError(
                message(
                    "errors.weights_no_space",
                    needed=needed,
                    folder=self.folder,
                    free=free,
                    setting=self._setting,
                ),
                field=self._setting,
            )

    def _verify_hash(self, path: Path, wanted: str, remedy: str) -> None:
        """Compute the hash of a file; WeightsError if the file is missing or the hash is wrong."""
        try:
            found = self._hash(path)
        except FileNotFoundError as error:
            raise WeightsError(
                message("errors.weights_missing", path=path, remedy=remedy), field=self._setting
            ) from error
        except OSError as error:
            raise WeightsError(
                message("errors.file_unreadable", path=path, reason=error.strerror),
                field=self._setting,
            ) from error
        if found != wanted:
            raise WeightsError(
                message(
                    "errors.weights_wrong_hash",
                    path=path,
                    found=found,
                    wanted=wanted,
                    remedy=remedy,
                ),
                field=self._setting,
            )

    def _hash(self, path: Path) -> str:
        """The file's SHA-256, computed; a store may note it."""
        return sha256_of(path)

    def _unusable(self, error: OSError) -> WeightsError:
        return WeightsError(
            message(
                "errors.weights_folder_unusable",
                folder=self.folder,
                reason=error.strerror or error,
                setting=self._setting,
            ),
            field=self._setting,
        )
