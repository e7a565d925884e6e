"""An .npz of golden vectors: its arrays as tensors, each compared under its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from errors import KexError
from verification.golden.report import CLOSE, EXACT, Report, Tolerance


class Vectors:
    """One file; `[name]` is an array as a tensor."""

    def __init__(self, path: Path, report: Report) -> None:
        self.file, self.report = path.name, report
        with np.load(path, allow_pickle=False) as archive:
            self._arrays = {name: torch.from_numpy(archive[name]) for name in archive.files}
        for name, array in self._arrays.items():
            report.meet(self._full(name), array.shape)

    def _full(self, name: str) -> str:
        return f"{self.file} {name}"

    def __getitem__(self, name: str) -> Tensor:
        return self._arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self._arrays

    def get(self, name: str) -> Tensor | None:
        return self._arrays.get(name)

    def matching(self, pattern: str) -> Iterator[re.Match[str]]:
        """Every name that the pattern covers from end to end."""
        return (m for m in (re.fullmatch(pattern, name) for name in self._arrays) if m)

    def given(self, *names: str) -> None:
        for name in names:
            if name in self._arrays:
                self.report.given(self._full(name))

    def check(
        self, name: str, ours: Tensor, tolerance: Tolerance | None = None, way: str = ""
    ) -> None:
        """Compare, if there is such an array; numbers are CLOSE where nothing else is said."""
        theirs = self._arrays.get(name)
        if theirs is None:
            return
        if tolerance is None:
            tolerance = CLOSE if theirs.is_floating_point() else EXACT
        self.report.compare(self._full(name), ours, theirs, tolerance, way)

    @contextmanager
    def guard(self, names: Sequence[str], way: str = "") -> Iterator[None]:
        """Whatever goes wrong inside makes these arrays fail, and not the whole command."""
        try:
            yield
        except (KexError, RuntimeError, ValueError, LookupError, OSError) as error:
            reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            self._fail(names, reason, way)

    @contextmanager
    def expect(self, names: Sequence[str], way: str = "") -> Iterator[None]:
        """As `guard`; and whatever of these arrays was not compared inside fails too."""
        with self.guard(names, way):
            yield
            left = [name for name in names if name in self._arrays and self.unseen(name)]
            self._fail(left, "nothing of ours is called that", way)

    def unseen(self, name: str) -> bool:
        return self.report.entries[self._full(name)].status == "not checked"

    def _fail(self, names: Sequence[str], reason: str, way: str) -> None:
        for name in names:
            if name in self._arrays:
                self.report.fail(self._full(name), reason, way)
