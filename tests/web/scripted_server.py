"""`app.py serve` with a scripted model in place of `Embedded`: run as a process by test_server.py.

A text that is one of its cues decides how long the answer takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence

import models.registry
from errors import ModelFailed
from models.base import Chunk, GenerateRequest
from tests.scripted_model import ScriptedModel, Step
from wording import message

CUES: dict[str, Sequence[Step]] = {"short": ["be", 2.0, "gun"], "long": ["begun", 60.0]}


def script(request: GenerateRequest) -> Sequence[Step]:
    return CUES.get(request.messages[-1].content, ["fine"])


class Closing(ScriptedModel):
    """Ends its answers when it is closed, as the engines do."""

    def __init__(self, script: Callable[[GenerateRequest], Sequence[Step]] = script) -> None:
        super().__init__(script)
        self._closed = False

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        for chunk in super().generate(request):
            if self._closed:
                raise ModelFailed(message("errors.glm_failed", kind="closed"))
            yield chunk

    def close(self) -> None:
        self._closed = True


if __name__ == "__main__":
    import web.server
    from cli.main import main

    web.server.DRAIN_SECONDS = 6  # waitress itself waits for five
    models.registry.FACTORIES = {**models.registry.FACTORIES, "Embedded": lambda _: Closing()}
    main(["serve", "--port", "0", *sys.argv[1:]])
