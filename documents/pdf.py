"""PDF → text. Runs only in the process of `worker`, since a file may mean harm."""

from __future__ import annotations

from io import BytesIO

from pypdf import PasswordType, PdfReader, overwrite_configuration
from pypdf.errors import DependencyError, LimitReachedError

from documents.document import FILE, MAX_CHARACTERS, Document, check_text, too_long
from documents.lines import join_pages
from errors import ProtectedDocument, TooLarge, UnreadableDocument

MAX_PAGES = 500
MAX_STREAM_BYTES = 30_000_000  # of one page or part, unpacked; a book's page has some 10,000
_NOT_OCR = (
    "No page of the file holds text; its pages are pictures, as scanners make them: have them "
    "recognised (OCR) and send the PDF with text."
)


def read_pdf(data: bytes) -> Document:
    """The paragraphs of a PDF, in the order in which its pages draw them.

    Raises ProtectedDocument, TextlessDocument, TooLarge or UnreadableDocument; pypdf may raise
    nearly anything else for a damaged file.
    """
    if b"%PDF-" not in data[:1024]:
        raise UnreadableDocument("The file is no PDF, whatever its name says.", field=FILE)
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
            "The PDF unpacks to more than is safe to read: save or print it as a new PDF, or "
            "send a part of it.",
            field=FILE,
        ) from error


def _read(reader: PdfReader) -> Document:
    if reader.is_encrypted and not _opens(reader):
        raise ProtectedDocument(
            "The PDF is protected: save or print it as a PDF without password and restrictions, "
            "and send that.",
            field=FILE,
        )
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise TooLarge(
            f"The PDF has {count:,} pages and the limit is {MAX_PAGES}: send a part of it.",
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
