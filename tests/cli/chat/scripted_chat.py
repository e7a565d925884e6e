"""`app.py chat` with a model that sees in place of Local-GLM: run as a process by test_chat.py.

It answers with a description of the request it was given, unless the question is one of its cues.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import models.registry
from errors import ModelFailed, TooLarge
from models.base import Finish, GenerateRequest, ModelState, Usage
from tests.scripted_model import ScriptedModel, Step

CUES: dict[str, Sequence[Step]] = {
    "slow": ("begun", *(0.2, " and on") * 500),
    "silent": [60.0],
    "escape": ["\x1b[31mred\x07 \x9b2J", "\ttab\r\nline"],
    "fail": ["half ", ModelFailed("The model broke.")],
    "overflow": [TooLarge("The talk is too long.")],
    "cut": ["as far as", Finish("length", Usage(7, 3))],
    "warn": ["weak", Finish("stop", Usage(), "It was weaker.")],
    "nothing": [],
}


def script(request: GenerateRequest) -> Sequence[Step]:
    """What the model answers: a cue's steps, or what it was asked."""
    question = request.messages[-1].content
    return CUES[question] if question in CUES else [" \n", describe(request)]


def describe(request: GenerateRequest) -> str:
    roles = "".join(message.role[0] for message in request.messages)
    images = "".join(str(len(message.images)) for message in request.messages)
    return f"<{roles} {images} {request.messages[-1].content!r}>"


class Seeing(ScriptedModel):
    """A scripted model that sees, and that has to be loaded first."""

    name = "Local-GLM"

    def __init__(self, *, status: ModelState = ModelState("idle")) -> None:  # noqa: B008  # frozen
        super().__init__(script, images=True)
        self.current = status


if __name__ == "__main__":
    from cli.main import main

    models.registry.FACTORIES = {**models.registry.FACTORIES, "Local-GLM": lambda _: Seeing()}
    main(["chat", *sys.argv[1:]])
