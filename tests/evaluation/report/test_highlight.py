from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.report.highlight import highlight
from tests.evaluation.reader import Reader
from tests.evaluation.rows import judged, row


@pytest.mark.parametrize(
    ("written", "marked"),
    [
        (
            '{"PER":["Ann"],"LOC":["York"]}',
            '<mark class="right" title="right">Ann</mark> met <mark class="missed" title="missed">'
            'Bob</mark> in <mark class="wrong" title="wrong">York</mark>; '
            '<mark class="right" title="right">Ann</mark> left.',
        ),
        (
            '{"PER":["Ann met Bob"]}',
            '<mark class="wrong" title="wrong"><mark class="missed" title="missed">Ann</mark> met '
            '<mark class="missed" title="missed">Bob</mark></mark> in York; '
            '<mark class="missed" title="missed">Ann</mark> left.',
        ),
        ('{"PER":[]}', None),
    ],
)
def test_the_text_is_marked(tmp_path: Path, written: str, marked: str | None) -> None:
    text = "Ann met Bob in York; Ann left."
    one = judged(row(tmp_path, "KE2", {"PER": ["Ann", "Bob"]}, text=text), written=written)
    made = highlight(one).markup
    if marked is not None:
        assert made == f'<p class="text" lang="en">{marked}</p>'
    assert "".join(Reader.read(made).told) == text


def test_a_string_is_right_where_any_of_its_triples_is(tmp_path: Path) -> None:
    gold = [["Ann", "met", "Bob"]]
    written = '{"triples":[["Ann","met","Bob"],["Ann","met","York"]]}'
    one = judged(row(tmp_path, "KE1", gold, text="Ann met Bob in York."), written=written)
    assert '"right">Ann<' in highlight(one).markup
    assert '"wrong">York<' in highlight(one).markup


def test_the_entity_that_was_asked_for_is_not_marked_as_found(tmp_path: Path) -> None:
    fields = {"text": "Ann is 30.", "entity": "Ann"}
    written = '{"entities":[{"entity":"Ann","facts":[["age","30"]]}]}'
    one = judged(row(tmp_path, "KE3", {"age": "30"}, **fields), written=written)
    assert highlight(one).markup.count("<mark") == 1
