"""Guesses: what is copied, what repeats, what closes a string."""

from __future__ import annotations

import pytest

from models.qwen.drafts import Drafter
from models.qwen.gguf import Gguf
from models.qwen.tokenizer import QwenTokenizer

TEXT = "Ana Ruiz founded Rotec AG in Graz. 星河科技由周明远创立，总部在杭州。"


@pytest.fixture(scope="module")
def tiny(gguf: Gguf) -> QwenTokenizer:
    return QwenTokenizer(gguf)


def guessed(
    tiny: QwenTokenizer,
    written: str,
    names: tuple[str, ...] = (),
    forced: str = "",
    limit: int = 40,
) -> str:
    drafter = Drafter(tiny, tiny.encode(TEXT), TEXT, names)
    for token in tiny.encode(written):
        drafter.take(token)
    tokens = drafter.propose(tiny.encode(forced), limit)
    assert len(tokens) <= limit
    return b"".join(map(tiny.bytes_of, tokens)).decode(errors="replace")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('{"triples":[["Ana', ' Ruiz founded Rotec AG","'),
        ('{"triples":[["Rotec AG', '","'),
        ('{"triples":[["星河', '科技由周明远创立","'),
        (
            '{"triples":[["Rotec AG","Graz","seat"],["Rotec AG","Ana Ruiz","founder"],["',
            'Rotec AG","',
        ),
        # The third string of the row before was followed by the next row.
        (
            '{"triples":[["Rotec AG","Graz","seat"],["Rotec AG","Ana Ruiz","foun',
            'ded Rotec AG"],["',
        ),
    ],
)
def test_what_may_follow(tiny: QwenTokenizer, written: str, wanted: str) -> None:
    assert guessed(tiny, written).startswith(wanted)


def test_usual_names_complete_a_string_that_the_text_does_not_hold(tiny: QwenTokenizer) -> None:
    written = '{"triples":[["Rotec AG","Graz","head'
    names = ("inception", "headquarters", "head coach")
    assert guessed(tiny, written, names).startswith('quarters","')
    assert not guessed(tiny, written).startswith("quarters")


def test_what_is_forced_comes_first_and_the_rest_continues_it(tiny: QwenTokenizer) -> None:
    got = guessed(tiny, '{"triples":[["R', forced="otec A")
    assert got.startswith('otec AG","')


def test_at_the_beginning_of_a_tail_nothing_is_guessed(tiny: QwenTokenizer) -> None:
    assert guessed(tiny, '{"triples":[["Rotec AG","') == ""


def test_no_more_than_the_limit(tiny: QwenTokenizer) -> None:
    assert len(guessed(tiny, '{"triples":[["Ana', limit=3)) <= 3
    assert guessed(tiny, '{"triples":[["Ana', limit=0) == ""


@pytest.mark.parametrize("written", ["", "{", '{"a', "\u00e9", '["\\"', '["\\\\"', "\n" * 50])
def test_any_answer_can_be_continued(tiny: QwenTokenizer, written: str) -> None:
    data = written.encode() + "周".encode()[:2]  # and half a character
    drafter = Drafter(tiny, [], "")
    for byte in data:
        drafter.take(tiny.encode(chr(byte))[0] if byte < 128 else byte)
    assert len(drafter.propose([], 5)) <= 5
