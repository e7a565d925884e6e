from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from extraction.chunking.chunks import STRETCH, chunks
from knowledge.text.document import Document
from knowledge.text.spans import Span


def characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def cut(text: str, budget: int, start: int = 0, regions: Sequence[Span] = ()) -> list[str]:
    found = chunks(Document(text, start), budget, characters, regions)
    return [text[chunk.span.start : chunk.span.end] for chunk in found]


def test_chunks_are_whole_sentences_of_like_size_within_the_budget() -> None:
    text = "第一句话在这里。" * 31
    parts = cut(text, 50)
    assert "".join(parts) == text
    assert all(len(part) <= 50 and part.endswith("。") for part in parts)
    assert min(map(len, parts)) >= 32


def test_a_paragraph_of_one_and_a_half_budgets_stays_whole() -> None:
    assert len(cut("第一句话在这里。" * 9, 50)) == 1
    assert len(cut("第一句话在这里。" * 10, 50)) == 2


def test_short_paragraphs_share_a_chunk_and_long_ones_do_not() -> None:
    text = "甲来了。\n乙来了。\n" + "丙在这里说了话。" * 6 + "\n丁来了。"
    assert cut(text, 50) == ["甲来了。\n乙来了。", "丙在这里说了话。" * 6, "丁来了。"]


def test_a_sentence_beyond_the_limit_is_cut_and_nothing_is_lost() -> None:
    text = "甲乙丙，" * 40
    parts = cut(text, 30)
    assert all(len(part) <= 30 and part.endswith("，") for part in parts)
    assert "".join(parts) == text
    assert cut("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


def test_a_heading_goes_with_its_text_and_is_told_to_what_follows() -> None:
    text = "华为公司\n\n一、简介\n" + "华为在这里成立。" * 8 + "\n二、产品\n" + "它也生产手机。" * 3
    found = chunks(Document(text), 40, characters)
    parts = [text[c.span.start : c.span.end] for c in found]
    assert parts[0].startswith("华为公司\n\n一、简介\n华为")
    assert parts[-1].startswith("二、产品\n它")
    assert [c.headings for c in found] == [(), ("华为公司", "一、简介"), ("华为公司",)]


def test_a_title_in_markdown_is_told_without_its_marks() -> None:
    text = "# Apple\n\n" + "It sells many things here. " * 8
    found = chunks(Document(text), 60, characters)
    assert [c.headings for c in found] == [()] + [("Apple",)] * (len(found) - 1)
    assert len(found) > 2


def test_regions_give_the_same_chunks_again() -> None:
    text = "# 标题\n\n" + "第一句话在这里。" * 40 + "\n第二段也在这里。"
    found = chunks(Document(text), 50, characters)
    again = chunks(Document(text), 50, characters, [found[2].span, found[4].span])
    assert again == [found[2], found[4]]


def test_a_region_may_begin_anywhere() -> None:
    assert cut("甲来了。 乙来了。丙来了。", 50, 0, [Span(1, 5), Span(9, 11)]) == ["来了。", "丙来"]
    assert cut("甲。    乙。", 50, 0, [Span(2, 5)]) == []


def test_offsets_begin_where_the_body_does() -> None:
    assert cut("实体：甲\n甲生于乙。", 100, 5) == ["甲生于乙。"]


@pytest.mark.parametrize(
    "part", ["a", " ", "\n", "。", "a\n", "# a\n", "一、\n", "甲，", "a. ", "甲"]
)
def test_any_text_is_covered_in_linear_time(part: str) -> None:
    text = part * (100_000 // len(part))
    began = time.process_time()
    found = chunks(Document(text), 130, characters)
    assert time.process_time() - began < 2
    covered = "".join("".join(text[c.span.start : c.span.end].split()) for c in found)
    assert covered == "".join(text.split())
    headings = 2 * 30  # a chunk may be led by some
    assert all(c.span.end - c.span.start <= 2 * STRETCH * 130 + headings for c in found)
