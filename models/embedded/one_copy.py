"""The weights stored once: the engine's tiles, and a small file with the rest of what was fetched.

Beside its tiles the fetched file would be a second gigabyte that only llama.cpp reads. `make`
removes it, after a check that it can be made again; `restore` makes it again, without a network.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from errors import WeightsError
from folders import sync_folder
from models.embedded.weights import QWEN_CODER_1_5B, Weights, WeightsStore
from wording import Message, message

if TYPE_CHECKING:  # the modules of models.qwen are imported where they are needed: with numpy
    from models.qwen.weights import Tiles

REST = replace(
    QWEN_CODER_1_5B,
    filename=f"{QWEN_CODER_1_5B.filename}.rest",
    size=137_802_816,
    sha256="9b028358fe9cb66131998e61f03461f62d2b278aee8223db9588d66f56a66705",
    hub_repo=None,
    slices=(),
)
TILES_SIZE = 1_000_554_496  # bytes of the tiles' file, in FORM 1 of models/qwen/weights.py


class OneCopy:
    """Of the weights in `store`; `rest` describes the small file, `cache_dir` has the tiles."""

    def __init__(
        self,
        store: WeightsStore,
        cache_dir: Path,
        rest: Weights = REST,
        tiles_size: int = TILES_SIZE,
    ) -> None:
        self._store = store
        self._rest = WeightsStore(rest, cache_dir, "", ())
        self._tiles_folder = cache_dir.expanduser() / "engine"
        self._tiles_size = tiles_size
        self.path = self._rest.path

    def locate(self) -> Path | None:
        """The verified small file; None where it or the tiles are missing."""
        path = self._rest.locate()
        if path is None:
            return None
        try:
            size = self._tiles_path().stat().st_size
        except OSError:
            return None
        return path if size == self._tiles_size else None

    def make(self, threads: int) -> Path:
        """Replace the fetched file, where that can be made again; returns the small file.

        Raises NoLibrary, GgufError, MemoryError, OSError, WeightsError, with nothing removed.
        """
        from models.qwen.original import without_matrices

        with self._store.filling(f"{self.path.name}.lock"):
            if not self._store.path.exists() and self.locate() is not None:
                return self.path  # another process has done it
            path = self._store.verify()
            fresh = self.path.with_suffix(".new")
            try:
                _write(fresh, without_matrices(path))
                if not self._comes_back(fresh, self._made_tiles(path, fresh, threads)):
                    self._tiles_path().unlink()  # of an earlier start, and damaged since
                    if not self._comes_back(fresh, self._made_tiles(path, fresh, threads)):
                        self._tiles_path().unlink()
                        raise WeightsError(self._wrong())
                self._rest.accept(fresh)
            finally:
                fresh.unlink(missing_ok=True)
            sync_folder(self._tiles_folder)
            sync_folder(self.path.parent)
            self._store.remove()
        return self.path

    def restore(self) -> Path:
        """The whole file, verified. Raises WeightsError where the small file or the tiles are
        missing or damaged (damaged ones are removed), or the disk has no room for the file."""
        from models.qwen.original import whole

        with self._store.filling(f"{self.path.name}.lock"):
            found = self._store.locate()
            if found is not None:
                return found
            rest = self._rest.locate()
            tiles = self._tiles(rest) if rest is not None else None
            if rest is None or tiles is None:
                raise WeightsError(message("states.embedded_weights_missing"))
            self._store.require_space(self._store.weights.size)
            fresh = self._store.path.with_suffix(".new")
            try:
                _write(fresh, whole(rest, tiles))
                return self._store.accept(fresh)
            except WeightsError as error:
                self._tiles_path().unlink()
                raise WeightsError(self._wrong()) from error
            finally:
                fresh.unlink(missing_ok=True)

    def verify(self) -> Path:
        """The small file. Raises WeightsError unless it and the tiles make the fetched file, and
        removes tiles that do not."""
        path = self._rest.verify()
        tiles = self._tiles(path)
        if tiles is None:
            raise WeightsError(message("states.embedded_weights_missing"))
        if not self._comes_back(path, tiles):
            self._tiles_path().unlink()
            raise WeightsError(self._wrong())
        return path

    def _made_tiles(self, file: Path, rest: Path, threads: int) -> Tiles:
        """The tiles as they are stored, made where they are not."""
        from models.qwen.gguf import read_gguf
        from models.qwen.library import build, load
        from models.qwen.weights import tiles_of

        library, key = load(build(self._tiles_folder)), self._store.weights.sha256
        tiles_of(read_gguf(file), library, self._tiles_folder, key, threads)
        stored = self._tiles(rest)
        if stored is None:
            raise WeightsError(message("errors.weights_not_stored", folder=self._tiles_folder))
        return stored

    def _comes_back(self, rest: Path, tiles: Tiles) -> bool:
        """Whether the two make the fetched file."""
        from models.qwen.original import whole

        found = hashlib.sha256()
        for piece in whole(rest, tiles):
            found.update(piece)
        return found.hexdigest() == self._store.weights.sha256

    def _tiles_path(self) -> Path:
        from models.qwen.weights import tiles_path

        return tiles_path(self._tiles_folder, self._store.weights.sha256)

    def _wrong(self) -> Message:
        remedy = message("errors.weights_get_remedy")
        return message("errors.weights_damaged", path=self._tiles_path(), remedy=remedy)

    def _tiles(self, rest: Path) -> Tiles | None:
        """The stored tiles; None where they are missing, or the small file is not as wanted."""
        from models.qwen.gguf import GgufError, read_gguf
        from models.qwen.original import tile_bytes
        from models.qwen.weights import stored_tiles

        try:
            gguf = read_gguf(rest)
            return stored_tiles(gguf, self._tiles_folder, self._store.weights.sha256, tile_bytes)
        except (GgufError, OSError):
            return None


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
