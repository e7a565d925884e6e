"""From lines to paragraphs, on lines as PDFs have them."""

from __future__ import annotations

import pytest

from documents.lines import join_pages

FULL = "This is a line of text that goes as far as the margin lets it go, and"


def joined(*lines: str) -> list[str]:
    return join_pages(["\n".join(lines)]).split("\n\n")


def test_chinese_lines_are_joined_without_blanks() -> None:
    lines = ["鲁迅，原名周树人，一八八一年出生于浙江", "绍兴，是中国现代文学的奠基人。"]
    assert joined(*lines) == ["".join(lines)]


def test_english_lines_are_joined_by_a_blank() -> None:
    assert joined(FULL, FULL, "here it ends.") == [f"{FULL} {FULL} here it ends."]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["the interna-", "tionalisation went on"], "the internationalisation went on"),
        (["the interna\u00ad", "tionalisation went on"], "the internationalisation went on"),
        (["in the Anglo-", "Saxon world"], "in the Anglo- Saxon world"),
        (["a well known well-", "known man"], "a well known well-known man"),
        (["pages 12-", "13 say so"], "pages 12- 13 say so"),
    ],
)
def test_hyphens(lines: list[str], words: str) -> None:
    before, after = lines
    begin = FULL[: len(FULL) - len(before) - 1]
    assert joined(FULL, f"{begin} {before}", f"{after} and more") == [
        f"{FULL} {begin} {words} and more"
    ]


@pytest.mark.parametrize("item", ["• one", "1. one", "(2) one", "③ one", "第二章 绪论", "一、绪论"])
def test_items_and_headings_begin_anew(item: str) -> None:
    assert joined(FULL, item) == [FULL, item]


def test_a_short_line_ends_its_paragraph() -> None:
    assert joined("Title", FULL, "end.", FULL, "end.") == ["Title", f"{FULL} end.", f"{FULL} end."]
    chinese = "鲁迅出生于浙江绍兴一个没落的家庭里，后来去了日本留学"
    assert joined(chinese, "学医。", chinese) == [chinese + "学医。", chinese]


def test_an_indented_line_begins_anew() -> None:
    chinese = "鲁迅出生于浙江绍兴一个没落的家庭里，后来去了日本留学。"
    assert joined(chinese, " " + chinese) == [chinese, chinese]


def test_the_other_language_begins_anew() -> None:
    assert joined(FULL[:-5] + ".", "鲁迅生于浙江绍兴。") == [FULL[:-5] + ".", "鲁迅生于浙江绍兴。"]


def test_ligatures_and_radicals() -> None:
    assert joined("⼀⽉的上海，⼈们⾛过⻓安街⻔。") == ["一月的上海，人们走过长安街门。"]
    assert joined("The oﬃcial oﬃce found ﬁve ﬂowers.") == [
        "The official office found five flowers."
    ]


def test_page_numbers_and_running_heads() -> None:
    pages = [f"Annals of Science\n{FULL}\n{word} page.\n- {n} -" for n, word in enumerate("abcd")]
    text = join_pages(pages)
    assert text.count("Annals of Science") == 1
    assert "- " not in text
    assert [f"{word} page." in text for word in "abcd"] == [True] * 4
    assert "- 0 -" in join_pages(pages[:2])  # two pages prove nothing


def test_a_sentence_goes_on_over_the_page() -> None:
    lines = [f"{word} {FULL}" for word in ("one", "two", "three", "four", "five", "six")]
    pages = [f"{lines[n]}\n{lines[n + 1]}\n{n + 7}" for n in (0, 2, 4)]
    assert join_pages(pages) == " ".join(lines)


def test_no_lines_are_no_text() -> None:
    assert join_pages(["", " \n", "\n"]) == ""
