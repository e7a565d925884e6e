from __future__ import annotations

from pathlib import Path

import pytest

from errors import InputError, Unavailable
from models.base import GenerateRequest, Message
from models.registry import Registry
from settings import Settings


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(Settings(cache_dir=tmp_path, glm_path=tmp_path / "glm"))


def test_a_fresh_machine_says_what_each_model_needs(registry: Registry) -> None:
    states = {row["name"]: row for row in registry.describe()}
    assert {row["status"] for row in states.values()} == {"unavailable"}
    assert "No weights at" in states["Local-GLM"]["detail"]
    assert "OPENAI_API_KEY" in states["ChatGpt"]["detail"]
    assert "models get Embedded" in states["Embedded"]["detail"]


def test_there_is_one_object_per_model(registry: Registry) -> None:
    assert registry.get("Embedded") is registry.get("Embedded")


def test_an_unknown_model_is_refused_with_the_known_ones(registry: Registry) -> None:
    with pytest.raises(InputError, match="Local-GLM, ChatGpt, Embedded") as caught:
        registry.get("GPT-9")
    assert caught.value.field == "model_type"


def test_local_glm_never_answers_without_its_weights(registry: Registry) -> None:
    glm = registry.get("Local-GLM")
    with pytest.raises(Unavailable, match="No weights at"):
        next(glm.generate(GenerateRequest((Message("user", "?"),), 10)))


def test_preloading_what_cannot_load_leaves_the_reason(registry: Registry) -> None:
    registry.preload("Embedded", []).join(5)
    assert registry.get("Embedded").state().status == "unavailable"
