"""Serves the application with waitress and ends in an orderly way on SIGTERM and Ctrl-C."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import waitress
from flask import Flask

from errors import InputError
from settings import Settings
from wording import message

DRAIN_SECONDS = 10  # at least 5, which waitress waits by itself
LAST_WORDS_SECONDS = 5  # for the error event of what still runs; more than enough when idle


def serve(
    app: Flask, settings: Settings, announce: Callable[[str], None], stop: Callable[[], None]
) -> None:
    """Serve until a signal comes; `announce` gets the URL once the port is open.

    Running answers get DRAIN_SECONDS to finish; then `stop` ends the models, and what still runs
    tells its client so. Raises InputError when the address is taken.
    """
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            # One request ahead is what makes `client_disconnected` known to us.
            channel_request_lookahead=1,
            connection_limit=1000,  # the default of 100 lets slow sockets block /health
            max_request_header_size=16_384,
            clear_untrusted_proxy_headers=True,
            ident="kex",
        )
    except ValueError as error:  # waitress's word for a host that has no address
        raise InputError(
            message("errors.serve_host", host=settings.host, reason=str(error)), field="KEX_HOST"
        ) from error
    except OSError as error:
        raise InputError(_why(error, settings), field="KEX_PORT") from error
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    announce(f"http://{_shown(settings.host)}:{_port(server)}")
    server.run()  # returns on SystemExit, having waited 5 s for running answers
    server.task_dispatcher.shutdown(timeout=DRAIN_SECONDS - 5)
    stop()
    server.task_dispatcher.shutdown(timeout=LAST_WORDS_SECONDS)


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


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End waitress's loop; a second signal ends the process at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise SystemExit
