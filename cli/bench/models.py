"""The embedded model on either engine, and what it is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import Unavailable
from settings import Settings, load_settings
from wording import message

if TYPE_CHECKING:
    from evaluation.gold.rows import GoldRow
    from models.base import GenerateRequest
    from models.embedded.model import Embedded

ENGINES = ("own", "llama.cpp")
# Of the annotated texts: so many for each language and task, of usual length in characters.
TEXTS, SHORTEST, LONGEST = 2, {"zh": 60, "en": 200}, {"zh": 200, "en": 600}
LONG_PROMPT = 2400  # characters of English texts


@dataclass(frozen=True)
class Timed:
    """One answer: seconds until its first text and its end, and its tokens."""

    first: float
    whole: float
    tokens: int


@contextmanager
def both() -> Iterator[dict[str, Embedded]]:
    """The model on both engines; raises Unavailable where one cannot run it."""
    from models.embedded.model import Embedded

    settings: Settings = load_settings()
    with (
        closing(Embedded(settings.model_copy(update={"embedded_engine": "own"}))) as own,
        closing(Embedded(settings.model_copy(update={"embedded_engine": "llama.cpp"}))) as llama,
    ):
        for model in (own, llama):
            model.load()
        if not own.capabilities.tuned:
            raise Unavailable(message("errors.bench_other_weights"))
        yield {"own": own, "llama.cpp": llama}


def texts_of(prompt_type: str | None = None) -> Iterator[GoldRow]:
    """The annotated texts of usual length, in the file's order."""
    from evaluation.gold.rows import OWN, read_gold

    for row in read_gold([OWN]):
        usual = SHORTEST[row.lang] <= len(row.text) <= LONGEST[row.lang]
        if usual and prompt_type in (None, row.task):
            yield row


def requests_of(model: Embedded) -> dict[str, GenerateRequest]:
    """Requests of both languages and all tasks, as an extraction makes them."""
    from extraction.prompting.messages import build_request
    from extraction.request.task import make_task

    found: dict[str, GenerateRequest] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in texts_of():
        kind = row.lang, row.task
        if counts.get(kind, 0) == TEXTS:
            continue
        counts[kind] = counts.get(kind, 0) + 1
        task = make_task(row.task, row.text, lang=row.lang, entity=row.entity)
        found[row.id] = build_request(task, row.text, model.capabilities)
    return found


def long_prompt(number: int) -> GenerateRequest:
    """A prompt to be read, with an answer of one token; each `number` begins otherwise, so that
    nothing of it is in a cache."""
    from models.base import GenerateRequest, Message

    texts = "\n".join(row.text for row in texts_of() if row.lang == "en")[:LONG_PROMPT]
    return GenerateRequest(
        messages=(Message("system", f"{number}: {texts}"), Message("user", "?")), max_tokens=1
    )


def ask(model: Embedded, request: GenerateRequest) -> Timed:
    from models.base import Finish, Text

    began = time.perf_counter()
    first = None
    tokens = 0
    for chunk in model.generate(request):
        if isinstance(chunk, Text) and first is None:
            first = time.perf_counter() - began
        if isinstance(chunk, Finish):
            tokens = chunk.usage.completion_tokens or 0
    whole = time.perf_counter() - began
    return Timed(first if first is not None else whole, whole, tokens)
