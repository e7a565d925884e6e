"""The named events of POST /get_response: their names, their JSON and their language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conversation.chat import Chat, make_chat
from conversation.converse import converse
from errors import Busy, ModelFailed, RateLimited
from extraction.extractor import extract
from extraction.request.task import Task, make_task
from models.base import Progress
from models.progress import Stage, Token
from storage.conversations.lazy import LazyStore
from tests.scripted_model import ScriptedModel
from web.extract.events import NamedEvents
from web.extract.saving import Keeper, Place
from wording import Lang, message

TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'
INVENTED = '{"triples":[["鲁迅","出生地","东京"]]}'
TASK = make_task("KE1", TEXT)
CHAT = make_chat("你好", max_chars=100, max_tokens=100, lang="zh")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LazyStore]:
    lazy = LazyStore(tmp_path / "kex.db")
    yield lazy
    lazy.close()


def parsed(written: str) -> tuple[str, Any]:
    """Name and data of one event, read by the rules of server-sent events."""
    assert written.endswith("\n\n")
    name, data = written.removesuffix("\n\n").split("\n")  # of two lines, whatever the data is
    assert name.startswith("event: ") and data.startswith("data: ")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def written(model: ScriptedModel, work: Task | Chat, wire: NamedEvents) -> list[tuple[str, Any]]:
    events = converse(work, model) if isinstance(work, Chat) else extract(work, model)
    return [parsed(wire.event(event)) for event in events]


def begin(store: LazyStore, lang: Lang = "en") -> tuple[str, Keeper]:
    """A new conversation, and what keeps a turn in it."""
    name = store.get().begin().id
    return name, Keeper(store, Place(name), TEXT, {"model_type": "Embedded"}, lang)


def test_an_extraction(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [Progress(ahead=2), Progress(0.5), *GOOD]
    got = written(scripted, TASK, NamedEvents(TASK))
    names = [name for name, _ in got]
    assert set(names) == {"status", "token", "item", "done"}
    assert names[-1] == "done" and names.count("done") == 1
    assert [data for name, data in got if name == "status"] == [
        {
            "message": "In line, requests before this one: 2",
            "stage": "waiting",
            "done": None,
            "ahead": 2,
        },
        {"message": "Reading the text", "stage": "reading", "done": 0.5},
    ]
    assert "".join(data["text"] for name, data in got if name == "token") == GOOD
    [item] = [data for name, data in got if name == "item"]
    assert item == got[-1][1]["knowledge"]["triples"][0]


def test_a_chat_has_no_items(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["Fi", "ne."]
    got = written(scripted, CHAT, NamedEvents(CHAT))
    assert [name for name, _ in got] == ["token", "token", "done"]
    assert got[-1][1]["response"] == "Fine."


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "\n\nevent: done\ndata: {}\n\n", "\u2028", '"\\', "鲁迅 😀", ""]
)
def test_no_text_breaks_out_of_its_event(text: str) -> None:
    assert parsed(NamedEvents(TASK).event(Token(text))) == ("token", {"text": text})


def test_chinese_is_written_as_it_is() -> None:
    assert "鲁迅" in NamedEvents(TASK).event(Token("鲁迅"))


@pytest.mark.parametrize(
    ("work", "lang", "stage", "text"),
    [
        (TASK, "en", Stage("loading", 0.1), "Loading the model"),
        (TASK, "zh", Stage("loading", 0.1), "正在加载模型"),
        (TASK, "en", Stage("reading", None), "Reading the text"),
        (TASK, "zh", Stage("reading", None), "正在阅读文本"),
        (CHAT, "en", Stage("reading", None), "Reading the conversation"),
        (CHAT, "zh", Stage("reading", None), "正在阅读对话"),
        (CHAT, "en", Stage("writing", None), "Answering"),
        (CHAT, "zh", Stage("writing", None), "正在回答"),
        (TASK, "zh", Stage("waiting", None, ahead=3), "排队等候，前面还有 3 个请求"),
        (TASK, "en", Stage("reading", None, 2, 5), "Reading the text (2/5)"),
    ],
)
def test_stages_have_a_language(work: Task | Chat, lang: Lang, stage: Stage, text: str) -> None:
    name, data = parsed(NamedEvents(work, lang=lang).event(stage))
    assert (name, data["message"]) == ("status", text)
    assert (data["stage"], data["done"]) == (stage.name, stage.done)


def test_parts_and_places_are_numbers_of_their_own() -> None:
    wire = NamedEvents(TASK)
    assert set(parsed(wire.event(Stage("reading", None)))[1]) == {"message", "stage", "done"}
    many = parsed(wire.event(Stage("reading", 0.5, 2, 5)))[1]
    assert (many["chunk"], many["chunks"]) == (2, 5)
    assert parsed(wire.event(Stage("waiting", None, 2, 5, ahead=1)))[1]["ahead"] == 1


def test_the_answer_has_the_language_too(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [INVENTED]
    for lang, begins in (("en", "One item was left out"), ("zh", "略去了 1 项")):
        got = written(scripted, TASK, NamedEvents(TASK, lang=lang))  # type: ignore[arg-type]
        assert got[-1][1]["warnings"][0].startswith(begins)


def test_an_error_is_in_the_one_shape_and_in_the_language() -> None:
    error = RateLimited(message("errors.glm_failed", kind="OSError"), field="a", retry_after=5)
    for lang, text in (("en", "Local-GLM failed: OSError."), ("zh", "Local-GLM 出错：OSError。")):
        assert parsed(NamedEvents(TASK, lang=lang).error(error)) == (  # type: ignore[arg-type]
            "error",
            {"error": {"code": "rate_limited", "message": text, "field": "a"}},
        )


def test_the_answer_is_stored_before_it_is_written(
    scripted: ScriptedModel, store: LazyStore
) -> None:
    scripted.script = lambda _: [GOOD]
    place, keeper = begin(store)
    got = written(scripted, TASK, NamedEvents(TASK, keeper))
    assert got[-1][1]["turn"] == 1
    [turn] = store.get().load(place).turns
    assert turn.said.error is None
    assert {**(turn.said.answer or {}), "turn": 1} == got[-1][1]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_error_is_stored_with_what_had_come(
    scripted: ScriptedModel, store: LazyStore, lang: Lang
) -> None:
    place, keeper = begin(store, lang)
    wire = NamedEvents(TASK, keeper, lang)
    scripted.script = lambda _: [GOOD]
    for event in extract(TASK, scripted):
        wire.event(event)
        if type(event).__name__ == "Found":
            break
    error = ModelFailed(message("errors.glm_failed", kind="OSError"))
    name, data = parsed(wire.error(error))
    assert (name, data["turn"]) == ("error", 1)
    [turn] = store.get().load(place).turns
    stored = dict(turn.said.error or {})
    assert [item["relation"] for item in stored.pop("partial")["items"]] == ["出生地"]
    assert stored == data["error"] == error.to_json(lang)["error"]


def test_a_chat_that_was_left_is_stored_with_its_text(store: LazyStore) -> None:
    place, keeper = begin(store)
    wire = NamedEvents(CHAT, keeper)
    for text in ("Fi", "ne"):
        wire.event(Token(text))
    wire.left()
    [turn] = store.get().load(place).turns
    assert (turn.said.error or {})["partial"] == {"text": "Fine"}
    assert (turn.said.error or {})["code"] == "stopped"


def test_what_never_began_leaves_no_turn(store: LazyStore) -> None:
    place, keeper = begin(store)
    name, data = parsed(NamedEvents(TASK, keeper).error(Busy("Later.")))
    assert (name, "turn" in data) == ("error", False)
    assert store.get().load(place).turns == ()


def test_leaving_without_a_conversation_is_nothing_to_store() -> None:
    events = NamedEvents(TASK)
    events.left()
    assert "turn" not in parsed(events.error(Busy("Later.")))[1]
