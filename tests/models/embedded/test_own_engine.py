"""`Embedded` on the engine of our own, with a tiny network of random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import Unavailable
from models.base import Finish, GenerateRequest, Message, Text
from models.embedded.model import Embedded
from models.qwen.library import obstacle
from settings import Settings
from tests.models.qwen.tiny import tiny_qwen

HELLO = GenerateRequest(
    messages=(Message("system", "ab"), Message("user", "abc 19")), max_tokens=8, logprobs=True
)


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Embedded]:
    if reason := obstacle(tmp_path / "engine"):
        pytest.skip(reason)
    path = tiny_qwen(tmp_path / "tiny.gguf")
    made = Embedded(
        Settings(embedded_path=path, cache_dir=tmp_path, embedded_engine="own", embedded_threads=1)
    )
    yield made
    made.close()


def answer(model: Embedded) -> tuple[str, Finish]:
    chunks = list(model.generate(HELLO))
    assert isinstance(chunks[-1], Finish)
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)), chunks[-1]


def test_the_state_names_the_engine(model: Embedded) -> None:
    model.load()
    assert model.state().status == "ready"
    assert model.state().detail.startswith("It runs on Kex's own engine (")


def test_an_answer_says_what_it_cost(model: Embedded) -> None:
    text, end = answer(model)
    assert text
    assert end.usage.completion_tokens == 8
    assert end.usage.steps is not None and 1 <= end.usage.steps <= 8
    assert end.usage.drafted is not None and end.usage.accepted is not None
    assert end.usage.accepted <= end.usage.drafted
    assert set(end.usage.to_json()) >= {"prompt_tokens", "steps", "drafted", "accepted"}


def test_the_same_request_gives_the_same_bytes(model: Embedded) -> None:
    first = answer(model)[0]
    list(model.generate(GenerateRequest(messages=(Message("user", "19"),), max_tokens=30)))
    assert answer(model)[0] == first


def test_parts_of_a_text_are_asked_beside_each_other(model: Embedded) -> None:
    model.load()
    assert model.capabilities.parallel == Settings().embedded_slots == 4


def test_without_a_compiler_llama_cpp_serves_and_says_so(
    tmp_path: Path, smollm2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "false")
    model = Embedded(Settings(embedded_path=smollm2, cache_dir=tmp_path))
    model.load()
    try:
        assert model.state().detail.startswith("It runs on llama.cpp, which is slower: ")
        assert model.capabilities.parallel == 1
    finally:
        model.close()


def test_the_own_engine_alone_refuses_without_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "false")
    path = tiny_qwen(tmp_path / "tiny.gguf")
    model = Embedded(Settings(embedded_path=path, cache_dir=tmp_path, embedded_engine="own"))
    with pytest.raises(Unavailable, match="own engine cannot run it"):
        model.load()
