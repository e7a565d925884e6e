"""Ctrl-C that ends a command soon, also where a model reads a long text and cannot be reached."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cli.streams import leave_interrupted

SECONDS = 1.5  # that a command has to come to an end in order


@contextmanager
def ending_soon() -> Iterator[None]:
    """Inside, Ctrl-C raises KeyboardInterrupt, and ends the process some time later in any case.

    A second Ctrl-C ends it at once. Commands that would lose something by that have handlers of
    their own; a talk, which only drops a line, has `dropping_lines`.
    """
    if not _is_default():
        yield  # the caller has set SIGINT to be ignored, or has a handler of its own
        return

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, lambda *_: leave_interrupted())
        watch = threading.Timer(SECONDS, leave_interrupted)
        watch.daemon = True
        watch.start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is end:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def leave_within(seconds: float, status: int) -> None:
    """End the process with this exit status after some time, if it has not ended by then."""
    watch = threading.Timer(seconds, os._exit, [status])
    watch.daemon = True
    watch.start()


@contextmanager
def dropping_lines() -> Iterator[None]:
    """Inside, Ctrl-C raises KeyboardInterrupt and does no more."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_default() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
