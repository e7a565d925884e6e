"""Places, deadlines and clients that leave: the runner behind every route that works."""

from __future__ import annotations

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from errors import Busy, DeadlineExceeded, InputError, KexError, ModelFailed
from extraction import extractor
from extraction.extractor import Answer
from extraction.request.task import make_task
from models.progress import Stage, Token
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import events, form, post
from web import stream as web_stream
from web.extract.events import NamedEvents
from web.stream import PING, RETRY_SECONDS, ClientGone, Event, Runner
from wording import message

TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'
LATE = "errors.web_export_timeout"
TASK = make_task("KE1", TEXT)


class Wire(NamedEvents):
    """The event stream of the page, which also records whether the client left."""

    def __init__(self) -> None:
        super().__init__(TASK)
        self.gone = 0

    def left(self) -> None:
        super().left()
        self.gone += 1


def stays() -> bool:
    return False


def leaves_after(count: int) -> Callable[[], bool]:
    """A client that is gone at the check after `count` others."""
    checks = iter(range(1000))
    return lambda: next(checks) >= count


def extraction(scripted: ScriptedModel) -> Generator[extractor.Event, None, None]:
    return extractor.extract(TASK, scripted)


def free(runner: Runner) -> bool:
    """Whether a place can be had."""
    try:
        return runner.run(lambda: True)
    except Busy:
        return False


def names(written: list[str]) -> list[str]:
    return [one.split("\n")[0].removeprefix("event: ") for one in written]


def data(written: str) -> Any:
    return json.loads(written.split("\ndata: ")[1])


# A whole answer


