"""What llama.cpp is asked for: the adapter where the prompt is one that it was trained on."""

from __future__ import annotations

import pytest

from models.base import GenerateRequest, Message
from models.embedded.llama_request import payload
from models.embedded.profile import ADAPTER, profile


def asked(tuned: str) -> GenerateRequest:
    return GenerateRequest((Message("user", "x"),), 10, tuned=tuned)


@pytest.mark.parametrize("name", sorted(profile().tuned))
def test_each_trained_prompt_has_the_adapter(name: str) -> None:
    assert payload(asked(name))["lora"] == [{"id": 0, "scale": 1.0}]
    assert ADAPTER.read_bytes()[:4] == b"GGUF"


def test_other_prompts_have_none() -> None:
    assert "lora" not in payload(asked(""))
