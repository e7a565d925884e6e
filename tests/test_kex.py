"""The Python interface: `import kex`, with a model that follows a script."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

import kex
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE, ROOT
from tests.corpus.service import Service
from tests.scripted_model import ScriptedModel, Step

T = TypeVar("T")
TEXT = "Ada Moreno founded Helix Labs in 2012."
SAID = '[["Ada Moreno", "founder of", "Helix Labs"]]'


def reader(*script: Step) -> tuple[kex.Reader, ScriptedModel]:
    model = ScriptedModel(script)
    settings = Settings(cache_dir=EMPTY_CACHE)
    return kex.Reader("Embedded", settings, Registry(settings, {"Embedded": model})), model


def run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser of other tests keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_an_answer_has_typed_items_with_their_places() -> None:
    with reader(SAID)[0] as opened:
        answer = opened.extract(TEXT, entity=None)
    (triple,) = answer.triples
    assert (triple.head.text, triple.relation, triple.tail.text) == (
        "Ada Moreno", "founder of", "Helix Labs",
    )  # fmt: skip
    assert TEXT[triple.tail.start : triple.tail.end] == "Helix Labs"
    assert (len(answer), list(answer), answer.entities) == (1, [triple], ())
    assert str(answer) == "(Ada Moreno, founder of, Helix Labs)"
    assert answer.to_json()["knowledge"]["triples"][0]["head"]["start"] == 0


def test_a_notebook_shows_the_report_in_a_frame_of_its_own() -> None:
    answer = reader(SAID)[0].extract(f"{TEXT} <script>alert(1)</script>")
    shown = answer._repr_html_()
    assert shown.startswith("<iframe sandbox ")
    assert "&lt;mark" in shown  # the page is an attribute, escaped once
    assert "<script" not in shown
    assert "&lt;script" not in shown  # and the text inside of it is escaped, too
    assert answer.to_html().startswith("<!doctype html>")


def test_the_stream_ends_with_the_answer() -> None:
    events = list(reader(SAID)[0].stream(TEXT))
    found = [event.item for event in events if isinstance(event, kex.Found)]
    assert isinstance(events[-1], kex.Answer)
    assert events[-1].items == tuple(found)


def test_closing_the_stream_stops_the_model() -> None:
    opened, model = reader("[", 30.0, "]")
    events = opened.stream(TEXT)
    next(events)
    events.close()
    assert model.running == 0


def test_asyncio() -> None:
    opened, _ = reader(SAID)

    async def both() -> tuple[list[kex.Event], kex.Answer]:
        events = [event async for event in opened.astream(TEXT)]
        return events, await opened.aextract(TEXT)

    events, answer = run(both())
    assert isinstance(events[-1], kex.Answer)
    assert events[-1].items == answer.items != ()


def test_a_cancelled_task_stops_the_model() -> None:
    opened, model = reader("[", 30.0, "]")

    async def cancelled() -> None:
        task = asyncio.ensure_future(opened.aextract(TEXT))
        while not model.running:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(asyncio.wait_for(cancelled(), 20))
    assert model.running == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"prompt_type": "KE9"}, "prompt_type"),
        ({"passes": 9}, "passes"),
        ({"max_tokens": 3}, "max_tokens"),
        ({"lang": "fr"}, "lang"),
        ({"schema": 3}, "schema"),
        ({"examples": [{"text": 1}]}, "examples"),
        ({"min_confidence": 2}, "min_confidence"),
        ({"relations": ["a"]}, "relations"),
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": b"abc"}, "text"),
    ],
)
def test_a_wrong_argument_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(kex.InputError) as caught:
        reader(SAID)[0].extract(given.pop("text", TEXT), **given)
    assert str(caught.value.field).startswith(field)


def test_a_model_that_is_none_and_a_closed_reader() -> None:
    with pytest.raises(kex.InputError) as caught:
        kex.open("Nope")
    assert caught.value.field == "model"
    opened, _ = reader(SAID)
    opened.close()
    with pytest.raises(kex.KexError, match="closed"):
        opened.extract(TEXT)


def test_any_sequence_and_mapping_will_do() -> None:
    opened, _ = reader(SAID)
    schema = ("founder of", "inception")
    example = {"text": "Bo founded Nu.", "triples": (("Bo", "founder of", "Nu"),)}
    assert opened.extract(TEXT, schema=schema, examples=(example,)).triples


def test_settings_are_named_as_in_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_MAX_TOKENS", "100")
    with kex.open("ChatGpt", openai_model="some-model") as opened:
        assert opened._settings.openai_model == "some-model"
        assert opened._settings.max_tokens == 100
    with pytest.raises(kex.InputError, match="no setting called colour"):
        kex.open(colour="red")
    with pytest.raises(kex.InputError) as caught:
        kex.open(max_tokens="many")
    assert caught.value.field == "max_tokens"


@pytest.mark.parametrize(
    "page", ["docs/python.md", "docs/zh/python.md", "README.md", "README.zh.md"]
)
def test_the_examples_of_the_docs_run(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL
    )
    assert blocks
    service = Service()
    monkeypatch.setenv("OPENAI_BASE_URL", service.url)
    monkeypatch.setenv("KEX_DEFAULT_MODEL", "ChatGpt")
    monkeypatch.setattr(kex, "_readers", {})
    names: dict[str, Any] = {}
    try:
        for block in blocks:
            with ThreadPoolExecutor(1) as pool:  # as in `run`
                pool.submit(exec, block, names).result()
        assert isinstance(names["answer"], kex.Answer)
    finally:
        for opened in kex._readers.values():
            opened.close()
        service.close()


def test_extract_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, model = reader(SAID)
    monkeypatch.setattr(kex, "_readers", {})
    monkeypatch.setattr(kex, "open", lambda name: opened)
    assert kex.extract(TEXT).triples == kex.extract(TEXT, model="Embedded", lang="auto").triples
    assert list(kex._readers) == ["Embedded"]
    assert len(model.requests) == 2
