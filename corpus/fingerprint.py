"""What is asked of every document, and the marks by which a kept outcome is still good."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from extraction.request.task import Assertions, Example, Grounding, Task, make_task
from knowledge.items import PromptType
from knowledge.text.spans import Lang
from prompts.loader import prompt_digest

DIGEST = 16  # bytes; of two in 10 million to be the same, the chance is 1 to 10^24


@dataclass(frozen=True)
class Options:
    """The tasks and how each is asked: `labels` and `examples` by task, `lang` None by the text."""

    types: tuple[PromptType, ...]
    labels: Mapping[PromptType, dict[str, str]] = field(default_factory=dict)
    examples: Mapping[PromptType, tuple[Example, ...]] = field(default_factory=dict)
    entity: str | None = None
    lang: Lang | None = None
    max_tokens: int = 1024
    passes: int = 1
    grounding: Grounding = "strict"
    min_confidence: float = 0.0
    assertions: Assertions = "affirmed"

    def task(self, prompt_type: PromptType, text: str, entity: str | None) -> Task:
        """One task over one text; `entity` is the document's own. Raises InputError."""
        return make_task(
            prompt_type,
            text,
            lang=self.lang,
            entity=(entity or self.entity) if prompt_type == "KE3" else None,
            labels=self.labels.get(prompt_type, {}),
            examples=self.examples.get(prompt_type, ()),
            max_tokens=self.max_tokens,
            passes=self.passes,
            grounding=self.grounding,
            min_confidence=self.min_confidence,
            assertions=self.assertions,
        )


@dataclass(frozen=True)
class Limits:
    """How long a text and how large a file may be."""

    max_chars: int
    max_file_bytes: int


class Recipes:
    """Marks of all that an answer depends on, but for the text and Kex's own code.

    Labels and options count for the task that they are for, prompt files for the language of the
    text: a changed English prompt leaves Chinese answers as they are.
    """

    def __init__(
        self, options: Options, model: str, settings: Mapping[str, Any], limits: Limits
    ) -> None:
        self._options = options
        self._model = [model, dict(sorted(settings.items()))]
        self._limits = limits
        self._known: dict[tuple[PromptType, Lang | None], bytes] = {}

    def of(self, prompt_type: PromptType, lang: Lang | None) -> bytes:
        """The mark; `lang` None for a document that never came before the model."""
        key = (prompt_type, lang)
        if key not in self._known:
            known: list[Any] = [prompt_type, lang]
            if lang is None:  # what it would have been asked has no part in why it was not
                known.append(asdict(self._limits))
            else:
                known += [
                    *self._model,
                    *self._request(prompt_type),
                    prompt_digest(lang, prompt_type),
                ]
            self._known[key] = digest(json.dumps(known, ensure_ascii=False).encode())
        return self._known[key]

    def _request(self, prompt_type: PromptType) -> list[Any]:
        options = self._options
        return [
            list(options.labels.get(prompt_type, {}).items()),  # their order is part of the prompt
            [[one.text, one.answer] for one in options.examples.get(prompt_type, ())],
            options.entity if prompt_type == "KE3" else None,
            options.lang,
            options.max_tokens,
            options.passes,
            options.grounding,
            options.min_confidence,
            options.assertions,
        ]


def digest(data: bytes) -> bytes:
    """The mark of some content."""
    return hashlib.blake2b(data, digest_size=DIGEST).digest()


def digest_of_text(text: str, entity: str | None) -> bytes:
    """The mark of a row's document."""
    return digest(f"{entity or ''}\0{text}".encode("utf-8", "surrogatepass"))


def digest_of_file(file: Path) -> bytes:
    """The mark of a file's bytes; raises OSError."""
    found = hashlib.blake2b(digest_size=DIGEST)
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            found.update(block)
    return found.digest()
