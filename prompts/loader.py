"""Reads the prompt files: one per task and language, those of entity typing, the trained ones.

A prompt file holds the system text (`{form}` stands for the output form), the user turn's
template, default labels, and worked examples as data, so that each model family gets them in the
output form that it is held to. Nothing here knows models or extraction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent

TrainedTask = Literal["triples", "triples_of", "triples_in", "entities", "facts", "facts_of"]


class PromptExample(BaseModel):
    """A worked example: its text, KE3's entity where one is given, and the answer as data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    entity: str | None = None
    answer: Any


class Prompt(BaseModel):
    """One prompt file. `labels` maps each default class to its description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    user: str
    separator: str = ", "
    any_label: str = ""
    any_entity: str = ""
    labels: dict[str, str] = {}
    examples: tuple[PromptExample, ...]


class TrainedPrompt(BaseModel):
    """The wording that an adapter was trained on: system text, the text, then one of the tasks.

    `text` holds {text}; a task holds what it needs of {labels}, {entity}, {sentence}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    text: str
    separator: str
    tasks: dict[TrainedTask, str]

    def task(
        self, name: TrainedTask, labels: Iterable[str] = (), entity: str = "", sentence: str = ""
    ) -> str:
        """The line that asks; a value that spells a placeholder stays as it is."""
        values = {"labels": self.separator.join(labels), "entity": entity, "sentence": sentence}
        return re.sub(r"\{(\w+)\}", lambda mark: values[mark.group(1)], self.tasks[name])


@cache
def load_trained_prompt(lang: str) -> TrainedPrompt:
    """The prompt of the trained adapter, for all tasks in a language (zh, en)."""
    path = FOLDER / lang / "trained.yaml"
    return TrainedPrompt.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def load_prompt(prompt_type: str, lang: str) -> Prompt:
    """The prompt of a task (KE1, KE2, KE3) in a language (zh, en).

    A malformed file raises pydantic.ValidationError: that is a mistake of ours, not of a user.
    """
    path = FOLDER / lang / f"{prompt_type}.yaml"
    return Prompt.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def prompt_digest(lang: str, prompt_type: str = "") -> str:
    """A digest of the language's files, or of one task's: a changed prompt gives other answers."""
    digest = hashlib.sha256()
    for path in sorted((FOLDER / lang).iterdir()):
        if path.is_file() and path.name.startswith((prompt_type, "trained")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
