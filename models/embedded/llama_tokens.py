"""Counts tokens with llama.cpp's own tokenizer, by way of the port that the engine has on loopback.

xllamacpp hands out no tokenizer; its server's route /tokenize answers in half a millisecond and
waits for no slot.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from itertools import accumulate
from urllib.parse import urlsplit

TIMEOUT = 2.0  # seconds; who counts has an estimate to fall back on


def count_tokens(address: str, key: str, texts: Sequence[str]) -> list[int] | None:
    """The tokens of each text, all in one request; None where the server does not say.

    A token that two texts share counts for the first.
    """
    parts = urlsplit(address)
    if not parts.hostname or not parts.port:
        return None
    body = json.dumps({"content": "".join(texts), "with_pieces": True})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
    try:
        connection.request("POST", "/tokenize", body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        pieces = [token["piece"] for token in answer["tokens"]] if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None
    finally:
        connection.close()
    return None if pieces is None else _shared_out(texts, [_length(piece) for piece in pieces])


def _length(piece: str | list[int]) -> int:
    """In bytes; a token that is no whole character comes as a list of them."""
    return len(piece.encode("utf-8", "replace")) if isinstance(piece, str) else len(piece)


def _shared_out(texts: Sequence[str], lengths: list[int]) -> list[int]:
    ends = list(accumulate(len(text.encode("utf-8", "replace")) for text in texts))
    counts = [0] * len(texts)
    at, index = 0, 0
    for length in lengths:
        while index < len(ends) - 1 and at >= ends[index]:
            index += 1
        if counts:
            counts[index] += 1
        at += length
    return counts
