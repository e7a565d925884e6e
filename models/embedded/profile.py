"""What was fitted to the embedded model's weights: read from `profile.yaml` beside the adapter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent
ADAPTER = FOLDER / "adapter.gguf"  # one for both languages and all tasks


class Profile(BaseModel):
    """The fields of the file, which says what each is; they go into `Capabilities`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tuned: list[str]
    chunk_tokens: int
    chunk_chars: Mapping[str, int]
    tuned_tokens: Mapping[str, int]
    confidence: Mapping[str, list[float]]


@cache
def relations() -> dict[str, tuple[str, ...]]:
    """Language → the relation names that the adapter learnt, most frequent first."""
    read = yaml.safe_load((FOLDER / "relations.yaml").read_text(encoding="utf-8"))
    return {lang: tuple(names) for lang, names in read.items()}


@cache
def profile() -> Profile:
    return Profile.model_validate(
        yaml.safe_load((FOLDER / "profile.yaml").read_text(encoding="utf-8"))
    )
