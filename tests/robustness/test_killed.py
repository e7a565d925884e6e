"""Writers that are killed at any moment lose nothing that was confirmed, and store nothing twice.

Scenario 14; `benchmarks/faults.py --only 14` kills each of them a hundred times.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.killing import KILLINGS

KILLS = 15


@pytest.mark.parametrize("kind", KILLINGS)
def test_killed_at_random_moments(kind: str, tmp_path: Path) -> None:
    count = KILLINGS[kind](tmp_path, KILLS)
    assert count["kills"] >= KILLS // 3, count  # a job may end between two kills
