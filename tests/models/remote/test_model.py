"""A model in another Kex: the same answers as beside it, its errors told, its end noticed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from pydantic import SecretStr

from errors import Busy, InputError, ModelFailed, RateLimited, Unavailable
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from models.base import (
    Finish,
    GenerateRequest,
    Image,
    Message,
    Progress,
    Sampling,
    Text,
    Usage,
)
from models.embedded.model import Embedded
from models.registry import Registry
from models.remote.model import RemoteModel
from models.remote.protocol import read_chunk, read_request, write_chunk, write_request
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving

LUXUN = "鲁迅出生于浙江绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","浙江绍兴"]]}'
REPLICA = Settings(cache_dir=EMPTY_CACHE, store=None, base=None, replica=True)


def script(request: GenerateRequest) -> Sequence[Step]:
    text = request.messages[-1].content
    if "SLOW" in text:
        return ["a", *[step for _ in range(100) for step in (0.2, "b")]]
    if "FAIL" in text:
        return ["half", ModelFailed("It broke off.")]
    if "LATER" in text:
        return [RateLimited("Slowly!", retry_after=7)]
    return [Progress(0.5, 1), GOOD[:20], 0.1, GOOD[20:]]


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(script)


@pytest.fixture
def replica(model: ScriptedModel) -> Iterator[Serving]:
    with Serving(REPLICA, {"Embedded": model}) as serving:
        yield serving


@pytest.fixture
def remote(replica: Serving) -> Iterator[RemoteModel]:
    made = RemoteModel("Embedded", replica.url)
    yield made
    made.close()


def ask(text: str) -> GenerateRequest:
    return GenerateRequest((Message("user", text),), 100)


def test_what_is_sent_arrives_as_it_was() -> None:
    request = GenerateRequest(
        (Message("system", "s"), Message("user", "😀\x7f", (Image(b"\x00\xff", "image/png"),))),
        100,
        temperature=0.3,
        grammar="start: /x/",
        json_schema={"type": "object", "properties": {"a": {"enum": [1, None]}}},
        sampling=Sampling(top_p=0.5, top_k=3, seed=1, stop=("a", "b")),
        max_length=7,
        logprobs=True,
        tuned="zh/KE1",
    )
    assert read_request(write_request(request)) == request
    for chunk in (Text("x", -0.5), Text("y"), Progress(0.1), Progress(ahead=2), Progress(),
                  Finish("length", Usage(1, None), "weak")):  # fmt: skip
        assert read_chunk(write_chunk(chunk)) == chunk


def test_the_answer_is_that_of_the_model_beside_it(
    remote: RemoteModel, model: ScriptedModel
) -> None:
    def answer(of: Any) -> Answer:
        found = list(extract(make_task("KE1", LUXUN), of))[-1]
        assert isinstance(found, Answer)
        return found

    assert answer(remote).items == answer(model).items
    assert answer(remote).usage == answer(model).usage
    assert remote.state().status == "ready"
    assert remote.capabilities == model.capabilities
    assert remote.count_tokens(["ab", "c"]) == model.count_tokens(["ab", "c"])
    said = [chunk for chunk in remote.generate(ask("x")) if not isinstance(chunk, Progress)]
    beside = [chunk for chunk in model.generate(ask("x")) if not isinstance(chunk, Progress)]
    assert said == beside


def test_whoever_leaves_stops_the_model_there(remote: RemoteModel, model: ScriptedModel) -> None:
    with closing(remote.generate(ask("SLOW"))) as chunks:
        assert next(chunk for chunk in chunks if isinstance(chunk, Text)).text == "a"
        assert model.running
    end = time.monotonic() + 5
    while model.running and time.monotonic() < end:
        time.sleep(0.05)
    assert not model.running


def test_errors_come_over(remote: RemoteModel) -> None:
    with pytest.raises(ModelFailed, match="It broke off"):
        list(remote.generate(ask("FAIL")))
    with pytest.raises(Unavailable, match="Slowly!"):
        list(remote.generate(ask("LATER")))


def test_a_model_that_is_too_slow_is_reported_as_such(model: ScriptedModel) -> None:
    """Not as an export: both go through the same stream of pieces."""
    hasty = REPLICA.model_copy(update={"request_timeout": 0.5})
    with Serving(hasty, {"Embedded": model}) as serving:
        with closing(RemoteModel("Embedded", serving.url)) as remote:
            remote.load()
            with pytest.raises(Unavailable, match="did not finish") as raised:
                list(remote.generate(ask("SLOW")))
    assert "export" not in raised.value.message


def test_full_houses_and_closed_doors(replica: Serving, model: ScriptedModel) -> None:
    one = REPLICA.model_copy(update={"max_concurrent": 1, "replica_key": SecretStr("s3cret")})
    with Serving(one, {"Embedded": model}) as serving:
        with (
            closing(RemoteModel("Embedded", serving.url, "wrong")) as stranger,
            pytest.raises(Unavailable, match="KEX_REPLICA_KEY"),
        ):
            stranger.load()
        with closing(RemoteModel("Embedded", serving.url, "s3cret")) as friend:
            friend.load()
            with closing(friend.generate(ask("SLOW"))) as first:
                next(chunk for chunk in first if isinstance(chunk, Text))
                with pytest.raises(Busy):
                    list(friend.generate(ask("x")))
    plain = REPLICA.model_copy(update={"replica": False})
    with Serving(plain, {"Embedded": model}) as serving:
        with closing(RemoteModel("Embedded", serving.url)) as none, pytest.raises(Unavailable):
            none.load()


def test_a_replica_that_is_gone(replica: Serving) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = RemoteModel("Embedded", f"http://user:pass@127.0.0.1:{port}")
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        nobody.load()
    assert "pass" not in caught.value.message
    end = time.monotonic() + 5
    while nobody.state().status != "unavailable" and time.monotonic() < end:
        time.sleep(0.05)
    assert nobody.state().status == "unavailable"
    began = time.monotonic()
    assert nobody.capabilities.constraint == "json_schema"
    assert time.monotonic() - began < 0.1  # the page asks for it
    nobody.close()


@pytest.mark.parametrize("end", [b"", b'{"text": "a", "logprob": null}\n', b"no json\n"])
def test_a_stream_that_ends_too_early(end: bytes) -> None:
    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + end)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        broken = RemoteModel("Embedded", f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Unavailable):
            list(broken.generate(ask("x")))
        thread.join()
        broken.close()


def test_the_web_tier_uses_it_where_it_is_named(replica: Serving) -> None:
    settings = Settings(embedded_url=replica.url, local_glm_url="http://127.0.0.1:1/")
    registry = Registry(settings)
    assert isinstance(registry.get("Embedded"), RemoteModel)
    assert isinstance(registry.get("Local-GLM"), RemoteModel)
    rows = {row["name"]: row for row in registry.describe()}
    assert rows["Local-GLM"]["images"] is True  # as far as is known before it was reached
    registry.close()
    assert not isinstance(Registry(Settings()).get("Embedded"), RemoteModel)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "messages"),
        ({"messages": [], "max_tokens": 1}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}], "max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "god", "content": "x"}], "max_tokens": 1}, "messages.0.role"),
        ([], "request"),
    ],
)
def test_what_no_request_is(value: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_request(value)
    assert caught.value.field == field


def test_a_real_model_over_the_wire(tiny: Embedded) -> None:
    with Serving(REPLICA, {"Embedded": tiny}) as serving:
        remote = RemoteModel("Embedded", serving.url)
        remote.load()
        request = GenerateRequest(
            (Message("user", "Say a number."),),
            20,
            grammar='%llguidance {}\nstart: "n" /[0-9]+/',
            logprobs=True,
        )
        there = [one for one in remote.generate(request) if not isinstance(one, Progress)]
        here = [one for one in tiny.generate(request) if not isinstance(one, Progress)]
        assert "".join(one.text for one in there if isinstance(one, Text)).startswith("n")
        assert [one for one in there if isinstance(one, Text)] == [
            one for one in here if isinstance(one, Text)
        ]
        assert isinstance(there[-1], Finish)
        remote.close()
