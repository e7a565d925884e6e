"""What was compared, how far apart it was, and what was not looked at; one line for each array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tolerance:
    """|ours − theirs| ≤ atol + rtol · |theirs|; both 0: the same to the last bit."""

    atol: float = 0.0
    rtol: float = 0.0

    def __str__(self) -> str:
        if not (self.atol or self.rtol):
            return "exact"
        return (
            f"atol {self.atol:.0e} rtol {self.rtol:.0e}" if self.rtol else f"atol {self.atol:.0e}"
        )


EXACT = Tolerance()
CLOSE = Tolerance(2e-5, 1e-4)  # float32, other kernels
HALF = Tolerance(3e-2)  # computed in float16


@dataclass
class Entry:
    """One array, or one group of texts, and the worst of all ways in which it was compared."""

    name: str
    shape: str
    status: str = "not checked"
    error: float = 0.0
    tolerance: Tolerance = EXACT
    note: str = ""
    compared: int = 1  # comparisons that a group stands for
    failed: int = 0
    ways: int = 0

    def line(self) -> str:
        if self.status in ("given", "not checked"):
            columns = f"{'':9}  {'':22}"
        else:
            columns = f"{self.error:9.2e}  {self.tolerance!s:22}"
        text = f"{self.name:62}  {self.shape:18}  {columns}  {self.status}"
        return f"{text}: {self.note}" if self.note else text


@dataclass
class Report:
    """Lines in the order in which the arrays were met."""

    entries: dict[str, Entry] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def meet(self, name: str, shape: Sequence[int]) -> None:
        """An array is there; until somebody looks at it, it is not checked."""
        self.entries[name] = Entry(name, str(list(shape)))

    def given(self, name: str) -> None:
        """An input: the start of a computation, not its end."""
        if self.entries[name].status == "not checked":
            self.entries[name].status = "given"

    def compare(
        self, name: str, ours: Tensor, theirs: Tensor, tolerance: Tolerance, way: str = ""
    ) -> None:
        """Take in one more way in which the array was computed; `way` says which."""
        error, note = difference(ours, theirs, tolerance)
        self._take(self.entries[name], error, tolerance, note, way)

    def fail(self, name: str, note: str, way: str = "") -> None:
        """The array could not be computed."""
        self._take(self.entries[name], float("inf"), EXACT, note, way)

    def group(self, name: str, compared: int, differing: Sequence[str], note: str = "") -> None:
        """A group of exact comparisons of things that are no arrays."""
        entry = Entry(name, f"{compared} compared", "ok", note=note, compared=compared)
        if differing:
            more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
            entry.note = "; ".join(differing[:3]) + more
            entry.status, entry.failed, entry.error = "FAILED", len(differing), 1.0
        self.entries[name] = entry

    def remark(self, text: str) -> None:
        """Something that is missing in the folder."""
        self.remarks.append(text)

    def _take(self, entry: Entry, error: float, tolerance: Tolerance, note: str, way: str) -> None:
        entry.ways += 1
        first, worse = entry.ways == 1, error > entry.error
        if entry.status == "FAILED" and not (note and worse):
            return
        if note:
            entry.status, entry.failed = "FAILED", 1
            entry.note = f"{way}: {note}" if way else note
        elif first:
            entry.status = "ok"
        if first or worse or note:
            entry.error, entry.tolerance = error, tolerance

    @property
    def verified(self) -> int:
        looked_at = (e for e in self.entries.values() if e.status in ("ok", "FAILED"))
        return sum(entry.compared for entry in looked_at)

    @property
    def failed(self) -> int:
        return sum(entry.failed for entry in self.entries.values())

    def lines(self) -> Iterator[str]:
        """All lines, the last of them the sum."""
        yield from (entry.line() for entry in self.entries.values())
        yield from self.remarks
        left = [entry.name for entry in self.entries.values() if entry.status == "not checked"]
        if left:
            were = "array was" if len(left) == 1 else "arrays were"
            yield f"{len(left)} {were} not checked: {', '.join(left)}"
        yield f"verified {self.verified} arrays, {self.failed} failed"


def difference(ours: Tensor, theirs: Tensor, tolerance: Tolerance) -> tuple[float, str]:
    """The largest absolute error, and a complaint or nothing.

    NaN and infinities agree only with themselves.
    """
    if ours.shape != theirs.shape:
        return float("inf"), f"ours has the shape {list(ours.shape)}"
    if not ours.numel():
        return 0.0, ""
    a, b = ours.detach().double(), theirs.double()
    alike = (a == b) | (a.isnan() & b.isnan())
    error = torch.where(alike, 0.0, (a - b).abs()).nan_to_num(float("inf"), posinf=float("inf"))
    bad = ~alike & ~(error <= tolerance.atol + tolerance.rtol * b.abs())
    # An infinite number tolerates anything in the sum above, yet only itself agrees with it.
    bad |= ~alike & (a.isinf() | b.isinf())
    largest = float(error.max())
    if not bool(bad.any()):
        return largest, ""
    where = int(torch.where(bad, error, -1.0).argmax())
    index = [int(i) for i in torch.unravel_index(torch.tensor(where), theirs.shape)]
    mine, wanted = a.flatten()[where].item(), b.flatten()[where].item()
    count = int(bad.sum())
    return largest, f"{count} differ, most at {index}: {mine:.7g} and not {wanted:.7g}"
