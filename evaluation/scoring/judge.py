"""One answer beside its gold: counts, outcomes and form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.gold.rows import GoldRow
from evaluation.predictions import Prediction
from evaluation.scoring.form_check import Form, check_form
from evaluation.scoring.metrics import Counts, count
from evaluation.scoring.mistakes import Outcome, outcomes


@dataclass(frozen=True)
class Judged:
    """All that is known of a row after it was run."""

    row: GoldRow
    prediction: Prediction
    counts: Mapping[str, Counts]
    outcomes: tuple[Outcome, ...]
    form: Form


def judge(row: GoldRow, prediction: Prediction) -> Judged:
    """Judge one answer; a failed row counts as one that found nothing."""
    return Judged(
        row=row,
        prediction=prediction,
        counts=count(row, prediction.pred),
        outcomes=tuple(outcomes(row, prediction.pred)),
        form=check_form(row.text, prediction),
    )
