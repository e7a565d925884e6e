"""The page holds what strangers wrote: none of it may act, and all of it must be readable."""

from __future__ import annotations

from pathlib import Path

from evaluation.report.page import render
from evaluation.report.report import build
from evaluation.scoring.judge import judge
from tests.evaluation.reader import Reader
from tests.evaluation.rows import judged, predicted, row

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></details></style>&amp;"


def test_what_strangers_wrote_does_nothing(tmp_path: Path) -> None:
    fields = {"id": EVIL, "source": EVIL, "text": f"Ann {EVIL} Bob", "entity": EVIL}
    rows = [
        judged(row(tmp_path, "KE1", [["Ann", EVIL, EVIL]], **fields), pred=((EVIL, EVIL, "Bob"),)),
        judged(row(tmp_path, "KE2", {EVIL: ["Ann"]}, **fields), pred={EVIL: (EVIL,)}),
        judged(row(tmp_path, "KE3", {EVIL: EVIL}, **fields), pred={EVIL: (EVIL,)}, error=EVIL),
    ]
    page = render(build(rows, {"model": EVIL, EVIL: [EVIL]}, 0), rows)
    read = Reader.read(page)
    assert {"script", "img", "link", "iframe"}.isdisjoint(read.tags)
    assert not any(name.startswith("on") for name in read.attributes)
    assert {"src", "href"}.isdisjoint(read.attributes)
    assert "default-src 'none'" in page
    assert "".join(read.told).count(EVIL) >= 10  # all of it is shown as it is


def test_the_page_shows_figures_and_every_row(tmp_path: Path) -> None:
    gold = [["Ann", "lives in", "Leeds"]]
    rows = [
        judged(row(tmp_path, "KE1", gold, id="first", text="Ann lives in Leeds."), pred=()),
        judged(row(tmp_path, "KE1", [], id="second", text="Nothing."), error="It broke."),
    ]
    told = "".join(Reader.read(render(build(rows, {"model": "Embedded"}, 0), rows)).told)
    for expected in ("Embedded", "triple relaxed", "first", "second", "missed",
                     "Ann · lives in · Leeds", "It broke.", "none predicted"):  # fmt: skip
        assert expected in told


def test_warnings_and_misplaced_strings_are_told(tmp_path: Path) -> None:
    of = row(tmp_path, "KE1", [], text="Ann lives in Leeds.")
    place = {"text": "Bob", "start": 0, "end": 3, "status": "verbatim"}
    knowledge = {"triples": [{"head": place, "relation": "r", "tail": place}]}
    wrong = predicted(of).model_copy(
        update={"answer": {"knowledge": knowledge}, "warnings": ("It was cut.",)}
    )
    rows = [judge(of, wrong)]
    told = Reader.read(render(build(rows, {}, 0), rows)).told
    assert "It was cut." in told
    assert "'Bob' is not verbatim at 0–3" in told
