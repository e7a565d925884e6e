"""A font whose every character is the same box, for East Asian texts without a font in the PDF.

PDFium looks at the shapes of a font before it takes a character for text. So the fonts of the
machine would decide what is found, and large ones cost most of the time. The widths stand in the
PDF in any case. Runs only in the process of `worker`.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import pypdfium2

_UNITS = 1000
_LAST = 0x10FFFF
_EAST_ASIAN = {
    pypdfium2.raw.FXFONT_GB2312_CHARSET,
    pypdfium2.raw.FXFONT_CHINESEBIG5_CHARSET,
    pypdfium2.raw.FXFONT_SHIFTJIS_CHARSET,
    pypdfium2.raw.FXFONT_HANGEUL_CHARSET,
}
_FONT = 1  # the only one there is, as a handle


def make_font() -> bytes:
    """A TrueType font of one shape, to which its table of characters leads from all of Unicode."""
    # Narrow, so that no box touches the next one: PDFium drops what it takes for drawn twice.
    corners = [(0, 0), (0, 800), (100, 800), (100, 0)]
    outline = struct.pack(">hhhhh", 1, 0, 0, 100, 800) + struct.pack(">HH", 3, 0) + b"\1" * 4
    at = (0, 0)
    steps = []
    for corner in corners:
        steps.append((corner[0] - at[0], corner[1] - at[1]))
        at = corner
    for axis in (0, 1):
        outline += b"".join(struct.pack(">h", step[axis]) for step in steps)
    many_to_one = struct.pack(">HHIIIIII", 13, 0, 28, 0, 1, 1, _LAST, 1)
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + many_to_one,
        b"glyf": outline,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            0x10000, 0x10000, 0, 0x5F0F3CF5, 3, _UNITS, 0, 0, 0, 0, 100, 800, 0, 8, 2, 1, 0,
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0, _UNITS, *[0] * 11, 1),
        b"hmtx": struct.pack(">Hhh", _UNITS, 0, 0),
        b"loca": struct.pack(">III", 0, 0, len(outline)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 4, 1, 0, 0, 1, *[0] * 8),
    }  # fmt: skip
    head = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 16 * len(tables) - 64)
    place = len(head) + 16 * len(tables)
    body = b""
    for tag, data in tables.items():
        head += struct.pack(">4sIII", tag, 0, place + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    return head + body


class BoxFonts(pypdfium2.PdfSysfontBase):  # type: ignore[misc]  # pypdfium2 has no types
    """Keeps PDFium from the fonts of the machine."""

    data = make_font()

    def EnumFonts(self, *_: Any) -> None:
        """Nothing to list."""

    def MapFont(self, _: Any, weight: int, italic: int, charset: int, *__: Any) -> int | None:
        """The box for East Asian fonts; for others PDFium has shapes of its own."""
        return _FONT if charset in _EAST_ASIAN else None

    def GetFont(self, *_: Any) -> None:
        """None has a name."""

    def GetFontData(self, _: Any, font: Any, table: int, out: Any, size: int) -> int:
        """The whole font (table 0) into `out`, if there is room; how long it is."""
        if table != 0:
            return 0
        if out and size >= len(self.data):
            ctypes.memmove(out, self.data, len(self.data))
        return len(self.data)

    def GetFaceName(self, *_: Any) -> int:
        """It has no name."""
        return 0

    def GetFontCharset(self, *_: Any) -> int:
        """That of Western fonts, for want of a better one."""
        return 0

    def DeleteFont(self, *_: Any) -> None:
        """Nothing to give back."""
