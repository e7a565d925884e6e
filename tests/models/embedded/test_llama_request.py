"""What llama.cpp is asked for: the adapter of the prompt's language, and none otherwise."""

from __future__ import annotations

import pytest

from models.base import GenerateRequest, Message
from models.embedded.llama_request import payload
from models.embedded.profile import ADAPTERS, profile


def asked(tuned: str) -> GenerateRequest:
    return GenerateRequest((Message("user", "x"),), 10, tuned=tuned)


@pytest.mark.parametrize("name", sorted(profile().tuned))
def test_each_trained_prompt_has_the_adapter_of_its_language(name: str) -> None:
    [chosen] = payload(asked(name))["lora"]
    assert chosen["scale"] == 1.0
    adapter = ADAPTERS[chosen["id"]]
    assert adapter.name == f"{name[:2]}.gguf"
    assert adapter.read_bytes()[:4] == b"GGUF"


def test_other_prompts_have_none() -> None:
    assert "lora" not in payload(asked(""))
