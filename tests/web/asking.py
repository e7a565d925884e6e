"""How the tests of the routes ask: real requests over a real socket, and small pictures."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import PIL.Image

FORM = "application/x-www-form-urlencoded"
PATIENCE = 120  # seconds; a real model on a busy machine may take many


def post(
    url: str, body: bytes, content_type: str = FORM, headers: Mapping[str, str] = {}
) -> tuple[int, Any, Mapping[str, str]]:
    request = urllib.request.Request(
        f"{url}/get_response", body, {"Content-Type": content_type, **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, json.load(response), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), dict(error.headers)


def form(url: str, **fields: str) -> tuple[int, Any, Mapping[str, str]]:
    return post(url, urlencode(fields).encode())


def multipart(parts: list[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    """Body and content type; a part with a file name, even an empty one, is a file."""
    body = b""
    for name, file, content in parts:
        head = f'--xx\r\nContent-Disposition: form-data; name="{name}"'
        head += "" if file is None else f'; filename="{file}"'
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--xx--\r\n", "multipart/form-data; boundary=xx"


def events(url: str, **fields: str) -> list[tuple[str, Any]]:
    """Names and data of the event stream."""
    request = urllib.request.Request(
        f"{url}/get_response", urlencode(fields).encode(), {"Accept": "text/event-stream"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        text = response.read().decode()
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    pairs = [block.split("\n", 1) for block in blocks]
    return [(n.removeprefix("event: "), json.loads(d.removeprefix("data: "))) for n, d in pairs]


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    out = BytesIO()
    PIL.Image.new("1", (width, height)).convert("L").save(out, kind)
    return out.getvalue()
