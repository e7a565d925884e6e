"""How wide a text is when it is drawn, without a font at hand: an estimate that errs upwards."""

from __future__ import annotations

import unicodedata

_WIDE, _NARROW, _CAPITAL = 1.0, 0.56, 0.72  # em


def width_of(text: str, size: float) -> float:
    """About how wide a text is, in the unit of `size`."""
    return size * sum(map(_em, text))


def shortened(text: str, ems: float) -> str:
    """In one line, and no wider than that; what is cut ends in an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= 10 * ems and width_of(line, 1) <= ems:
        return line
    wide = 1.0  # the ellipsis
    for at, char in enumerate(line):
        wide += _em(char)
        if wide > ems:
            return line[:at] + "…"
    return line


def _em(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return _WIDE
    return _CAPITAL if char.isupper() else _NARROW
