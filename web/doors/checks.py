"""What every request passes before its route: the server's name, a key, the client's allowance."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, g, request

from errors import CrossSite, NoKey
from settings import Settings
from web.doors.hosts import is_own
from web.doors.keys import CHALLENGE, OPEN_PATHS, ApiKeys
from web.doors.rates import ClientRates, client_of_address
from wording import message

# The routes that cost a model's work, or as much as that.
COUNTED = frozenset(
    {"kex.get_response", "kex.export", "documents.documents", "openai.chat_completions"}
)


def register(app: Flask, settings: Settings) -> None:
    """Install the checks."""
    keys = ApiKeys(settings.api_key)
    rates = ClientRates(settings.client_per_minute, settings.client_per_day)
    if keys.wanted:
        app.before_request(_key_check(keys, settings))
        app.after_request(_challenge)
    else:
        app.before_request(_host_check(settings))
    app.before_request(_rate_check(rates))


def _host_check(settings: Settings) -> Callable[[], None]:
    def check() -> None:
        if request.blueprint == "replica" and "Origin" not in request.headers:
            return  # for programs, which call a replica by any name; pages send an Origin
        # Every browser names the host; a program of HTTP/1.0 need not.
        if "Host" in request.headers and not is_own(request.host, settings):
            raise CrossSite(
                message("errors.web_foreign_host", host=request.host[:80]), field="Host"
            )

    return check


def _key_check(keys: ApiKeys, settings: Settings) -> Callable[[], None]:
    def check() -> None:
        if request.path in OPEN_PATHS:
            return
        if settings.replica_key and request.blueprint == "replica":
            return  # it has a key of its own
        found = keys.find(request)
        if found is None:
            key = "replica_key" if request.blueprint == "replica" else "web_no_key"
            raise NoKey(message(f"errors.{key}"), field="Authorization")
        g.client = f"key {found}"

    return check


def _rate_check(rates: ClientRates) -> Callable[[], None]:
    def check() -> None:
        if request.endpoint in COUNTED:
            rates.count(g.get("client") or client_of_address(request.remote_addr or ""))

    return check


def _challenge(response: Response) -> Response:
    """Makes browsers ask for the key."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response
