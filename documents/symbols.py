"""Characters of the symbol fonts, which a Word file names by font and code.

The codes are those of the font, 20 to FF, mostly moved to the private use area (F020 to F0FF).
"""

from __future__ import annotations

UNKNOWN = "\ufffd"
# Adobe's Symbol encoding; the marks are in the order of the codes.
_SYMBOL = dict(
    zip(
        range(0x41, 0x5B),
        "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ",
        strict=True,
    )
)
_SYMBOL |= dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
_SYMBOL |= dict(
    zip(
        range(0xA0, 0x100),
        "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪"
        "\uf8ff〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭\ufffd",
        strict=True,
    )
)
_SYMBOL |= {0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2A: "∗", 0x2D: "−", 0x40: "≅", 0x5C: "∴"}
_SYMBOL |= {0x5E: "⊥", 0x60: "‾", 0x7E: "∼"}
_WINGDINGS = {
    0x28: "☎", 0x2A: "✉", 0x3F: "✍", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6D: "❍", 0x6E: "■",
    0x6F: "□", 0x71: "❑", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x9F: "•", 0xA1: "○", 0xA7: "▪",
    0xA8: "◻", 0xD8: "➢", 0xDC: "➲", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔",
    0xEF: "⇦", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}


def symbol(font: str, code: str) -> str:
    """The character of a code in hexadecimal digits; U+FFFD where nobody knows it."""
    try:
        number = int(code, 16)
    except ValueError:
        return UNKNOWN
    known = _FONTS.get(font.strip().lower())
    if 0xF000 <= number <= 0xF0FF:
        number -= 0xF000
        return (known or {}).get(number) or (chr(number) if _is_plain(number) else UNKNOWN)
    if known and number in known:
        return known[number]
    return chr(number) if 0x20 <= number <= 0x10FFFF and not _is_private(number) else UNKNOWN


def _is_plain(number: int) -> bool:
    return 0x20 <= number < 0x40 or number in b"[]_{|}"


def _is_private(number: int) -> bool:
    return 0xD800 <= number <= 0xF8FF or number >= 0xF0000
