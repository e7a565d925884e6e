"""Takes secrets out of texts and environments: the one place that knows which are secret.

`log_lines` passes every line through it. Knows the settings only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from settings import Settings

INSTEAD = "[key]"
SHORTEST = 8  # a made-up key such as "x" would blot out every x of a text
_SECRET_OPTIONS = ("password", "passwd", "key", "token", "secret")
_ADDRESSES = ("base", "openai_base_url", "embedded_url", "local_glm_url", "hf_endpoint")


# What an interpreter may need to start.
_ENVIRONMENT = ("PATH", "HOME", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def bare_environment() -> dict[str, str]:
    """The environment of a process that reads a hostile file: neither keys nor settings of Kex."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets; those under 8 characters stay."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, INSTEAD)
    return text


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret of the settings: keys, and passwords in addresses; the longest first."""
    found: set[str] = set()
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            found.update(one.strip() for one in value.get_secret_value().split(","))
            found.add(value.get_secret_value().strip())
        elif name in _ADDRESSES and value:
            found.update(_passwords(str(value)))
    return tuple(sorted(found - {""}, key=len, reverse=True))


def _passwords(address: str) -> set[str]:
    """The passwords and keys of an address, as they are written there and as they are meant."""
    try:
        parts = urlsplit(address)
        found = {parts.password or ""}
    except ValueError:  # no address at all
        return set()
    for option in parts.query.split("&"):
        name, _, value = option.partition("=")
        if any(word in name.lower() for word in _SECRET_OPTIONS):
            found.add(value)
    return found | {unquote(one) for one in found}
