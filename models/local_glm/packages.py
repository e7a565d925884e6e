"""Whether the packages are here that Local-GLM needs and the built-in model does not."""

from __future__ import annotations

import importlib.util

from errors import Unavailable
from wording import Message, message

_NEEDED = ("torch", "sentencepiece", "safetensors")


def missing_packages() -> Message | None:
    """Why Local-GLM's code cannot be imported, and the remedy; None where it can."""
    lacking = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    return message("states.glm_no_packages", names=", ".join(lacking)) if lacking else None


def require_packages() -> None:
    """Raises Unavailable where a package is missing."""
    missing = missing_packages()
    if missing is not None:
        raise Unavailable(missing)
