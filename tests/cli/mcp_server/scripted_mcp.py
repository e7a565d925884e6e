"""`app.py mcp` with a scripted model in place of `Embedded`: run as a process by test_mcp.py.

It also writes to standard output, which is for the protocol only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import models.registry
from models.base import GenerateRequest
from tests.scripted_model import ScriptedModel, Step

NOISE = "noise on standard output"


def script(request: GenerateRequest) -> Sequence[Step]:
    print(NOISE)
    os.write(1, f"{NOISE}\n".encode())
    if "SLOW" in request.messages[-1].content:
        return [60.0]
    return ['{"triples":[["Ann","lives in","Leeds"]]}']


class Noted(ScriptedModel):
    """Leaves a file when an answer is stopped."""

    def generate(self, request):  # type: ignore[no-untyped-def]  # as the model's
        try:
            yield from super().generate(request)
        finally:
            if self.stopped.is_set():
                Path(sys.argv[1]).touch()


if __name__ == "__main__":
    from cli.main import main

    model = Noted(script)
    models.registry.FACTORIES = {**models.registry.FACTORIES, "Embedded": lambda _: model}
    main(["mcp"])
