"""Serves the application with waitress and ends in an orderly way on SIGTERM and Ctrl-C."""

from __future__ import annotations

import errno
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.server import BaseWSGIServer

from errors import InputError
from settings import Settings
from web.channel import Channel
from web.services import services_of
from wording import message

DRAIN_SECONDS = 10  # for running answers
LAST_WORDS_SECONDS = 5  # for the error event of what still runs; more than enough when idle
MOST_CONNECTIONS = 1000  # the default of 100 lets slow sockets block /health
# Seconds until a thread that computes lets another one run. With Python's 5 ms /health took 0.2 s
# beside sixteen clients (p99), with this less than 0.1 s; answers took as long.
SWITCH_SECONDS = 0.0005
MOST_FILES = 4096  # files and sockets of the process, where the system lets it have so many
OUTPUT_BYTES = 1_000_000  # of an answer that its client has not read; then the answer waits


def create_server(app: Flask, settings: Settings, sockets: dict[int, Any]) -> Any:
    """A waitress server that listens, its sockets in `sockets`; `turn` lets it work.

    Raises OSError when the address is taken, ValueError when it is none.
    """
    services = services_of(app)
    server = waitress.create_server(
        app,
        map=sockets,
        host=settings.host,
        port=settings.port,
        # Every place has a thread, so that /health and the page find one beside them.
        threads=settings.threads + (len(services.runner.gates) - 1) * settings.max_concurrent,
        # One request ahead is what makes `client_disconnected` known to us.
        channel_request_lookahead=1,
        connection_limit=MOST_CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no file above number 1023
        max_request_header_size=16_384,
        # Routes have lower limits, and say which; so much is read for one to answer.
        max_request_body_size=2 * services.body_bytes,
        outbuf_high_watermark=OUTPUT_BYTES,
        clear_untrusted_proxy_headers=True,
        ident="kex",
        **_proxy(settings),
    )
    for one in list(sockets.values()):
        if isinstance(one, BaseWSGIServer):
            one.channel_class = Channel
            one.stall_timeout = settings.stall_timeout
    return server


def _proxy(settings: Settings) -> dict[str, Any]:
    if settings.trusted_proxy is None:
        return {}
    return {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"},
    }


def turn(sockets: dict[int, Any]) -> None:
    """Read and send what there is; returns within a second."""
    wasyncore.loop(timeout=1, use_poll=True, map=sockets, count=1)


def serve(
    app: Flask, settings: Settings, announce: Callable[[str], None], stop: Callable[[], None]
) -> None:
    """Serve until a signal comes; `announce` gets the URL once the port is open.

    Then new requests are refused, and running answers get DRAIN_SECONDS to finish; then `stop` ends
    the models, and answers that still run end with an error. Raises InputError when the address is
    taken.
    """
    _allow_files()
    sys.setswitchinterval(SWITCH_SECONDS)
    sockets: dict[int, Any] = {}
    try:
        server = create_server(app, settings, sockets)
    except ValueError as error:  # waitress's word for a host that has no address
        raise InputError(
            message("errors.serve_host", host=settings.host, reason=str(error)), field="KEX_HOST"
        ) from error
    except OSError as error:
        raise InputError(_why(error, settings), field="KEX_PORT") from error
    leaving = _Leaving(sockets)
    announce(f"http://{_shown(settings.host)}:{_port(server)}")
    while not leaving.asked:
        turn(sockets)
    runner = services_of(app).runner
    runner.close()
    _turn_while(lambda: runner.taken > 0, DRAIN_SECONDS, sockets)
    if runner.taken:
        stopping = threading.Thread(target=stop, name="stop", daemon=True)
        stopping.start()
        _turn_while(stopping.is_alive, LAST_WORDS_SECONDS, sockets)
        _turn_while(lambda: runner.taken > 0, LAST_WORDS_SECONDS, sockets)
    server.task_dispatcher.shutdown(timeout=LAST_WORDS_SECONDS)
    _turn_while(lambda: _has_output(sockets), LAST_WORDS_SECONDS, sockets)
    wasyncore.close_all(sockets, ignore_all=True)


class _Leaving:
    """Hears the first SIGTERM or Ctrl-C; a second one ends the process at once."""

    def __init__(self, sockets: dict[int, Any]) -> None:
        self.asked = False
        self._wake = next(one for one in sockets.values() if isinstance(one, BaseWSGIServer))
        signal.signal(signal.SIGTERM, self._hear)
        signal.signal(signal.SIGINT, self._hear)

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.asked = True
        self._wake.pull_trigger()


def _turn_while(busy: Callable[[], bool], seconds: float, sockets: dict[int, Any]) -> None:
    end = time.monotonic() + seconds
    while busy() and time.monotonic() < end:
        wasyncore.loop(timeout=0.1, use_poll=True, map=sockets, count=1)


def _has_output(sockets: dict[int, Any]) -> bool:
    return any(isinstance(one, Channel) and one.total_outbufs_len for one in sockets.values())


def _allow_files() -> None:
    """Let the process open as many files as its connections may need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _port(server: Any) -> int:
    """The port in use; a name such as `localhost` may stand for several addresses."""
    many = getattr(server, "effective_listen", None)
    return int(many[0][1] if many else server.effective_port)


def _why(error: OSError, settings: Settings) -> str:
    if error.errno == errno.EADDRINUSE:
        return message("errors.serve_port_taken", port=settings.port, host=settings.host)
    return message(
        "errors.serve_port", host=settings.host, port=settings.port, reason=error.strerror or error
    )


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
