"""What somebody filled into a PDF: the fields of its form, and notes typed on its pages.

Runs only in the process of `worker`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2.raw as pdfium

from documents.pdf.glyphs import Piece, turned

_TEXT_KINDS = (
    pdfium.FPDF_FORMFIELD_TEXTFIELD,
    pdfium.FPDF_FORMFIELD_COMBOBOX,
    pdfium.FPDF_FORMFIELD_LISTBOX,
)
_MARK_KINDS = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13  # a text field's flag
SIZE = 10.0  # points; fields often leave their size to the program that shows them
_MAX_BYTES = 2_000_000  # of one value


def read_fields(page: Any, form: Any, pieces: list[Piece]) -> list[Piece]:
    """The values on a page, each on the baseline of the text beside it, if there is some.

    `form` is PDFium's form environment, None where the document has no form. A box that can be
    ticked is ☑ or ☐.
    """
    found: list[Piece] = []
    for number in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        note = pdfium.FPDFPage_GetAnnot(page.raw, number)
        if not note:
            continue
        try:
            value = _value(note, form)
            if value:
                found += _placed(value, note, pieces)
        finally:
            pdfium.FPDFPage_CloseAnnot(note)
    return found


def _value(note: Any, form: Any) -> str:
    if pdfium.FPDFAnnot_GetFlags(note) & _HIDDEN:
        return ""
    kind = pdfium.FPDFAnnot_GetSubtype(note)
    if kind == pdfium.FPDF_ANNOT_FREETEXT:
        return _text(
            lambda out, size: pdfium.FPDFAnnot_GetStringValue(note, b"Contents", out, size)
        )
    if kind != pdfium.FPDF_ANNOT_WIDGET or form is None:
        return ""
    field = pdfium.FPDFAnnot_GetFormFieldType(form, note)
    if field in _MARK_KINDS:
        return "☑" if pdfium.FPDFAnnot_IsChecked(form, note) else "☐"
    if field not in _TEXT_KINDS:
        return ""
    secret = pdfium.FPDFAnnot_GetFormFieldFlags(form, note) & _PASSWORD
    if field == pdfium.FPDF_FORMFIELD_TEXTFIELD and secret:
        return ""
    return _text(lambda out, size: pdfium.FPDFAnnot_GetFormFieldValue(form, note, out, size))


def _text(get: Callable[[Any, int], int]) -> str:
    """What a function of PDFium writes, as UTF-16."""
    size = get(None, 0)
    if not 2 < size <= _MAX_BYTES:
        return ""
    out = (ctypes.c_ushort * (size // 2 + 1))()
    get(out, size)
    return bytes(out).decode("utf-16-le", "replace").partition("\0")[0].strip()


def _placed(value: str, note: Any, pieces: list[Piece]) -> Iterator[Piece]:
    box = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(note, box)
    angle = pieces[0].angle if pieces else 0
    xs, ys = zip(
        *(turned(x, y, angle) for x in (box.left, box.right) for y in (box.bottom, box.top)),
        strict=True,
    )
    low, high, left = min(ys), max(ys), min(xs)
    lines = [" ".join(line.split()) for line in value.replace("\r\n", "\n").splitlines()]
    lines = [line for line in lines if line]
    beside = [one.base for one in pieces if one.angle == angle and low - 2 <= one.base <= high]
    base = min(beside, key=lambda one: abs(one - low - (high - low) / 4), default=None)
    if base is None or len(lines) > 1:
        base = low + (high - low) / 4 if len(lines) == 1 else high - SIZE
    for line in lines:
        yield Piece(line, left, max(xs), base, min(SIZE, max(high - low, 1.0)), angle)
        base -= 1.2 * SIZE
