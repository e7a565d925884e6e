"""The language of what the command line prints: the user's locale."""

from __future__ import annotations

import os
from typing import Any

from wording import Lang, render


def locale_language() -> Lang:
    """The language of the user's messages, as POSIX names its variables; English if in doubt."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(key: str, **values: Any) -> str:
    """The text of `terminal.<key>` in the user's language."""
    return render(locale_language(), f"terminal.{key}", values)
