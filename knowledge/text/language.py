"""What a Han character is, and which of the two prompt languages fits a text."""

from __future__ import annotations

import re

from knowledge.text.spans import Lang

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(f"(?:(?![{HAN}])[^\\W\\d_])+")


def holds_han(text: str) -> bool:
    """Whether there is a Han character in it."""
    return _HAN.search(text) is not None


def detect(text: str) -> Lang:
    """Chinese when Han characters are at least half as many as the words of other scripts.

    A Chinese sentence full of product names stays Chinese; an English one that quotes a Chinese
    name stays English.
    """
    return "zh" if 2 * len(_HAN.findall(text)) >= max(1, len(_WORD.findall(text))) else "en"
