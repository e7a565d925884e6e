"""PDF → text. Runs only in the process of `worker`, since a file may mean harm."""

from __future__ import annotations

from io import BytesIO

from pypdf import PasswordType, PdfReader, overwrite_configuration
from pypdf.errors import DependencyError, LimitReachedError

from documents.document import FILE, MAX_CHARACTERS, Document, check_text, too_long
from documents.lines import join_pages
from errors import ProtectedDocument, TooLarge, UnreadableDocument
from wording import message

MAX_PAGES = 500
MAX_STREAM_BYTES = 30_000_000  # of one page or part, unpacked; a book's page has some 10,000
_NOT_OCR = message("errors.documents_scanned")


def read_pdf(data: bytes) -> Document:
    """The paragraphs of a PDF, in the order in which its pages draw them.

    Raises ProtectedDocument, TextlessDocument, TooLarge or UnreadableDocument; pypdf may raise
    nearly anything else for a damaged file.
    """
    if b"%PDF-" not in data[:1024]:
        raise UnreadableDocument(message("errors.documents_not_pdf"), field=FILE)
    overwrite_configuration(
        zlib_maximum_output_length=MAX_STREAM_BYTES,
        lzw_maximum_output_length=MAX_STREAM_BYTES,
        run_length_maximum_output_length=MAX_STREAM_BYTES,
        jbig2dec_binary=None,  # no other program is to see the file
    )
    try:
        return _read(PdfReader(BytesIO(data)))
    except LimitReachedError as error:
        raise TooLarge(
            message("errors.documents_pdf_bomb"),
            field=FILE,
        ) from error


def _read(reader: PdfReader) -> Document:
    if reader.is_encrypted and not _opens(reader):
        raise ProtectedDocument(
            message("errors.documents_pdf_protected"),
            field=FILE,
        )
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise TooLarge(
            message("errors.documents_pdf_pages", pages=count, limit=MAX_PAGES),
            field=FILE,
        )
    pages: list[str] = []
    size = 0
    for page in reader.pages:
        pages.append(page.extract_text())
        size += len(pages[-1])
        if size > MAX_CHARACTERS:
            raise too_long()
    textless = tuple(number for number, page in enumerate(pages, 1) if not page.strip())
    return Document(check_text(join_pages(pages), _NOT_OCR), pages=count, textless_pages=textless)


def _opens(reader: PdfReader) -> bool:
    """Whether it opens without a password; so do files that only forbid printing or the like."""
    try:
        return reader.decrypt("") != PasswordType.NOT_DECRYPTED
    except DependencyError:  # AES needs a cryptographic library, which Kex does without
        return False
