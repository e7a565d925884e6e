"""What `kex chat` says of its own accord, in Chinese and in English; knows no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from cli.language import locale_language as locale_language
from wording import Lang, table


@dataclass(frozen=True)
class Wording:
    """One language's sentences; `{…}` are filled in where they are said."""

    lang: Lang
    welcome: str
    help: str
    instead: str
    loading: str
    reading: str
    image: str
    with_image: str
    describe: str
    user: str
    label: str
    image_read: str
    blind: str
    cleared: str
    no_history: str
    cut: str
    stopped: str
    not_kept: str
    empty_answer: str
    length: str
    warning: str
    error: str
    too_long: str
    unknown: str
    speed: str
    speed_unknown: str


# `warning` and `error` are those of every command.
_SHARED = ("warning", "error")


def _wording(lang: Lang) -> Wording:
    texts = table(lang)
    names = [field.name for field in fields(Wording) if field.name != "lang"]
    keys = {name: name if name in _SHARED else f"chat_{name}" for name in names}
    return Wording(lang, **{name: str(texts[f"terminal.{key}"]) for name, key in keys.items()})


WORDING: Mapping[Lang, Wording] = {"zh": _wording("zh"), "en": _wording("en")}
