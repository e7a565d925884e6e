"""UTF-8 that is cut at every byte: a request, an upstream stream, a model's tokens (scenario 19).

tests/js/core/sse.test.js cuts the page's stream at any two bytes.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from models.base import GenerateRequest, Message, Text
from models.chatgpt.model import ChatGpt
from settings import Settings
from tests import EMPTY_CACHE
from tests.models.chatgpt.scripted_server import (
    Reply,
    ScriptedServer,
    answer,
)
from tests.scripted_model import ScriptedModel
from tests.serving import Serving

TEXT = "é鲁𠮷👩‍🔬."  # two, three and four bytes; one sign of several characters


@pytest.fixture
def echo() -> Iterator[Serving]:
    """Says what it was asked."""
    model = ScriptedModel(lambda request: [request.messages[-1].content])
    settings = Settings(cache_dir=EMPTY_CACHE, store=None)
    with Serving(settings, {"Embedded": model}) as running:
        yield running


def test_a_request_that_comes_in_two_pieces(echo: Serving) -> None:
    fields = {"user_input": TEXT, "prompt_type": "Chat"}
    body = json.dumps(fields, ensure_ascii=False).encode()
    address = urlsplit(echo.url)
    for cut in range(1, len(body)):
        with socket.create_connection((str(address.hostname), address.port or 0), 10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head = (
                "POST /get_response HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Type: application/json\r\n"
                f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body[:cut])
            time.sleep(0.005)
            connection.sendall(body[cut:])
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert json.loads(response.read())["response"] == TEXT, f"cut at byte {cut}"
            response.close()


def recut(reply: Reply, cut: int) -> Reply:
    """The same bytes in two pieces."""
    whole = b"".join(reply.pieces)
    pieces = tuple(piece for piece in (whole[:cut], whole[cut:]) if piece)
    return Reply(pieces, headers=reply.headers, pause=0.002)


def test_an_upstream_stream_cut_at_every_byte() -> None:
    whole = answer(TEXT[:2], TEXT[2:])
    size = len(b"".join(whole.pieces[:2]))  # the two pieces with text
    with ScriptedServer(recut(whole, cut) for cut in range(1, size)) as server:
        model = ChatGpt(Settings(openai_base_url=server.url, openai_retries=0))
        for cut in range(1, size):
            request = GenerateRequest((Message("user", "a"),), 50)
            said = [one.text for one in model.generate(request) if isinstance(one, Text)]
            assert "".join(said) == TEXT, f"cut at byte {cut}"
        model.close()


def test_a_model_whose_pieces_end_inside_of_characters(echo: Serving) -> None:
    """The own engine decodes across tokens; a token may be a third of a Han character."""
    from models.embedded.own_engine import _Answer
    from models.thread_stream import Sink

    data = TEXT.encode()
    for cut in range(len(data) + 1):
        sink: Sink[object] = Sink()
        heard = _Answer(GenerateRequest((Message("user", "a"),), 5), sink)  # type: ignore[arg-type]
        heard.take(data[:cut], None)
        heard.take(data[cut:], None)
        said = []
        while not sink.items.empty():
            said.append(sink.items.get())
        assert "".join(one.text for one in said if isinstance(one, Text)) == TEXT
