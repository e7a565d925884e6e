"""`Local-GLM`: the place of VisualGLM-6B among the models, and its honest state.

The network itself is not part of this version; until it is, this model says what is missing and
never answers.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from errors import Unavailable
from models.base import Capabilities, Chunk, GenerateRequest, Message, ModelState
from settings import Settings


class LocalGlm:
    """VisualGLM-6B; implements `models.base.Model` and is never ready in this version."""

    name = "Local-GLM"
    capabilities = Capabilities(
        constraint="grammar", images=True, chunk_chars={"zh": 800, "en": 2400}
    )

    def __init__(self, settings: Settings) -> None:
        self._path = settings.glm_path.expanduser()

    def state(self) -> ModelState:
        if not (self._path / "config.json").is_file():
            return ModelState(
                "unavailable", f"no weights at {self._path} (KEX_GLM_PATH names the folder)"
            )
        return ModelState(
            "unavailable",
            f"weights found at {self._path}, but this version of Kex cannot run them yet",
        )

    def load(self) -> None:
        raise Unavailable(f"Local-GLM cannot serve: {self.state().detail}.")

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        self.load()

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        self.load()
        yield from ()

    def close(self) -> None:
        """It holds nothing."""
