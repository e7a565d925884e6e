"""Which settings decide what a model answers: by them a kept answer is known to be still good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from settings import Settings

# Settings that change how fast an answer comes, or where from, but not what it says.
_NO_MATTER = (
    "embedded_preload", "embedded_slots", "embedded_sources", "embedded_threads", "embedded_warm",
    "glm_preload", "glm_slots", "openai_api_key", "openai_retries", "openai_timeout",
)  # fmt: skip
_PREFIXES = {"Embedded": "embedded_", "Local-GLM": "glm_", "ChatGpt": "openai_"}


def model_settings(name: str, settings: Settings) -> dict[str, Any]:
    """The settings that decide what the model answers."""
    dumped = settings.model_dump(mode="json", exclude=set(_NO_MATTER))
    known = {k: v for k, v in dumped.items() if k.startswith(_PREFIXES[name])}
    if name == "Local-GLM":
        known["local_glm_url"] = dumped["local_glm_url"]
    for url in ("openai_base_url", "embedded_url", "local_glm_url"):
        if known.get(url):
            known[url] = without_secrets(known[url])
    if name == "Embedded":
        known["adapter"] = _adapter()
    return known


@lru_cache(maxsize=1)
def _adapter() -> str:
    """A digest of the trained adapter: another gives other answers under the same settings."""
    file = Path(__file__).parent / "embedded" / "adapter.gguf"
    data = file.read_bytes() if file.is_file() else b""
    return hashlib.sha256(data).hexdigest()[:16]


def without_secrets(url: str) -> str:
    """Without user and query: reports are passed on, and keys stand there sometimes."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
