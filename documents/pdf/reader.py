"""PDF → text, by PDFium. Runs only in the process of `worker`, since a file may mean harm."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from documents.document import FILE, MAX_CHARACTERS, Document, check_text, too_long
from documents.pdf.box_font import BoxFonts
from documents.pdf.fields import read_fields
from documents.pdf.furniture import without_furniture
from documents.pdf.glyphs import MAX_UNREADABLE, read_glyphs
from documents.pdf.hidden import seen
from documents.pdf.layout import Page, lines_of
from documents.pdf.lines import join_pages
from errors import ProtectedDocument, TextlessDocument, TooLarge, UnreadableDocument
from wording import message

MAX_PAGES = 500


def read_pdf(data: bytes) -> Document:
    """The paragraphs of a PDF, what was filled into its form among them.

    A file that opens without a password is read. Raises ProtectedDocument, TextlessDocument,
    TooLarge or UnreadableDocument; pypdfium2.PdfiumError for a page that is damaged.
    """
    if b"%PDF-" not in data[:1024]:
        raise UnreadableDocument(message("errors.documents_not_pdf"), field=FILE)
    if pypdfium2.PdfSysfontBase.SINGLETON is None:
        BoxFonts().setup()
    try:
        file = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise ProtectedDocument(
                message("errors.documents_pdf_protected"), field=FILE
            ) from error
        raise
    file.init_forms()
    hidden: list[int] = []
    pages = _pages(file, hidden)
    left = without_furniture([page or Page([]) for page in pages])
    textless = tuple(number for number, page in enumerate(left, 1) if not page.lines)
    if None in pages and len(textless) == len(pages):
        raise TextlessDocument(message("errors.documents_pdf_no_characters"), field=FILE)
    text = check_text(join_pages(left), message("errors.documents_scanned"))
    return Document(
        text, pages=len(pages), textless_pages=textless, hidden_text_pages=tuple(hidden)
    )


def _pages(file: pypdfium2.PdfDocument, hidden: list[int]) -> list[Page | None]:
    """None for a page whose characters cannot be told.

    `hidden` gets the numbers of the pages with text that a reader cannot see.
    """
    if len(file) > MAX_PAGES:
        raise TooLarge(
            message("errors.documents_pdf_pages", pages=len(file), limit=MAX_PAGES), field=FILE
        )
    pages: list[Page | None] = []
    size = 0
    for number in range(len(file)):
        page, whole = _read_page(file[number], file.formenv)
        if not whole:
            hidden.append(number + 1)
        size += sum(len(line.text) for line in page.lines) if page else 0
        if size > MAX_CHARACTERS:
            raise too_long()
        pages.append(page)
    return pages


def _read_page(page: pypdfium2.PdfPage, form: Any) -> tuple[Page | None, bool]:
    """The page, and whether all of its text can be seen."""
    textpage = page.get_textpage()
    try:
        glyphs = read_glyphs(textpage)
    finally:
        textpage.close()
    try:
        if glyphs.unreadable > MAX_UNREADABLE:
            return None, True
        pieces = seen(page, glyphs.pieces)
        filled = read_fields(page, form, pieces)
        whole = len(pieces) == len(glyphs.pieces)
        return Page(lines_of([*pieces, *filled]), page.get_width()), whole
    finally:
        page.close()
