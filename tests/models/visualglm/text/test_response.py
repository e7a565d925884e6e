from __future__ import annotations

import random

import pytest

from models.visualglm.text.chat import process_response
from models.visualglm.text.response import ResponseStream

TEXTS = [
    "",
    "  前后空白 \n",
    "你好,世界!再见",
    "现在[[训练时间]]了[",
    "什么?真的?!",
    "列表[1]和[[2]],[",
    "3,000元, and more: 中文",
    "[[训练时间]",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_said_in_pieces_is_the_processed_whole(text: str) -> None:
    for size in range(1, len(text) + 2):
        stream = ResponseStream()
        parts = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
        assert "".join([*parts, stream.flush()]) == process_response(text)


def test_random_texts_come_out_the_same() -> None:
    draw = random.Random(11)
    for _ in range(3000):
        text = "".join(draw.choices("中文ab,!:;?[]训练时间 \n", k=draw.randint(0, 14)))
        stream = ResponseStream()
        said = "".join([*map(stream.feed, text), stream.flush()])
        assert said == process_response(text), repr(text)


def test_text_is_not_held_back_longer_than_needed() -> None:
    stream = ResponseStream()
    assert [stream.feed(char) for char in "你好,我在"] == ["你", "好", "", "，我", "在"]
