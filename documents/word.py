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
from documents.symbols import symbol
from errors import ProtectedDocument, TooLarge, UnreadableDocument
from wording import message

MAX_XML_BYTES = 20_000_000  # of one part, unpacked: the XML of some 1,000 pages
MAX_SPAN = 100  # columns that a cell may take; Word has 63 at most
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # what old Word files and encrypted new ones begin with
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Deleted text, the names of fields, how a character is pronounced, and the copy of a text box for
# old readers; `pPr` and `rPr` hold form, no text.
_SKIPPED = {"del", "moveFrom", "instrText", "rt", "Fallback", "pPr", "rPr", "tblPr", "sectPr"}


def read_word(data: bytes) -> Document:
    """The text of the main part; paragraphs are apart by a blank line, cells of a row by a tab.

    Headers, footers, footnotes, comments and hidden text are not part of it.
    Raises ProtectedDocument, TextlessDocument, TooLarge or UnreadableDocument.
    """
    if data.startswith(_OLE):
        raise ProtectedDocument(
            message("errors.documents_word_protected"),
            field=FILE,
        )
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            main = _main_part(archive)
            root = _parse(archive, main)
            styles = f"{main.rpartition('/')[0]}/styles.xml".lstrip("/")
            hidden = (
                _hidden_styles(archive, styles) if styles in archive.namelist() else frozenset()
            )
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
    return Document(check_text("\n\n".join(_blocks(root, hidden))))


def _main_part(archive: zipfile.ZipFile) -> str:
    """The part that the package names as its document."""
    for relation in _parse(archive, "_rels/.rels"):
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").lstrip("/")
    raise KeyError("officeDocument")


def _parse(archive: zipfile.ZipFile, name: str) -> Element:
    root: Element = fromstring(_unpacked(archive, name), forbid_dtd=True)
    return root


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        xml = part.read(MAX_XML_BYTES + 1)  # the size that the archive states may be a lie
    if len(xml) > MAX_XML_BYTES:
        raise TooLarge(
            message("errors.documents_word_bomb", limit=MAX_XML_BYTES),
            field=FILE,
        )
    return xml


def _blocks(parent: Element, hidden: frozenset[str]) -> Iterator[str]:
    """The paragraphs and tables below an element that are not blank."""
    for child in parent:
        kind = _kind(child)
        if kind == "p":
            if _style(child) in hidden:
                continue
            boxes: list[Element] = []
            text = "".join(_pieces(child, boxes, hidden)).strip(" \t\n")
            if text:
                yield text
            for box in boxes:
                yield from _blocks(box, hidden)
        elif kind == "tbl":
            rows = "\n".join(row for row in _rows(child, hidden) if row.strip())
            if rows:
                yield rows
        elif kind not in _SKIPPED:
            yield from _blocks(child, hidden)  # body, content controls, what was inserted


def _pieces(parent: Element, boxes: list[Element], hidden: frozenset[str]) -> Iterator[str]:
    """The text in a paragraph; text boxes that hang on it are put into `boxes`."""
    for child in parent:
        kind = _kind(child)
        if kind == "t":
            yield child.text or ""
        elif kind == "r" and _is_hidden(child, hidden):
            continue
        elif kind == "sym":
            yield symbol(_value(child, "font"), _value(child, "char"))
        elif kind == "txbxContent":
            boxes.append(child)
        elif kind == "p":  # of a drawing
            yield from ("\n", *_pieces(child, boxes, hidden))
        elif kind in _MARKS:
            yield _MARKS[kind]
        elif kind not in _SKIPPED:
            yield from _pieces(child, boxes, hidden)


def _is_hidden(run: Element, hidden: frozenset[str]) -> bool:
    """Whether the run's text is not shown: by its own form, else by that of its style."""
    form = next((child for child in run if _kind(child) == "rPr"), None)
    if form is None:
        return False
    own = _switch(form)
    if own is not None:
        return own
    return any(_kind(one) == "rStyle" and _value(one, "val") in hidden for one in form)


def _style(paragraph: Element) -> str:
    """The name of its style."""
    forms = (child for child in paragraph if _kind(child) == "pPr")
    return next(
        (_value(one, "val") for form in forms for one in form if _kind(one) == "pStyle"), ""
    )


def _switch(form: Element) -> bool | None:
    """Whether `vanish` is on in a run's form; None where it is not named there."""
    for child in form:
        if _kind(child) == "vanish":
            return _value(child, "val") not in ("0", "false", "off")
    return None


def _hidden_styles(archive: zipfile.ZipFile, name: str) -> frozenset[str]:
    """The styles whose text is not shown, also those based on one."""
    xml = _unpacked(archive, name)
    if b"vanish" not in xml.replace(b"\0", b""):  # parsing costs more; the NULs are of UTF-16
        return frozenset()
    switches: dict[str, bool | None] = {}
    bases: dict[str, str] = {}
    for style in fromstring(xml, forbid_dtd=True):
        name = _value(style, "styleId")
        for child in style:
            if _kind(child) == "rPr":
                switches[name] = _switch(child)
            elif _kind(child) == "basedOn":
                bases[name] = _value(child, "val")
    hidden: set[str] = set()
    for name in {*switches, *bases}:
        at, seen = name, {name}
        while switches.get(at) is None and bases.get(at, at) not in seen:
            at = bases[at]
            seen.add(at)
        if switches.get(at):
            hidden.add(name)
    return frozenset(hidden)


def _rows(table: Element, hidden: frozenset[str]) -> Iterator[str]:
    """A line a row. A cell that is merged with those above has its text in each of its rows."""
    above: dict[int, str] = {}  # by the column of the table's grid
    for row in _below(table, "tr"):
        if any(_kind(one) == "hidden" for one in _form(row)):
            continue
        cells: list[str] = []
        column = _grid(row, "gridBefore")
        cells += [""] * column
        merged: dict[int, str] = {}
        for cell in _below(row, "tc"):
            text = " ".join(" ".join(_blocks(cell, hidden)).split())
            merge = next((one for one in _form(cell) if _kind(one) == "vMerge"), None)
            if merge is not None:
                if _value(merge, "val") != "restart":
                    text = text or above.get(column, "")
                merged[column] = text
            span = max(1, _grid(cell, "gridSpan"))
            cells += [text, *[""] * (span - 1)]
            column += span
        above = merged
        yield "\t".join(cells).rstrip("\t")


def _form(element: Element) -> Iterator[Element]:
    """What says how a row or a cell is set."""
    for child in element:
        if _kind(child) in ("tcPr", "trPr"):
            yield from child


def _grid(element: Element, name: str) -> int:
    """How many columns of the grid a row leaves out, or a cell takes; 0 where it is not said."""
    for one in _form(element):
        value = _value(one, "val")
        if _kind(one) == name and value.isascii() and value.isdigit():
            return min(int(value[:5]), MAX_SPAN)
    return 0


def _value(element: Element, name: str) -> str:
    """An attribute, whichever of Word's two namespaces it is in."""
    found = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(found, "")


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
