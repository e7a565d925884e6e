"""Bombs, cut and damaged files: a text or a clear error, and the server goes on.

Scenario 9; `benchmarks/faults.py --only 9` cuts each at every fiftieth of its length and flips the
bits of a thousand.
"""

from __future__ import annotations

import json
import resource
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.robustness.damaged_files import BOMBS, try_files, wholes
from tests.serving import Serving
from tests.web.asking import multipart

BOMB_MEMORY = 150_000_000  # bytes that the server itself may grow by; most is read apart


@pytest.mark.parametrize("kind", wholes())
def test_cut_and_damaged(kind: str) -> None:
    apart = kind in ("pdf", "docx")  # a process each
    found = try_files(kind, 8 if apart else 50, 12 if apart else 300)
    assert set(found) - {"read"}, "no change was noticed: the test would not notice one either"


def memory() -> int:
    """Resident bytes of this process, in which the server runs."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is read in /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_through_the_server(serving: Serving, name: str) -> None:
    kind, make = BOMBS[name]
    data = make()
    field, path = ("image", "/get_response") if kind == "png" else ("file", "/documents")
    parts: list[tuple[str, str | None, bytes]] = [(field, f"a.{kind}", data)]
    if kind == "png":
        parts.append(("user_input", None, b"a"))
    body, content_type = multipart(parts)
    before, began = memory(), time.monotonic()
    request = urllib.request.Request(f"{serving.url}{path}", body, {"Content-Type": content_type})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    with caught.value as answer:
        assert answer.code in (400, 413, 422, 504)
        error = json.load(answer)["error"]
    assert error["field"] == field and "root:" not in error["message"]
    assert time.monotonic() - began < 40
    assert memory() - before < BOMB_MEMORY
    with urllib.request.urlopen(f"{serving.url}/health", timeout=5) as response:
        assert response.status == 200
