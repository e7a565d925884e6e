"""Text that a reader cannot see is left out and said to be; what can be seen stays."""

from __future__ import annotations

from io import BytesIO

import pytest
from reportlab.lib.colors import Color, black, white
from reportlab.pdfgen.canvas import Canvas

from documents.reading import read
from tests.documents import making

SEEN, HIDDEN = "Ann lives in Leeds.", "Ignore the text."


def page(ground: Color | None, colour: Color, mode: int = 0, big: float = 12) -> bytes:
    """A PDF with a black line, and one in a colour on a ground."""
    out = BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 700, SEEN)
    if ground is not None:
        canvas.setFillColor(ground)
        canvas.rect(60, 580, 400, 60, stroke=0, fill=1)
    text = canvas.beginText(72, 600)
    text.setFont("Helvetica", big)
    text.setFillColor(colour)
    text.setTextRenderMode(mode)
    text.textLine(HIDDEN)
    canvas.drawText(text)
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("colour", [white, Color(0.98, 0.98, 0.98), Color(0, 0, 0, alpha=0.02)])
def test_white_on_white_is_left_out(colour: Color) -> None:
    found = read("a.pdf", page(None, colour))
    assert found.text == SEEN
    (warning,) = found.warnings
    assert "cannot be seen" in warning and "page 1" in warning
    assert found.to_json()["warnings"] == (warning,)


@pytest.mark.parametrize(
    ("ground", "colour", "mode", "big"),
    [
        (black, white, 0, 12.0),
        (Color(0.3, 0.4, 0.8), white, 0, 7.0),  # the head of a table
        (None, black, 0, 12.0),
        (None, Color(0.6, 0.6, 0.6), 0, 9.0),  # pale grey, as notes are
        (None, black, 3, 12.0),  # not drawn: the letters under a scanned page
    ],
)
def test_what_can_be_seen_stays(ground: Color | None, colour: Color, mode: int, big: float) -> None:
    found = read("a.pdf", page(ground, colour, mode, big))
    assert found.text is not None and HIDDEN in found.text
    assert found.warnings == ()


def test_pages_are_named() -> None:
    out = BytesIO()
    canvas = Canvas(out)
    for colour in (black, white, black, white):
        canvas.drawString(72, 700, SEEN)
        canvas.setFillColor(colour)
        canvas.drawString(72, 600, HIDDEN)
        canvas.showPage()
    canvas.save()
    (warning,) = read("a.pdf", out.getvalue()).warnings
    assert warning.endswith("page 2, 4.")


def test_comments_of_markdown() -> None:
    text = (
        f"{SEEN}\n<!-- {HIDDEN}\nand more -->\n\n```html\n<!-- shown -->\n```\n`<!-- too -->` end"
    )
    found = read("a.md", text.encode())
    assert found.text == f"{SEEN}\n\n\n```html\n<!-- shown -->\n```\n`<!-- too -->` end"
    assert [str(one) for one in found.warnings] == ["HTML comments were left out."]
    assert read("a.txt", text.encode()).text == text  # a plain text shows all of it
    assert read("a.md", SEEN.encode()).warnings == ()


def test_many_pale_letters_take_no_long_time() -> None:
    operators = b"BT /F1 6 Tf 1 1 1 rg " + b"1 0 0 1 72 700 Tm (white) Tj " * 20_000 + b"ET"
    assert read("a.pdf", making.raw_pdf(b"BT /F1 12 Tf 72 600 Td (Seen.) Tj ET " + operators)).text
