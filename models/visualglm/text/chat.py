"""A conversation as the ids that VisualGLM was trained to answer, and its answer as people read it.

Knows the tokenizer only; nothing of tensors or of what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from errors import TooLarge
from models.visualglm.text.tokenizer import Tokenizer
from wording import message

Round = tuple[str, str]  # a question and its answer

_IMAGE_OPEN, _IMAGE_CLOSE = "<img>", "</img>"

# Marks that the tokenizer made half-width. Beside Chinese they are written full-width again.
_MARKS = ((",", "，"), ("!", "！"), (":", "："), (";", "；"), ("?", "？"))
_HAN = "[\u4e00-\u9fff]"  # as the official code has it


@dataclass(frozen=True)
class Prompt:
    """Ids up to and with <sop>.

    The picture takes the place of `image_length` ids from `image_start` on; None: no picture.
    """

    ids: tuple[int, ...]
    image_start: int | None = None


def build_prompt(
    tokenizer: Tokenizer,
    query: str,
    history: Sequence[Round],
    image_length: int | None,
    *,
    neutralise: bool = True,
    path_length: int = 0,
) -> Prompt:
    """The prompt of the official image model, `<img></img>问：…\\n答：`.

    `image_length` is the number of ids that the picture takes, None without a picture; they are
    filled with <unk> as officially.

    By default the user's text cannot break the frame. A special string in it, `<sop>` say, is
    spelt by ordinary pieces: the model reads the same characters and they decode to the same
    text, but no special id arises, and a stray <sop> would wreck mask and positions. The picture
    stands where the frame has it, whatever tags the text holds. `neutralise=False` does as the
    official code: specials are obeyed, and the picture goes behind the last `<img>` of all. It is
    looked for while the picture's path, `path_length` characters, still stands in the first one.
    """
    text = _dialogue(query, history)
    if image_length is None:
        ids = tokenizer.encode(text, specials=not neutralise)
        return Prompt((*ids, tokenizer.gmask_id, tokenizer.sop_id))
    text = _IMAGE_OPEN + _IMAGE_CLOSE + text
    place = 0 if neutralise else text.rfind(_IMAGE_OPEN)
    place += len(_IMAGE_OPEN) + (path_length if place else 0)
    before = tokenizer.encode(text[:place], specials=not neutralise)
    after = tokenizer.encode(text[place:], specials=not neutralise)
    picture = [tokenizer.unk_id] * image_length
    ids = [*before, *picture, *after, tokenizer.gmask_id, tokenizer.sop_id]
    return Prompt(tuple(ids), image_start=len(before))


def _dialogue(query: str, history: Sequence[Round]) -> str:
    rounds = "".join(f"问：{question}\n答：{answered}\n" for question, answered in history)
    return f"{rounds}问：{query}\n答："


def fit_history(
    tokenizer: Tokenizer,
    query: str,
    history: Sequence[Round],
    image_length: int | None,
    limit: int,
    *,
    neutralise: bool = True,
) -> tuple[Prompt, int]:
    """The prompt with as many of the latest rounds as `limit` tokens hold, and how many went.

    Raises TooLarge when the query alone, with its frame and picture, is longer.
    """

    def build(dropped: int) -> Prompt:
        fitting = history[dropped:]
        return build_prompt(tokenizer, query, fitting, image_length, neutralise=neutralise)

    prompt = build(0)
    if len(prompt.ids) <= limit:
        return prompt, 0
    prompt = build(len(history))
    if len(prompt.ids) > limit:
        raise TooLarge(
            message("errors.glm_prompt_over_limit", count=len(prompt.ids), limit=limit),
            field="user_input",
        )
    # Halving: a conversation may have thousands of rounds, and each try encodes it.
    too_few, enough = 0, len(history)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        attempt = build(middle)
        if len(attempt.ids) <= limit:
            enough, prompt = middle, attempt
        else:
            too_few = middle
    return prompt, enough


def process_response(text: str) -> str:
    """The answer as the official demo shows it.

    Stripped, full-width punctuation beside Chinese, and the year of training where the model
    writes its placeholder for it.
    """
    text = text.strip().replace("[[训练时间]]", "2023年")
    for half, full in _MARKS:
        mark = re.escape(half)
        text = re.sub(f"({_HAN}){mark}", rf"\1{full}", text)
        text = re.sub(f"{mark}({_HAN})", rf"{full}\1", text)
    return text
