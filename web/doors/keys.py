"""API keys (KEX_API_KEY): every route but a few wants one of them.

A key comes as `Authorization: Bearer …`, as OpenAI's clients send it, or as the password of HTTP's
basic authentication, for which browsers ask by themselves. Knows nothing of what the routes do.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import Request
from pydantic import SecretStr

HASHED = "sha256:"
# What a load balancer or a container asks; neither shows anything of a user.
OPEN_PATHS = frozenset({"/health", "/ready"})
CHALLENGE = 'Basic realm="Kex", charset="UTF-8"'


class ApiKeys:
    """The keys that are accepted, as SHA-256 hashes; none where `setting` is None."""

    def __init__(self, setting: SecretStr | None) -> None:
        written = setting.get_secret_value().split(",") if setting else []
        self._hashes = [_stored(key.strip()) for key in written]

    @property
    def wanted(self) -> bool:
        return bool(self._hashes)

    def find(self, request: Request) -> str | None:
        """The hash of the key that the request brings, in hex; None where it brings no valid one.

        Compares with every key, in a time that does not depend on them.
        """
        sent = _sent(request)
        if sent is None:
            return None
        digest = hashlib.sha256(sent.encode()).digest()
        hits = [hmac.compare_digest(digest, one) for one in self._hashes]
        return digest.hex() if any(hits) else None


def _stored(key: str) -> bytes:
    if key.startswith(HASHED):
        return bytes.fromhex(key.removeprefix(HASHED))
    return hashlib.sha256(key.encode()).digest()


def _sent(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":  # Werkzeug takes a token with "=" for a list of parameters
        return token.strip()
    given = request.authorization
    return given.password if given is not None and given.type == "basic" else None
