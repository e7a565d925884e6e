"""Every text that a person reads, by key, in Chinese and English.

A table is a JSON file of a language's folder: `en/errors.json`, `zh/errors.json`. Both languages
have the same keys and the same placeholders. Knows nothing of who shows the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, reduce
from pathlib import Path
from typing import Any, Literal

Lang = Literal["zh", "en"]

_FOLDER = Path(__file__).parent
# What texts call the command, and what it is called where Kex is installed as a package.
_HERE, _INSTALLED = "./kex ", "kex "


class Message(str):
    """A text in English that knows how to say itself in the other language.

    `key` is its place in the tables, `values` fill the placeholders; a value that is itself a
    Message is rendered in the same language.
    """

    __slots__ = ("key", "values")

    key: str
    values: Mapping[str, Any]

    def to(self, lang: Lang) -> str:
        return render(lang, self.key, self.values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.key, dict(self.values))


def message(key: str, **values: Any) -> Message:
    """The text of `key` in English, translatable later; KeyError where there is no such key."""
    made = Message(render("en", key, values))
    made.key, made.values = key, values
    return made


def _restored(key: str, values: dict[str, Any]) -> Message:
    return message(key, **values)


def joined(key: str, parts: Iterable[str | None]) -> str | None:
    """One Message of several by `errors.joined_<key>` ("sentences", "lines", …); None for none."""
    given = [part for part in parts if part]
    if not given:
        return None
    return reduce(lambda a, b: message(f"errors.joined_{key}", first=a, second=b), given)


def render(lang: Lang, key: str, values: Mapping[str, Any]) -> str:
    """The text of `key` with its placeholders filled; `{n}` takes `str.format`'s syntax.

    A text may be an object of plural forms, `{"one": …, "other": …}`, chosen by the value `count`.
    """
    entry = table(lang)[key]
    if isinstance(entry, dict):
        entry = entry["one" if values.get("count") == 1 and "one" in entry else "other"]
    if not values:
        return str(entry)
    return str(entry).format_map({name: localised(value, lang) for name, value in values.items()})


def text(lang: Lang, key: str, /, **values: Any) -> str:
    """`render` for a key and values that are known where it is called."""
    return render(lang, key, values)


def localised(value: Any, lang: Lang) -> Any:
    """The same value with every Message in it, at any depth, in the language."""
    if isinstance(value, Message):
        return value.to(lang)
    if isinstance(value, Mapping):
        return {name: localised(part, lang) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(localised(part, lang) for part in value)
    return value


@cache
def table(lang: Lang) -> Mapping[str, Any]:
    """All texts of a language; keys are `file.key`."""
    texts: dict[str, Any] = {}
    for path in sorted((_FOLDER / lang).glob("*.json")):
        source = path.read_text(encoding="utf-8")
        if __name__ != "wording":
            source = source.replace(_HERE, _INSTALLED)
        for key, text in json.loads(source).items():
            texts[f"{path.stem}.{key}"] = text
    return texts
