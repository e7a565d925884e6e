"""Rows that begin alike as one sequence: the shared tokens once, then each row's own.

A row sees the shared tokens and itself only, at the positions that it would have alone, so that its
loss and its gradients are those of the row by itself, for half the work or less.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

LONGEST = 1800  # tokens of a sequence
UNLEARNT = -100  # the target of tokens that are only read


@dataclass(frozen=True)
class Sequence:
    """A group of rows, laid out: `ids` [T], `positions` [T], `segments` [T] (0 is shared), and
    `targets` [T], the token to learn after each, or UNLEARNT."""

    ids: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor
    targets: torch.Tensor

    def to(self, device: str) -> Sequence:
        parts = (self.ids, self.positions, self.segments, self.targets)
        return Sequence(*(part.to(device) for part in parts))

    def mask(self) -> torch.Tensor:
        """Which token sees which, [1, 1, T, T]: those before it that are shared or of its row."""
        rows, columns = self.segments[:, None], self.segments[None, :]
        order = torch.arange(len(self.ids), device=self.ids.device)
        before = order[:, None] >= order[None, :]
        return (before & ((rows == columns) | (columns == 0)))[None, None]


def pack(rows: list[tuple[list[int], list[int]]]) -> Sequence:
    """One sequence of (prompt, answer) rows: what all prompts begin with, then each one's rest.

    Rows beyond `LONGEST` tokens are left out, never the first.
    """
    prompts = [prompt for prompt, _ in rows]
    # At least one token of every prompt stays in its row: the answer is predicted from there.
    shared = _shared([prompt[:-1] for prompt in prompts])
    ids, positions, segments = list(prompts[0][:shared]), list(range(shared)), [0] * shared
    targets = [UNLEARNT] * shared
    for number, (prompt, answer) in enumerate(rows, start=1):
        rest = prompt[shared:] + answer[:-1]
        if len(ids) + len(rest) > LONGEST and number > 1:
            break
        ids += rest
        positions += range(shared, shared + len(rest))
        segments += [number] * len(rest)
        targets += [UNLEARNT] * (len(rest) - len(answer)) + answer
    return Sequence(*map(torch.tensor, (ids, positions, segments, targets)))


def _shared(rows: list[list[int]]) -> int:
    """How many tokens all rows begin with."""
    for place, tokens in enumerate(zip(*rows, strict=False)):
        if len(set(tokens)) > 1:
            return place
    return min(map(len, rows))
