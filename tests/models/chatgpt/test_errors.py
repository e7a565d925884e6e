"""Every fault of a server, played by a script: its error, its further tries."""

from __future__ import annotations

import pytest

from errors import (
    DeadlineExceeded,
    KexError,
    ModelFailed,
    RateLimited,
    TooLarge,
    Unavailable,
    Unprocessable,
)
from models.base import Text
from tests.models.chatgpt.openai_client import Build, Play, ask, fails, read
from tests.models.chatgpt.scripted_server import (
    DONE,
    Reply,
    ScriptedServer,
    answer,
    delta,
    events,
    failure,
    finish,
)


@pytest.mark.parametrize(
    ("reply", "kind", "part"),
    [
        (failure(401, "Bad key"), Unavailable, "rejected the key in OPENAI_API_KEY"),
        (failure(403, "Not you"), Unavailable, "OPENAI_API_KEY: Not you"),
        (failure(404, "No such model"), Unavailable, "KEX_OPENAI_MODEL"),
        (failure(402, "Pay"), RateLimited, "no credit"),
        (failure(400, "context_length exceeded"), Unprocessable, "context_length exceeded"),
        (failure(422, "bad image"), Unprocessable, "bad image"),
        (failure(400, "max_tokens is too large: 9"), Unprocessable, "too large"),
        (failure(413, "5 MB"), TooLarge, "5 MB"),
        (failure(418, "teapot"), Unavailable, "HTTP 418: teapot"),
        (failure(429, "Pay", code="insufficient_quota"), RateLimited, "no credit"),
        (Reply((b"<html>Welcome</html>",)), ModelFailed, "OPENAI_BASE_URL"),
        (events("{not json"), ModelFailed, "OPENAI_BASE_URL"),
        (Reply((b"data: \xff\xfe\n\n",)), ModelFailed, "OPENAI_BASE_URL"),
        (events({"choices": "nonsense"}), ModelFailed, "OPENAI_BASE_URL"),
        (events({"choices": [{"delta": {"content": 5}}]}), ModelFailed, "OPENAI_BASE_URL"),
        (events([1, 2]), ModelFailed, "OPENAI_BASE_URL"),
        (events({"error": {"message": "no", "code": 400}}), Unprocessable, "no"),
        (events(delta("a")), ModelFailed, "broke off"),
        (events(delta("a"), DONE), ModelFailed, "broke off"),
        (events(delta("a"), "{not json"), ModelFailed, "broke off"),
        (events(delta("a"), end="cut"), ModelFailed, "broke off"),
        (events(delta("a"), end="reset"), ModelFailed, "broke off"),
        (events(delta("a"), {"error": {"message": "oh", "code": 500}}), ModelFailed, "broke off"),
        (events(delta("a"), finish("content_filter"), DONE), ModelFailed, "content filter"),
        (
            events({"choices": [{"delta": {"refusal": "I will not"}}]}, finish(), DONE),
            ModelFailed,
            "refused: I will not",
        ),
    ],
)
def test_each_fault_has_its_error(
    play: Play, reply: Reply, kind: type[KexError], part: str
) -> None:
    model, server = play(reply)
    assert part in fails(model, kind).message
    assert len(server.seen) == 1  # none of these is tried again


def test_a_refusal_by_the_network_names_the_host_alone(build: Build) -> None:
    with ScriptedServer([]) as server:
        address = server.url
    error = fails(build(address, openai_retries=0), Unavailable)
    assert address.removeprefix("http://").removesuffix("/v1") in error.message
    assert "/v1" not in error.message


def test_a_server_s_words_are_shortened(play: Play) -> None:
    model, _ = play(failure(400, "long " * 500))
    assert 200 < len(fails(model, Unprocessable).message) < 360


@pytest.mark.parametrize(
    "fault",
    [
        failure(500, "oops"),
        failure(503, "busy", headers={"Retry-After": "0"}),
        failure(409, "locked"),
        Reply(status=None, end="cut"),
        Reply(status=None, end="reset"),
        events(end="cut"),
        events({"error": {"message": "overloaded", "code": 503}}),
    ],
)
def test_a_passing_fault_before_the_first_token_is_tried_again(play: Play, fault: Reply) -> None:
    model, server = play(fault, answer("well"))
    assert read(model)[0] == "well"
    assert len(server.seen) == 2


def test_tries_come_to_an_end_and_wait_longer_each_time(play: Play) -> None:
    model, server = play(*[failure(500, "oops")] * 5, openai_retries=2)
    assert "oops" in fails(model, ModelFailed).message
    first, second, third = (seen.at for seen in server.seen)
    assert second - first > 0.37  # 0.5 s less a quarter of jitter, then twice as much
    assert third - second > 0.74


def test_nothing_is_tried_again_after_the_first_token(play: Play) -> None:
    model, server = play(events(delta("a"), end="cut"), answer("b"))
    chunks = model.generate(ask())
    assert next(chunks) == Text("a")
    with pytest.raises(ModelFailed, match="broke off"):
        list(chunks)
    assert len(server.seen) == 1


def test_retry_after_is_kept(play: Play) -> None:
    model, server = play(failure(429, "slow", headers={"Retry-After": "1"}), answer("a"))
    assert read(model)[0] == "a"
    assert 0.95 < server.seen[1].at - server.seen[0].at < 3


def test_a_long_retry_after_is_handed_on(play: Play) -> None:
    model, server = play(failure(429, "slow", headers={"Retry-After": "11.5"}), answer("a"))
    assert fails(model, RateLimited).retry_after == 12
    assert len(server.seen) == 1


def test_a_silent_server_is_tried_twice_and_not_more(play: Play) -> None:
    silent = Reply(status=None, end="silent")
    model, server = play(*[silent] * 4, openai_timeout=0.3, openai_retries=3)
    assert "0.3 s" in fails(model, DeadlineExceeded).message
    assert len(server.seen) == 2


def test_silence_after_the_first_token_breaks_the_answer_off(play: Play) -> None:
    model, server = play(events(delta("a"), end="silent"), openai_timeout=0.3)
    assert "broke off" in fails(model, ModelFailed).message
    assert len(server.seen) == 1
