"""An engine that runs out of memory, fails or ends: waiting requests get an error, and the next
request is answered as before. The engine and its kernels are real, the network is tiny."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from errors import KexError, ModelFailed
from models.base import Finish, GenerateRequest, Message, Text
from models.embedded import model as module
from models.embedded.model import Embedded
from models.embedded.own_engine import OwnEngine
from models.qwen.engine import FAILURES
from models.qwen.library import obstacle
from settings import Settings
from tests.models.qwen.tiny import tiny_qwen

ASK = GenerateRequest(messages=(Message("user", "abc 19"),), max_tokens=20)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the kernels, which take seconds to compile, and the network."""
    folder = tmp_path_factory.mktemp("cache")
    if reason := obstacle(folder / "engine"):
        pytest.skip(reason)
    tiny_qwen(folder / "tiny.gguf")
    return folder


@pytest.fixture
def model(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.3)
    made = Embedded(
        Settings(
            embedded_path=cache / "tiny.gguf",
            cache_dir=cache,
            embedded_engine="own",
            embedded_threads=1,
        )
    )
    made.load()
    yield made
    made.close()


def engine(model: Embedded) -> Any:
    assert isinstance(model._engine, OwnEngine)
    return model._engine._engine


def fail(model: Embedded, error: BaseException, *, steps: int = 10_000, after: int = 0) -> None:
    """The next `steps` steps of the network, `after` some good ones, meet this error."""
    network = engine(model)._network
    good: Callable[..., Any] = network.forward
    count = iter(range(10_000))

    def forward(batch: Any) -> Any:
        if after <= next(count) < after + steps:
            raise error
        return good(batch)

    network.forward = forward


def text(model: Embedded) -> str:
    *chunks, end = model.generate(ASK)
    assert isinstance(end, Finish)
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))


def wait_for_another(model: Embedded, old: Any) -> None:
    """Until an engine that is not `old` serves."""
    end = time.monotonic() + 10
    while model.state().status != "ready" or engine(model) is old:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_out_of_memory_in_a_step_is_answered_and_the_next_request_is_right(
    model: Embedded, after: int
) -> None:
    before = text(model)
    fail(model, MemoryError(), steps=1, after=after)
    with pytest.raises(ModelFailed, match="out of memory") as caught:
        text(model)
    assert caught.value.status == 503 and caught.value.retry_after
    assert model.state().status == "ready"
    assert all(slot.job is None for slot in engine(model)._slots)
    assert text(model) == before


def test_out_of_memory_alone_does_not_end_the_engine(model: Embedded) -> None:
    before = text(model)
    fail(model, MemoryError(), steps=3 * FAILURES)
    for _ in range(3 * FAILURES):
        with pytest.raises(ModelFailed, match="out of memory"):
            text(model)
    assert text(model) == before


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()])
def test_an_engine_that_ends_is_started_again(model: Embedded, error: BaseException) -> None:
    before, old = text(model), engine(model)
    fail(model, error)
    with pytest.raises(ModelFailed, match="ended unexpectedly") as caught:
        text(model)
    assert caught.value.status == 503 and caught.value.retry_after
    state = model.state()
    assert (state.status, "started again" in state.detail) == ("loading", True)
    with pytest.raises(ModelFailed, match="ended unexpectedly"):
        text(model)  # nobody waits for it
    wait_for_another(model, old)
    assert text(model) == before


def test_an_engine_whose_steps_all_fail_is_started_again(model: Embedded) -> None:
    before, old = text(model), engine(model)
    fail(model, RuntimeError("poisoned"))
    for _ in range(FAILURES):
        with pytest.raises(KexError) as caught:
            text(model)
        assert caught.value.status == 503
    wait_for_another(model, old)
    assert text(model) == before


def test_one_step_that_fails_ends_its_requests_only(model: Embedded) -> None:
    before, old = text(model), engine(model)
    for _ in range(FAILURES + 1):
        fail(model, RuntimeError("once"), steps=1)
        with pytest.raises(ModelFailed, match="once"):
            text(model)
        assert text(model) == before
    assert engine(model) is old


def test_pauses_grow_while_engines_do_not_last(
    model: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = []
    for _ in range(3):
        pauses.append(model._pause)
        old = engine(model)
        fail(model, SystemExit(1))
        with pytest.raises(ModelFailed):
            text(model)
        wait_for_another(model, old)
    assert pauses == [0.3, 0.6, 1.2]
    old = engine(model)
    monkeypatch.setattr(module, "LASTED", 0.0)  # from now on every engine has lasted
    fail(model, SystemExit(1))
    with pytest.raises(ModelFailed):
        text(model)
    wait_for_another(model, old)
    assert model._pause == 0.6


def test_closing_does_not_wait_for_a_restart(
    model: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    model._pause = 30.0
    fail(model, SystemExit(1))
    with pytest.raises(ModelFailed):
        text(model)
    began = time.monotonic()
    model.close()
    assert time.monotonic() - began < 2
    time.sleep(0.2)
    assert model._engine is None
