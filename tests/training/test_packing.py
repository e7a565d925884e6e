"""Packed rows give the losses and gradients of the rows one by one."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

from training.packing import LONGEST, UNLEARNT, Sequence, pack

Row = tuple[list[int], list[int]]

ROWS: list[Row] = [
    ([1, 2, 3, 4, 10, 11, 5], [20, 21, 0]),
    ([1, 2, 3, 4, 12, 5], [0]),
    ([1, 2, 3, 4, 13, 14, 15, 5], [22, 23, 24, 25, 0]),
]


class OneLayer(torch.nn.Module):
    """The smallest network in which places and what a token sees decide what it says."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.tokens = torch.nn.Embedding(32, 8, dtype=torch.float64)
        self.places = torch.nn.Embedding(64, 8, dtype=torch.float64)
        self.out = torch.nn.Linear(8, 32, dtype=torch.float64)

    def forward(self, sequence: Sequence) -> torch.Tensor:
        x = (self.tokens(sequence.ids) + self.places(sequence.positions))[None, None]
        seen = scaled_dot_product_attention(x, x, x, attn_mask=sequence.mask())
        logits = self.out(x + seen)[0, 0]
        return cross_entropy(logits, sequence.targets, reduction="sum", ignore_index=UNLEARNT)


def gradients(sequences: list[Sequence]) -> tuple[float, torch.Tensor]:
    network = OneLayer()
    loss = torch.stack([network(sequence) for sequence in sequences]).sum()
    slopes = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
    return loss.item(), torch.cat([one.flatten() for one in slopes if one is not None])


def test_packed_rows_learn_what_the_rows_learn_alone() -> None:
    packed = pack(ROWS)
    loss, slopes = gradients([packed])
    alone, their_slopes = gradients([pack([row]) for row in ROWS])
    assert abs(loss - alone) < 1e-9
    assert torch.allclose(slopes, their_slopes, atol=1e-9)
    # The shared tokens stand there once.
    assert len(packed.ids) == 4 + sum(len(p) - 4 + len(a) - 1 for p, a in ROWS)


def test_rows_that_begin_differently_share_nothing() -> None:
    rows: list[Row] = [([7, 1, 2], [3, 0]), ([8, 1, 2], [4, 0])]
    loss, _ = gradients([pack(rows)])
    alone, _ = gradients([pack([row]) for row in rows])
    assert abs(loss - alone) < 1e-9


def test_equal_prompts_still_predict_their_own_answers() -> None:
    rows: list[Row] = [([1, 2, 5], [3, 0]), ([1, 2, 5], [4, 0])]
    loss, _ = gradients([pack(rows)])
    alone, _ = gradients([pack([row]) for row in rows])
    assert abs(loss - alone) < 1e-9


def test_rows_beyond_the_longest_sequence_are_left_out() -> None:
    long: Row = ([1, 2, *[9] * LONGEST, 5], [3, 0])
    assert int(pack([long, ROWS[0]]).segments.max()) == 1
    assert int(pack([ROWS[0], long, ROWS[1]]).segments.max()) == 1
