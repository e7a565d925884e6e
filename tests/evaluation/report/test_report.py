from __future__ import annotations

from pathlib import Path

import pytest

from errors import InputError
from evaluation.report.report import FILE, Group, build, read_report
from evaluation.scoring.judge import Judged
from tests.evaluation.rows import judged, row

GOLD = [["Ann", "lives in", "Leeds"], ["Bob", "lives in", "York"]]
FIRST = (("Ann", "lives in", "Leeds"),)


@pytest.fixture
def run(tmp_path: Path) -> list[Judged]:
    """KE1 in two languages; English from two sources."""
    text = "Ann lives in Leeds, Bob lives in York."
    written = '{"triples":[["Ann","lives in","Leeds"],["Ann","lives in","Mars"]]}'
    return [
        judged(row(tmp_path, "KE1", GOLD, id="a", source="one", text=text), written=written),
        judged(row(tmp_path, "KE1", GOLD, id="b", source="two", text=text), error="It broke."),
        judged(row(tmp_path, "KE1", [], id="c", source="two", text=text), pred=FIRST),
        judged(row(tmp_path, "KE1", GOLD, id="d", lang="zh", source="one"), pred=FIRST),
        judged(row(tmp_path, "KE2", {"PER": ["Ann"]}, id="e"), pred={"PER": ("Ann",)}),
    ]


def group(run: list[Judged], name: str) -> Group:
    return next(group for group in build(run, {}, 0).groups if group.name == name)


def test_groups_go_from_the_task_down_to_its_sources(run: list[Judged]) -> None:
    assert [group.name for group in build(run, {}, 0).groups] == [
        "KE1", "KE1 mean over sources", "KE1 en", "KE1 en mean over sources", "KE1 en one",
        "KE1 en two", "KE1 zh", "KE1 zh one", "KE2", "KE2 en", "KE2 en s",
    ]  # fmt: skip


def test_micro_figures_add_counts_up_and_means_do_not(run: list[Judged]) -> None:
    micro = group(run, "KE1 en").metrics["triple_strict"]
    assert (micro.right, micro.predicted, micro.gold) == (1, 3, 4)
    assert (micro.precision, micro.recall) == pytest.approx((1 / 3, 1 / 4))
    assert micro.f1 == pytest.approx(2 / 7)
    one, two = (group(run, f"KE1 en {name}").metrics["triple_strict"] for name in ("one", "two"))
    assert (one.f1, two.f1) == (0.5, 0)
    mean = group(run, "KE1 en mean over sources").metrics["triple_strict"]
    assert mean.f1 == pytest.approx(0.25)
    assert mean.f1_range[0] <= mean.f1 <= mean.f1_range[1]


def test_mistakes_form_and_cost(run: list[Judged]) -> None:
    english = group(run, "KE1 en")
    assert english.rows == 3
    assert english.mistakes == {
        "right": 1, "direction": 0, "relation": 0, "boundary": 0, "missed": 3, "spurious": 2
    }  # fmt: skip
    form = english.form
    assert (form.valid, form.verbatim, form.inferred, form.broken) == (1, 3, 1, 0)
    cost = english.cost
    assert (cost.seconds, cost.prompt_tokens, cost.completion_tokens) == (4.5, 10, 20)
    assert cost.unknown == 2


def test_a_report_is_read_as_it_was_written(run: list[Judged], tmp_path: Path) -> None:
    report = build(run, {"model": "Embedded", "seed": 3}, 3)
    (tmp_path / FILE).write_text(report.model_dump_json(), encoding="utf-8")
    assert read_report(tmp_path) == report
    assert build(run, {"model": "Embedded", "seed": 3}, 3) == report
    assert report.rows[1].error == "It broke."


def test_a_report_that_is_not_there_or_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="to its end first"):
        read_report(tmp_path)
    (tmp_path / FILE).write_text('{"rows": 3}', encoding="utf-8")
    with pytest.raises(InputError, match="not a report of this version"):
        read_report(tmp_path)