def test_a_whole_answer(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    runner = Runner(1, 60)
    for _ in range(3):
        assert len(runner.whole(extraction(scripted), Answer, stays).items) == 1
    assert free(runner)


@pytest.mark.parametrize("error", [ModelFailed("It broke."), KeyError("secret")])
def test_an_error_gives_the_place_back(scripted: ScriptedModel, error: Exception) -> None:
    scripted.script = lambda _: [error]
    runner = Runner(1, 60)
    for _ in range(3):
        with pytest.raises(type(error)):
            runner.whole(extraction(scripted), Answer, stays)
    assert free(runner)


def test_events_without_an_answer_are_a_mistake_of_ours() -> None:
    def nothing() -> Generator[Event, None, None]:
        yield Token("a")

    runner = Runner(1, 60)
    with pytest.raises(KexError) as caught:
        runner.whole(nothing(), Answer, stays)
    assert (caught.value.status, caught.value.code) == (500, "internal")
    assert free(runner)


@pytest.mark.parametrize("checks", [0, 2])
def test_nobody_waits_for_a_whole_answer(scripted: ScriptedModel, checks: int) -> None:
    scripted.script = lambda _: [30.0]
    runner = Runner(1, 60)
    with pytest.raises(ClientGone):
        runner.whole(extraction(scripted), Answer, leaves_after(checks))
    assert scripted.stopped.wait(1)
    assert free(runner)


def test_a_whole_answer_has_a_deadline(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [30.0]
    runner = Runner(1, 0.2)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        runner.whole(extraction(scripted), Answer, stays)
    assert time.monotonic() - began < 5
    assert "0.2 seconds" in caught.value.message
    assert scripted.stopped.wait(1)
    assert free(runner)


def test_an_answer_that_is_complete_is_not_too_late(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    *_, answer = extraction(scripted)

    def slow() -> Generator[Event, None, None]:
        time.sleep(0.1)
        yield answer

    assert Runner(1, 0.01).whole(slow(), Answer, stays) is answer


def test_work_without_a_model() -> None:
    runner = Runner(1, 60)
    assert runner.run(lambda: 5) == 5

    def inner() -> int:
        assert not free(runner)
        raise InputError("No.")

    for _ in range(3):
        with pytest.raises(InputError):
            runner.run(inner)
    assert free(runner)


# A stream


def test_a_stream_takes_its_place_at_once_and_gives_it_back(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    runner = Runner(1, 60)
    first = runner.stream(extraction(scripted), Wire(), stays)
    for other in (
        lambda: runner.stream(extraction(scripted), Wire(), stays),
        lambda: runner.whole(extraction(scripted), Answer, stays),
        lambda: runner.pieces(iter("a"), stays, LATE),
    ):
        with pytest.raises(Busy) as caught:
            other()
        assert caught.value.retry_after == RETRY_SECONDS
    assert names(list(first))[-1] == "done"
    assert free(runner)


def test_more_places_are_more_streams(scripted: ScriptedModel) -> None:
    runner = Runner(3, 60)
    streams = [runner.stream(extraction(scripted), Wire(), stays) for _ in range(3)]
    assert not free(runner)
    del streams[0]  # nobody has read it
    assert free(runner)


@pytest.mark.parametrize(
    ("error", "code"),
    [(ModelFailed("It broke."), "model_failed"), (KeyError("secret"), "internal")],
)
def test_an_error_is_the_last_event(
    scripted: ScriptedModel, caplog: pytest.LogCaptureFixture, error: Exception, code: str
) -> None:
    scripted.script = lambda _: ["{", error]
    runner = Runner(1, 60)
    for _ in range(2):
        wire = Wire()
        with caplog.at_level(logging.CRITICAL if code == "model_failed" else logging.ERROR):
            written = list(runner.stream(extraction(scripted), wire, stays))
        assert names(written)[-2:] == ["token", "error"]
        assert data(written[-1])["error"]["code"] == code
        assert "secret" not in "".join(written)
        assert wire.gone == 0
    assert free(runner)


def test_an_event_that_cannot_be_written_ends_the_stream(scripted: ScriptedModel) -> None:
    class Broken(Wire):
        def event(self, event: Any) -> str:
            if isinstance(event, Token):
                raise RuntimeError("secret")
            return super().event(event)

    scripted.script = lambda _: ["{", 30.0]
    runner = Runner(1, 60)
    written = list(runner.stream(extraction(scripted), Broken(), stays))
    assert names(written)[-1] == "error"
    assert scripted.stopped.wait(1)
    assert free(runner)


def test_a_stream_that_nobody_reads_any_more_is_stopped(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["{", 30.0]
    runner, wire = Runner(1, 60), Wire()
    written = list(runner.stream(extraction(scripted), wire, leaves_after(3)))
    assert "error" not in names(written)
    assert wire.gone == 1
    assert scripted.stopped.wait(1)
    assert free(runner)


def test_a_stream_that_the_server_closes_is_stopped(scripted: ScriptedModel) -> None:
    """As waitress does after a write that failed."""
    scripted.script = lambda _: ["{", 30.0]
    runner, wire = Runner(1, 60), Wire()
    stream = runner.stream(extraction(scripted), wire, stays)
    while "event: token" not in next(stream):
        pass
    stream.close()  # type: ignore[attr-defined]
    assert wire.gone == 1
    assert scripted.stopped.wait(1)
    assert free(runner)


def test_closing_after_the_answer_is_not_leaving(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    wire = Wire()
    stream = Runner(1, 60).stream(extraction(scripted), wire, stays)
    while "event: done" not in next(stream):
        pass
    stream.close()  # type: ignore[attr-defined]
    assert wire.gone == 0


def test_a_stream_has_a_deadline(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["{", 30.0]
    runner, wire = Runner(1, 0.3), Wire()
    written = list(runner.stream(extraction(scripted), wire, stays))
    assert names(written)[-1] == "error"
    assert data(written[-1])["error"]["code"] == "timeout"
    assert wire.gone == 0
    assert scripted.stopped.wait(1)
    assert free(runner)


def test_a_silent_model_sends_pings(
    scripted: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.script = lambda _: [1.0, GOOD]
    runner = Runner(1, 60)
    written = list(runner.stream(extraction(scripted), Wire(), stays))
    assert PING not in written  # two seconds have not passed
    assert names(written).count("status") == 1  # the same state is sent once
    monkeypatch.setattr(web_stream, "PING_SECONDS", 0.2)
    written = list(runner.stream(extraction(scripted), Wire(), stays))
    assert 2 <= written.count(PING) <= 5
    assert names(written).count("status") == 1
    # A comment has no field of an event: browsers skip it.
    assert PING.startswith(":") and PING.endswith("\n\n")


def test_a_stage_that_is_not_written_still_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Wire):
        def event(self, event: Any) -> str:
            return "" if isinstance(event, Stage) else super().event(event)

    def stages() -> Generator[Event, None, None]:
        for done in (0.1, 0.2, 0.3):
            yield Stage("reading", done)

    monkeypatch.setattr(web_stream, "PING_SECONDS", 0)
    written = list(Runner(1, 60).stream(stages(), Silent(), stays))
    assert written == [PING, PING, PING]


# Pieces of a text


def slow() -> Iterator[str]:
    yield "a"
    time.sleep(0.2)
    yield "b"
    yield "c"


def late() -> Iterator[str]:
    time.sleep(0.2)
    yield "a"


def broken() -> Iterator[str]:
    yield "a"
    raise ModelFailed("It broke.")


def last(error: KexError) -> str:
    return f"<{error.code}>"


def test_pieces_come_as_they_are_written() -> None:
    runner = Runner(1, 60)
    for end in (None, last):
        assert "".join(runner.pieces(slow(), stays, LATE, end)) == "abc"
        assert "".join(runner.pieces(iter(()), stays, LATE, end)) == ""
    assert free(runner)


def test_a_text_that_takes_too_long_breaks_off() -> None:
    runner = Runner(1, 0.1)
    for _ in range(2):
        pieces = runner.pieces(slow(), stays, LATE)
        assert next(pieces) == "a"
        with pytest.raises(DeadlineExceeded) as caught:
            next(pieces)
        assert caught.value.message == message(LATE, timeout=0.1)
    assert free(runner)


def test_a_text_that_takes_too_long_ends_with_the_error() -> None:
    runner = Runner(1, 0.1)
    assert list(runner.pieces(slow(), stays, LATE, last)) == ["a", "<timeout>"]
    assert free(runner)


@pytest.mark.parametrize("end", [None, last])
def test_before_its_first_piece_the_error_is_still_an_answer(
    end: Callable[[KexError], str] | None,
) -> None:
    runner = Runner(1, 0.1)
    with pytest.raises(DeadlineExceeded):
        runner.pieces(late(), stays, LATE, end)
    assert free(runner)


def test_an_error_of_the_text_breaks_off() -> None:
    runner = Runner(1, 60)
    for _ in range(2):
        pieces = runner.pieces(broken(), stays, LATE, last)
        assert next(pieces) == "a"
        with pytest.raises(ModelFailed):
            next(pieces)
    assert free(runner)


def test_pieces_for_nobody() -> None:
    runner = Runner(1, 60)
    assert list(runner.pieces(slow(), lambda: True, LATE)) == []
    assert list(runner.pieces(slow(), leaves_after(1), LATE)) == ["a"]
    runner.pieces(slow(), stays, LATE)  # dropped before it was read
    assert free(runner)


# Over HTTP


def test_places_are_given_back(scripted: ScriptedModel) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, max_concurrent=1)
    with Serving(settings, {"Embedded": scripted}) as serving:
        for step, status, end in (
            (GOOD, 200, "done"),
            (ModelFailed("It broke."), 503, "error"),
            (KeyError("secret"), 500, "error"),
        ) * 3:
            scripted.script = lambda _, step=step: [step]  # type: ignore[misc]
            assert form(serving.url, user_input=TEXT)[0] == status
            assert events(serving.url, user_input=TEXT)[-1][0] == end
            for fields in ("", "a&lang=fr", "a&model_type=ChatGpt"):
                body = f"user_input={fields}".encode()
                assert post(serving.url, body)[1]["error"]["code"] in (
                    "invalid_input",
                    "unavailable",
                )


def test_a_request_that_takes_too_long_is_ended(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [30.0]
    settings = Settings(cache_dir=EMPTY_CACHE, request_timeout=0.3)
    with Serving(settings, {"Embedded": scripted}) as serving:
        request = urllib.request.Request(f"{serving.url}/get_response", b"user_input=a")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        with caught.value as error:
            body: Any = json.load(error)
    assert (error.code, body["error"]["code"]) == (504, "timeout")
    assert scripted.stopped.wait(1)
