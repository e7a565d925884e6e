from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.token import Token

from export.formats import write
from knowledge.record import Record
from tests.export.answers import nasty, real, strings

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
AS_GITHUB = ["www.a.org", "http://a.org", "a@b.org", "@name", ":tada:", "$x$", "[^1]", "&lt;"]


def tokens(record: Record) -> list[Token]:
    return READER.parse("".join(write("markdown", [record])))


def rows(record: Record) -> list[list[str]]:
    """The cells of all tables; a cell holds text and nothing else."""
    found: list[list[str]] = []
    cell = False
    for token in tokens(record):
        if token.type == "tr_open":
            found.append([])
        cell = token.type in ("td_open", "th_open") or (cell and token.type == "inline")
        if token.type == "inline":
            children = token.children or []
            assert {child.type for child in children} <= {"text", "text_special"}, token.content
            if cell:
                found[-1].append("".join(child.content for child in children))
    return found


def shown(string: str) -> str:
    line = " ".join(string.split())
    return "".join("\ufffd" if c < " " or "\x7f" <= c <= "\x9f" else c for c in line)


def test_cells_show_the_strings_and_do_nothing_else() -> None:
    for string in strings() + AS_GITHUB:
        heading, row = rows(nasty("KE1", string))
        assert heading == ["Head", "Relation", "Tail", "Position", "Evidence", "Confidence"]
        assert row[:3] == [shown(string), shown(string), shown(string + "!")]
        assert row[3] == f"0–{len(string)} → inferred"
        assert row[4:] == [shown(f"{string} and {string}"), "0.25"]
        assert rows(nasty("KE2", string))[1][:2] == [shown(string), shown(string)]
        _, fact, missing, _ = rows(nasty("KE3", string))
        assert fact[:3] == [shown(string), shown(string + "!"), "inferred"]
        assert missing[:2] == [shown(string), "not stated"]


def test_what_github_would_make_of_a_text_is_escaped() -> None:
    for string in AS_GITHUB:
        written = "".join(write("markdown", [nasty("KE1", string)]))
        assert string not in written.replace(f"\\{string}", "")
    assert "Warsaw on 7 November 1867. |" in "".join(write("markdown", [real("KE3")]))


def test_the_headings_speak_the_answers_language() -> None:
    assert rows(real("KE1"))[0][:3] == ["头实体", "关系", "尾实体"]
    assert rows(real("KE1"))[3][2:4] == ["中国", "0–2 → 推断"]
    assert "Also called: Maria" in "".join(write("markdown", [real("KE3")]))
