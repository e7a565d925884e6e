"""Requests as they are sent and answers as they are read, with servers that know less."""

from __future__ import annotations

import base64

from errors import (
    Unprocessable,
)
from models.base import Finish, GenerateRequest, Image, Message, Sampling, Usage
from tests.models.chatgpt.openai_client import KEY, SCHEMA, Play, ask, fails, read
from tests.models.chatgpt.scripted_server import (
    DONE,
    Reply,
    answer,
    delta,
    events,
    failure,
    finish,
)


def test_the_request_as_it_is_sent(play: Play) -> None:
    model, server = play(answer("Kex"), openai_model="some-model")
    text, end = read(model, ask("Hi", max_tokens=33, grammar="start: /a/"))
    assert (text, end) == ("Kex", Finish("stop", Usage(7, 2)))
    [seen] = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.body == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 33,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_the_way_of_drawing_is_sent_as_far_as_the_protocol_knows_it(play: Play) -> None:
    model, server = play(answer("a"), failure(400, "Unknown parameter: 'seed'"), answer("b"))
    assert read(model, ask(sampling=Sampling(top_p=0.5, seed=7)))[1].warning is None
    assert (server.seen[0].body["top_p"], server.seen[0].body["seed"]) == (0.5, 7)
    warning = read(model, ask(sampling=Sampling(top_p=0.5, seed=7, top_k=3)))[1].warning
    assert warning == "The server does not support seed and top_k: no effect."
    assert "seed" not in server.seen[2].body


def test_images_go_as_data_urls(play: Play) -> None:
    data = bytes(range(256))
    message = Message("user", "看图", (Image(data, "image/webp"),))
    model, server = play(answer("a"))
    read(model, GenerateRequest((Message("system", "s"), message), max_tokens=4))
    system, user = server.seen[0].body["messages"]
    assert system == {"role": "system", "content": "s"}
    text, image = user["content"]
    assert text == {"type": "text", "text": "看图"}
    head, _, body = image["image_url"]["url"].partition(",")
    assert head == "data:image/webp;base64"
    assert base64.b64decode(body) == data


def test_characters_cut_at_every_byte(play: Play) -> None:
    whole = answer("知识🦆", "é")
    pieces = tuple(bytes([byte]) for byte in b"".join(whole.pieces))
    model, _ = play(Reply(pieces, headers=whole.headers))
    assert read(model)[0] == "知识🦆é"


def test_surrogates_cut_in_two_are_joined_and_lone_ones_replaced(play: Play) -> None:
    duck = "🦆".encode("utf-16-be").hex()
    halves = [f'{{"choices":[{{"delta":{{"content":"\\u{h}"}}}}]}}' for h in (duck[:4], duck[4:])]
    model, _ = play(events(*halves, delta("!"), halves[0], finish(), DONE))
    assert read(model)[0] == "🦆!\ufffd"


def test_an_answer_that_ended_is_whole_even_if_the_usage_is_lost(play: Play) -> None:
    model, _ = play(events(delta("a"), finish("length"), end="cut"))
    assert read(model) == ("a", Finish("length", Usage()))


def test_the_form_of_the_answer_steps_down_and_is_remembered(play: Play) -> None:
    model, server = play(
        failure(400, "response_format.type must be 'json_object' or 'text'"),
        failure(422, "Unknown parameter", param="response_format"),
        answer("a"),
        answer("b"),
    )
    for text in "ab":
        said, end = read(model, ask(json_schema=SCHEMA))
        assert said == text
        assert end.warning and "JSON-schema" in end.warning
    forms = [seen.body.get("response_format") for seen in server.seen]
    schema = {"name": "knowledge", "strict": True, "schema": SCHEMA}
    assert forms == [
        {"type": "json_schema", "json_schema": schema},
        {"type": "json_object"},
        None,
        None,
    ]


def test_a_schema_that_is_refused_for_itself_spoils_no_other(play: Play) -> None:
    model, server = play(
        failure(400, "Invalid schema for response_format 'knowledge': too many enum values"),
        answer("a"),
        answer("b"),
    )
    assert read(model, ask(json_schema=SCHEMA))[1].warning
    assert read(model, ask(json_schema=SCHEMA))[1].warning is None
    types = [seen.body["response_format"]["type"] for seen in server.seen]
    assert types == ["json_schema", "json_object", "json_schema"]


def test_parameters_that_a_server_rejects_are_written_otherwise(play: Play) -> None:
    model, server = play(
        failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        failure(400, "'temperature' does not support 0.0 with this model: unsupported value"),
        failure(422, "Extra inputs are not permitted", param="stream_options"),
        answer("a"),
        answer("b"),
    )
    assert [read(model)[0], read(model)[0]] == ["a", "b"]
    for seen in server.seen[3:]:
        assert seen.body["max_completion_tokens"] == 16
        assert not {"max_tokens", "temperature", "stream_options"} & set(seen.body)


def test_a_server_that_rejects_everything_is_not_asked_for_ever(play: Play) -> None:
    model, server = play(*[failure(400, "unknown parameter: max_tokens")] * 9)
    assert "max_tokens" in fails(model, Unprocessable).message
    assert len(server.seen) == 2
