"""Word files (.docx) → text: paragraphs, headings and tables in order.

Walks the XML itself, since python-docx's `Paragraph.text` leaves out what stands in content
controls and what was inserted while changes were tracked. Runs only in the process of `worker`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from documents.document import FILE, Document, check_text
from errors import ProtectedDocument, TooLarge, UnreadableDocument
from wording import message

MAX_XML_BYTES = 20_000_000  # of one part, unpacked: the XML of some 1,000 pages
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # what old Word files and encrypted new ones begin with
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Deleted text, the names of fields, how a character is pronounced, and the copy of a text box for
# old readers; `pPr` and `rPr` hold form, no text.
_SKIPPED = {"del", "moveFrom", "instrText", "rt", "Fallback", "pPr", "rPr", "tblPr", "sectPr"}


def read_word(data: bytes) -> Document:
    """The text of the main part; paragraphs are apart by a blank line, cells of a row by a tab.

    Headers, footers, footnotes and comments are not part of it. Raises ProtectedDocument,
    TextlessDocument, TooLarge or UnreadableDocument.
    """
    if data.startswith(_OLE):
        raise ProtectedDocument(
            message("errors.documents_word_protected"),
            field=FILE,
        )
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            root = _parse(archive, _main_part(archive))
    except (zipfile.BadZipFile, ParseError, KeyError, EOFError, NotImplementedError) as error:
        raise UnreadableDocument(
            message("errors.documents_word_damaged"),
            field=FILE,
        ) from error
    except DefusedXmlException as error:
        raise UnreadableDocument(
            message("errors.documents_word_entities"),
            field=FILE,
        ) from error
    return Document(check_text("\n\n".join(_blocks(root))))


def _main_part(archive: zipfile.ZipFile) -> str:
    """The part that the package names as its document."""
    for relation in _parse(archive, "_rels/.rels"):
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").lstrip("/")
    raise KeyError("officeDocument")


def _parse(archive: zipfile.ZipFile, name: str) -> Element:
    with archive.open(name) as part:
        xml = part.read(MAX_XML_BYTES + 1)  # the size that the archive states may be a lie
    if len(xml) > MAX_XML_BYTES:
        raise TooLarge(
            message("errors.documents_word_bomb", limit=MAX_XML_BYTES),
            field=FILE,
        )
    root: Element = fromstring(xml, forbid_dtd=True)
    return root


def _blocks(parent: Element) -> Iterator[str]:
    """The paragraphs and tables below an element that are not blank."""
    for child in parent:
        kind = _kind(child)
        if kind == "p":
            boxes: list[Element] = []
            text = "".join(_pieces(child, boxes)).strip(" \t\n")
            if text:
                yield text
            for box in boxes:
                yield from _blocks(box)
        elif kind == "tbl":
            rows = "\n".join(filter(None, map(_row, _below(child, "tr"))))
            if rows:
                yield rows
        elif kind not in _SKIPPED:
            yield from _blocks(child)  # body, content controls, what was inserted


def _pieces(parent: Element, boxes: list[Element]) -> Iterator[str]:
    """The text in a paragraph; text boxes that hang on it are put into `boxes`."""
    for child in parent:
        kind = _kind(child)
        if kind == "t":
            yield child.text or ""
        elif kind == "txbxContent":
            boxes.append(child)
        elif kind == "p":  # of a drawing
            yield from ("\n", *_pieces(child, boxes))
        elif kind in _MARKS:
            yield _MARKS[kind]
        elif kind not in _SKIPPED:
            yield from _pieces(child, boxes)


def _row(row: Element) -> str:
    cells = [" ".join(" ".join(_blocks(cell)).split()) for cell in _below(row, "tc")]
    return "\t".join(cells).strip("\t")


def _below(parent: Element, kind: str) -> Iterator[Element]:
    """The rows of a table or cells of a row, also those in content controls."""
    for child in parent:
        if _kind(child) == kind:
            yield child
        elif _kind(child) not in _SKIPPED:
            yield from _below(child, kind)


def _kind(element: Element) -> str:
    """The name of an element without its namespace, of which Word has two."""
    return element.tag.rpartition("}")[2]
