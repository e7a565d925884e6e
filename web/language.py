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
    """`ui` of the address, else the best of Accept-Language, else the request's own `lang`.

    The first two say what the reader reads, `lang` what the text is in; English where none helps.
    """
    ui = request.args.get("ui")
    if ui in ("zh", "en"):
        return "zh" if ui == "zh" else "en"
    chosen = request.accept_languages.best_match(["en", "zh"]) or request.environ.get(_CHOSEN)
    return "zh" if chosen == "zh" else "en"
