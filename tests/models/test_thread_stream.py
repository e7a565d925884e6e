from __future__ import annotations

import threading
import time

import pytest

from models.thread_stream import BEAT_SECONDS, Sink, pump


def test_items_come_in_order() -> None:
    def produce(sink: Sink[int]) -> None:
        for number in range(100):
            sink.put(number)

    assert [item for item in pump(produce, name="t") if item is not None] == list(range(100))


def test_silence_is_filled_with_beats() -> None:
    def produce(sink: Sink[str]) -> None:
        time.sleep(2.5 * BEAT_SECONDS)
        sink.put("late")

    stream = pump(produce, name="t")
    assert list(stream) == [None, None, "late"]


def test_an_exception_comes_out_where_the_items_do() -> None:
    def produce(sink: Sink[int]) -> None:
        sink.put(1)
        raise KeyError("lost")

    stream = pump(produce, name="t")
    assert next(stream) == 1
    with pytest.raises(KeyError, match="lost"):
        next(stream)


def test_closing_tells_the_producer_and_aborts_what_blocks_it() -> None:
    aborted = threading.Event()
    left = threading.Event()

    def produce(sink: Sink[int]) -> None:
        sink.on_stop(aborted.set)
        sink.put(1)
        aborted.wait(5)
        if sink.stopped:
            left.set()

    stream = pump(produce, name="t")
    assert next(stream) == 1
    stream.close()
    assert left.wait(1)


def test_an_abort_registered_too_late_is_called_at_once() -> None:
    sink: Sink[int] = Sink()
    sink.stop()
    calls: list[int] = []
    sink.on_stop(lambda: calls.append(1))
    assert calls == [1]
