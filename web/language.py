"""The language of what the server says about a request: errors, warnings, stages, states."""

from __future__ import annotations

from typing import Any

from flask import Request

from wording import Lang

_CHOSEN = "kex.lang"  # in the request's environ


def follow(request: Request, lang: Any) -> None:
    """Note the request's own field `lang`; `auto` and anything unknown choose no language."""
    if lang in ("zh", "en"):
        request.environ[_CHOSEN] = lang


def language(request: Request) -> Lang:
    """The request's own `lang`, else `ui` of the address, else the best of Accept-Language.

    English where nothing is named.
    """
    chosen = request.environ.get(_CHOSEN) or request.args.get("ui")
    if chosen not in ("zh", "en"):
        chosen = request.accept_languages.best_match(["en", "zh"], "en")
    return "zh" if chosen == "zh" else "en"
