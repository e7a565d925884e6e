"""When a connection counts as stalled; over HTTP it is in tests/robustness/test_load.py."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from web.channel import Channel


class Server:
    """What a channel needs of its server."""

    stall_timeout = 10.0

    def __init__(self) -> None:
        self.active_channels: dict[int, Any] = {}

    def add_task(self, task: object) -> None:
        """Nobody serves."""


@pytest.fixture
def channel() -> Iterator[Any]:
    ours, theirs = socket.socketpair()
    with theirs:
        made: Any = Channel(Server(), ours, ("127.0.0.1", 1), Adjustments(), map={})
        made.creation_time = made.last_activity = made._receiving_since = 0.0
        yield made
        made.close()


def stalls(channel: Any, at: float) -> bool:
    """With both clocks at the same time."""
    return bool(channel._stalls(at, at))


def test_a_clock_that_is_set_forward_closes_nothing(channel: Any) -> None:
    channel.received(b"GET / HTTP/1.1\r\n\r\n")
    channel.total_outbufs_len = 5
    assert not channel._stalls(1000, 1000)
    assert not channel._stalls(1001, 99_999)
    assert channel._stalls(1010.1, 99_999)


def test_a_request_has_to_come_whole(channel: Any) -> None:
    assert not stalls(channel, 10)
    assert stalls(channel, 10.1)
    channel.received(b"GET / HTTP/1.1\r\n")
    assert stalls(channel, 11)  # a byte now and then does not help
    channel.received(b"\r\n")
    assert not stalls(channel, 1000)  # whole: the answer may take its time, and so may the next one


def test_an_answer_has_to_be_read(channel: Any) -> None:
    channel.received(b"GET / HTTP/1.1\r\n\r\n")
    channel.total_outbufs_len = 5  # an answer that has come long after the request
    assert not stalls(channel, 1000)
    assert not stalls(channel, 1010)
    assert stalls(channel, 1010.1)
    channel.last_activity = 1009  # some of it was taken
    assert not stalls(channel, 1011)
    assert stalls(channel, 1019.1)
    channel.total_outbufs_len = 0
    assert not stalls(channel, 2000)
    channel.total_outbufs_len = 5
    assert not stalls(channel, 2000)
