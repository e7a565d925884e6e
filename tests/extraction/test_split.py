from __future__ import annotations

import pytest

from extraction.knowledge import Span
from extraction.split import chunks, sentences


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他来了。她走了！为什么？", ["他来了。", "她走了！", "为什么？"]),
        ("鲁迅说：“你好。”他走了。", ["鲁迅说：“你好。”", "他走了。"]),
        ("Dr. Lee met J. Smith. He left.", ["Dr. Lee met J. Smith.", "He left."]),
        ("It cost 3.5 million. Really!", ["It cost 3.5 million.", "Really!"]),
        ("标题\n\n  正文第一句。第二句", ["标题", "正文第一句。", "第二句"]),
        ("He met Steve\nJobs there.\nThen left.", ["He met Steve\nJobs there.", "Then left."]),
        ("no mark at all", ["no mark at all"]),
        ("  \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_chunks_are_whole_sentences_within_the_limit() -> None:
    text = "第一句话在这里。" * 30
    spans = chunks(text, 0, 50)
    assert all(span.end - span.start <= 50 for span in spans)
    assert "".join(text[span.start : span.end] for span in spans) == text
    assert all(text[span.start : span.end].endswith("。") for span in spans)


def test_a_sentence_beyond_the_limit_is_cut_and_nothing_is_lost() -> None:
    text = "甲乙丙，" * 40
    spans = chunks(text, 0, 30)
    assert all(span.end - span.start <= 30 for span in spans)
    assert "".join(text[span.start : span.end] for span in spans) == text


def test_a_word_beyond_the_limit_is_cut_too() -> None:
    assert chunks("a" * 25, 0, 10) == [Span(0, 10), Span(10, 20), Span(20, 25)]


def test_offsets_begin_where_the_body_does() -> None:
    text = "实体：甲\n甲生于乙。"
    (span,) = chunks(text, 5, 100)
    assert text[span.start : span.end] == "甲生于乙。"
