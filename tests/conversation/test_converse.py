from __future__ import annotations

import time

import pytest

from conversation.chat import Chat, Turn, make_chat
from conversation.converse import Answer, Event, converse
from errors import KexError, ModelFailed, Unavailable, Unprocessable
from models.base import Finish, Image, Message, ModelState, Sampling, Usage
from models.embedded.model import Embedded
from models.progress import Stage, Token
from tests.scripted_model import ScriptedModel, Step


def chat(*stop: str, image: Image | None = None) -> Chat:
    return make_chat(
        "And you?",
        [Turn("Hi", "Hello")],
        image,
        max_chars=100,
        max_tokens=40,
        lang="en",
        sampling=Sampling(stop=stop),
    )


def run(model: ScriptedModel | Embedded, talk: Chat) -> tuple[list[Event], Answer]:
    events = list(converse(talk, model))
    answer = events[-1]
    assert isinstance(answer, Answer)
    return events, answer


def said(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


def test_an_answer_is_passed_on_as_it_comes() -> None:
    model = ScriptedModel([0.1, " Fi", 0.1, "ne.\n"])
    events, answer = run(model, chat())
    assert said(events) == answer.text == " Fine.\n"
    stages = [event.name for event in events if isinstance(event, Stage)]
    assert (stages[0], stages[-1]) == ("reading", "writing")
    assert answer.to_json() == {
        "response": " Fine.\n",
        "prompt_type": "Chat",
        "model": "Embedded",
        "history": [["Hi", "Hello"], ["And you?", " Fine.\n"]],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20},
        "elapsed_ms": answer.elapsed_ms,
        "warnings": [],
    }


def test_the_model_gets_the_whole_request() -> None:
    model = ScriptedModel(["a"])
    talk = Chat(
        (Message("system", "Be brief."), Message("user", "Hi")),
        max_tokens=7,
        temperature=0.1,
        sampling=Sampling(top_p=0.5, seed=3),
        json_schema={"type": "object"},
    )
    run(model, talk)
    [request] = model.requests
    assert request.messages == talk.messages
    assert (request.max_tokens, request.temperature) == (7, 0.1)
    assert (request.sampling, request.json_schema) == (talk.sampling, talk.json_schema)


@pytest.mark.parametrize("pieces", [["one STOP two"], list("one STOP two"), ["one ST", "OP"]])
def test_a_stop_string_ends_the_answer_though_the_model_does_not_mind_it(pieces: list[str]) -> None:
    model = ScriptedModel([*pieces, 30.0])
    events, answer = run(model, chat("STOP"))
    assert said(events) == answer.text == "one "
    assert (answer.reason, answer.usage) == ("stop", Usage())
    assert model.stopped.is_set()


def test_the_beginning_of_a_stop_string_is_no_stop_string() -> None:
    events, answer = run(ScriptedModel(["one ST", 0.1, "ART ST"]), chat("STOP"))
    assert said(events) == answer.text == "one START ST"
    assert answer.usage == Usage(10, 20)


@pytest.mark.parametrize(
    ("steps", "warning"),
    [
        (["a", Finish("length", Usage(1, 2))], "max_tokens"),
        ([Finish("stop", Usage(1, 0))], "without any text"),
        (["a", Finish("stop", Usage(1, 2), "Weaker.")], "Weaker."),
    ],
)
def test_what_is_less_than_asked_for_is_told(steps: list[Step], warning: str) -> None:
    _, answer = run(ScriptedModel(steps), chat())
    assert len(answer.warnings) == 1
    assert warning in answer.warnings[0]


def test_only_models_that_see_get_pictures() -> None:
    picture = Image(b"png", "image/png")
    with pytest.raises(Unprocessable) as caught:
        run(ScriptedModel(["a"]), chat(image=picture))
    assert caught.value.field == "image"
    seeing = ScriptedModel(["a"], images=True)
    run(seeing, chat(image=picture))
    assert seeing.requests[0].messages[0].images == (picture,)


class SlowToLoad(ScriptedModel):
    def load(self) -> None:
        time.sleep(0.7)
        super().load()


def test_loading_is_told() -> None:
    model = SlowToLoad(["a"])
    model.current = ModelState("idle")
    events, _ = run(model, chat())
    assert events[0] == Stage("loading", None)


@pytest.mark.parametrize("error", [Unavailable("No."), ModelFailed("Broken.")])
def test_a_failure_is_raised(error: KexError) -> None:
    with pytest.raises(type(error)):
        run(ScriptedModel(["half", error]), chat())


def test_leaving_stops_the_model() -> None:
    model = ScriptedModel(["a", 30.0])
    events = converse(chat(), model)
    assert isinstance(next(events), Token)
    events.close()
    assert model.stopped.is_set()


def test_a_real_model_answers_and_minds_the_sampling(tiny: Embedded) -> None:
    def ask(**sampling: object) -> Answer:
        talk = Chat(
            (Message("user", "Name a colour."),),
            max_tokens=12,
            temperature=1.0,
            sampling=Sampling(**sampling),  # type: ignore[arg-type]  # as parametrised
        )
        return run(tiny, talk)[1]

    first = ask(seed=5)
    assert first.text
    assert first.usage.completion_tokens
    assert ask(seed=5).text == first.text
    # One candidate leaves the seed nothing to choose.
    assert ask(seed=1, top_k=1).text == ask(seed=2, top_k=1).text
    word = ask(top_k=1).text.split()[1]
    cut = ask(top_k=1, stop=(word,))
    assert word not in cut.text
    assert cut.reason == "stop"
    assert cut.usage.completion_tokens  # the engine stopped by itself, so it knows
