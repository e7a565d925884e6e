"""Starts the command line: what has to be right before its parts are loaded, which takes a second.

Ctrl-C ends the process meanwhile. Imports nothing heavy.
"""

from __future__ import annotations

import signal
from types import FrameType

from cli.streams import leave_interrupted, mend_streams


def start() -> None:
    """Run the command of this process; does not return."""
    mend_streams()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from cli.main import main

    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main(prog_name="kex")


def _leave(number: int, frame: FrameType | None) -> None:
    leave_interrupted()
