from __future__ import annotations

import itertools

import pytest

from models.stop_strings import StopStrings


@pytest.mark.parametrize(
    ("strings", "text", "said"),
    [
        ((), "all of it", "all of it"),
        (("",), "all of it", "all of it"),
        (("\n\n",), "one\ntwo\n\nthree", "one\ntwo"),
        (("END",), "the EN and the E", "the EN and the E"),
        (("END",), "the ENDE", "the "),
        (("aab",), "aaab", "a"),
        (("问：", "\n答"), "好的\n答：问：", "好的"),
        (("b", "ab"), "xab", "x"),
    ],
)
def test_the_text_ends_before_the_string_however_it_comes(
    strings: tuple[str, ...], text: str, said: str
) -> None:
    for size in range(1, len(text) + 1):
        stop = StopStrings(strings)
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        assert "".join([*map(stop.feed, parts), stop.flush()]) == said
        assert stop.hit == (said != text)


def test_only_what_may_begin_a_string_is_held_back() -> None:
    stop = StopStrings(("abcd",))
    assert list(itertools.accumulate(map(stop.feed, "xabcx"))) == ["x", "x", "x", "x", "xabcx"]
