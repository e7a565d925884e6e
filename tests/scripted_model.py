"""A model that follows a script: for what a real model does not do on demand.

Real models are used wherever one can be; this one stalls, fails and lies to order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Literal

from models.base import (
    Capabilities,
    Chunk,
    Finish,
    GenerateRequest,
    Message,
    ModelState,
    Progress,
    Text,
    Usage,
)
from models.embedded.profile import profile

# Text, a pause in seconds, a failure, how it stands, an end.
Step = str | Text | float | Exception | Progress | Finish
Script = Callable[[GenerateRequest], Sequence[Step]]

BEAT = 0.05


class ScriptedModel:
    """Plays `script(request)`; records its requests and how its streams ended."""

    name = "Embedded"

    def __init__(
        self,
        script: Script | Sequence[Step] = (),
        *,
        images: bool = False,
        chunk_chars: int = 800,
        tuned: frozenset[str] = frozenset(),
        constraint: Literal["grammar", "json_schema"] = "grammar",
        parallel: int = 1,
    ) -> None:
        self.script: Script = script if callable(script) else lambda _: script
        self.capabilities = Capabilities(
            constraint,
            images,
            {"zh": chunk_chars, "en": chunk_chars},
            tuned=tuned,
            curves=profile().confidence,
            parallel=parallel,
        )
        self.current = ModelState("ready")
        self.requests: list[GenerateRequest] = []
        self.running = 0
        self.stopped = threading.Event()

    def state(self) -> ModelState:
        return self.current

    def load(self) -> None:
        self.current = ModelState("ready")

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """It has no cache."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """None: it reads nothing."""
        return None

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        self.requests.append(request)
        self.running += 1
        try:
            for step in self.script(request):
                if isinstance(step, Text | Progress):
                    yield step
                elif isinstance(step, str):
                    yield Text(step)
                elif isinstance(step, Exception):
                    raise step
                elif isinstance(step, Finish):
                    yield step
                    return
                else:
                    end = time.monotonic() + step
                    while time.monotonic() < end:
                        time.sleep(BEAT)
                        yield Progress()
            yield Finish("stop", Usage(10, 20))
        except GeneratorExit:
            self.stopped.set()
            raise
        finally:
            self.running -= 1

    def close(self) -> None:
        """It holds nothing."""
