"""Makes the files of these tests: by other houses' writers, and by hand where nobody writes so."""

from __future__ import annotations

import zipfile
from io import BytesIO

import docx
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer

CHINESE = (
    "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴，是中国现代文学的奠基人之一。他早年留学日本，"
    "后来在北京、厦门、广州和上海任教。1918年5月，他首次用笔名“鲁迅”发表了中国现代文学史上第一篇"
    "白话小说《狂人日记》。"
)
ENGLISH = (
    "Marie Curie was born in Warsaw in 1867 and studied at the University of Paris. She received "
    "the Nobel Prize in Physics in 1903 and the one in Chemistry in 1911. She died in France in "
    "1934 after a long illness."
)
_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Type="http://x/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)


def pdf(
    *pages: list[str], head: str = "", password: str | None = None, strength: int = 40
) -> bytes:
    """A PDF set by reportlab, with a line `head` and the page's number on every page."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    story: list[Flowable] = []
    for page in pages:
        story += [Paragraph(text, _style(text)) for text in page] or [Spacer(1, 1)]
        story += [PageBreak()]

    def furnish(canvas: Canvas, document: SimpleDocTemplate) -> None:
        if head:
            canvas.setFont("STSong-Light", 9)
            canvas.drawString(80, 800, head)

    def number(canvas: Canvas, document: SimpleDocTemplate) -> None:
        furnish(canvas, document)
        if head:
            canvas.drawString(300, 40, f"- {canvas.getPageNumber()} -")

    out = BytesIO()
    encrypt = (
        StandardEncryption(password, "owner", strength=strength) if password is not None else None
    )
    SimpleDocTemplate(out, encrypt=encrypt).build(story, onFirstPage=number, onLaterPages=number)
    return out.getvalue()


def _style(text: str) -> ParagraphStyle:
    if text.isascii():
        return ParagraphStyle("en", fontName="Helvetica", fontSize=11, leading=15, spaceAfter=8)
    return ParagraphStyle(
        "zh",
        fontName="STSong-Light",
        fontSize=11,
        leading=16,
        wordWrap="CJK",
        firstLineIndent=22,
        spaceAfter=8,
    )


def drawn_pdf(*pages: bool) -> bytes:
    """A PDF of pages with a text (True) or a drawing alone, as from a scanner."""
    out = BytesIO()
    canvas = Canvas(out)
    for text in pages:
        if text:
            canvas.drawString(72, 700, "Lu Xun was born.")
        else:
            canvas.rect(72, 72, 300, 300, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def form_pdf() -> bytes:
    """A PDF with a form that is filled in."""
    out = BytesIO()
    canvas = Canvas(out)
    form = canvas.acroForm
    labels = ("Name:", "Member:", "Country:", "Remarks:", "Password:", "By post")
    for number, label in enumerate(labels):
        canvas.drawString(72, 760 - 40 * number, label)
    place = {"x": 150, "width": 200}
    form.textfield(name="name", value="Greta Olsen", y=754, height=20, **place)
    form.checkbox(name="member", checked=True, x=150, y=716, size=14)
    form.choice(name="c", options=["Norway", "Sweden"], value="Sweden", y=674, height=20, **place)
    remarks = {"value": "First line.\nSecond line.", "fieldFlags": "multiline"}
    form.textfield(name="remarks", y=614, height=40, **remarks, **place)
    form.textfield(name="p", value="secret", fieldFlags="password", y=594, height=20, **place)
    form.checkbox(name="post", checked=False, x=150, y=556, size=14)
    canvas.save()
    return out.getvalue()


def spelt_pdf(line: str) -> bytes:
    """A PDF that draws each character by itself."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = BytesIO()
    canvas = Canvas(out)
    canvas.setFont("STSong-Light", 12)
    x = 72.0
    for char in line:
        canvas.drawString(x, 700, char)
        x += pdfmetrics.stringWidth(char, "STSong-Light", 12)
    canvas.save()
    return out.getvalue()


def mute_pdf(*readable: bool) -> bytes:
    """A PDF whose pages say which characters they show, or only the numbers of shapes."""
    fonts = b"/F1 5 0 R/F2 6 0 R"
    pages = [b"(Lu Xun was born.) Tj" if one else b"/F2 12 Tf <0001000200030004> Tj"
             for one in readable]  # fmt: skip
    first = 9
    kids = b" ".join(b"%d 0 R" % (first + 2 * n) for n in range(len(pages)))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        b"null", b"null",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[7 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(Adobe)"
        b"/Ordering(Identity)/Supplement 0>>/FontDescriptor 8 0 R/DW 600>>",
        b"<</Type/FontDescriptor/FontName/A/Flags 4/FontBBox[0 0 600 800]/ItalicAngle 0"
        b"/Ascent 800/Descent 0/CapHeight 700/StemV 80>>",
    ]  # fmt: skip
    for page in pages:
        content = b"BT /F1 12 Tf 72 700 Td %s ET" % page
        bodies += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R"
            b"/Resources<</Font<<%s>>>>>>" % (len(bodies) + 2, fonts),
            b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        ]
    return _file(bodies)


def raw_pdf(content: bytes, filters: bytes = b"", pages: int = 1) -> bytes:
    """A PDF written by hand, whose pages all show `content`."""
    kids = b" ".join([b"3 0 R"] * pages)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filters, content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    out = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + head + table + end


def word() -> bytes:
    """A Word file with headings, paragraphs, a table and a nested one, written by python-docx."""
    document = docx.Document()
    document.add_heading("鲁迅生平", 1)
    document.add_paragraph("鲁迅生于浙江绍兴。")
    table = document.add_table(2, 2)
    for row, texts in zip(table.rows, [("书名", "年份"), ("呐喊", "1923")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.rows[1].cells[0].add_table(1, 1).rows[0].cells[0].text = "小说集"
    last = document.add_paragraph("After the table,")
    last.add_run("\ta tab").add_break()
    last.add_run("and a line.")
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def raw_word(xml: str, styles: str | None = None) -> bytes:
    """A Word file with these parts; `W` in them stands for Word's namespace."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", _RELATIONS)
        for name, part in (("document", xml), ("styles", styles)):
            if part is not None:
                named = part.replace("W", f'xmlns:w="{_NAMESPACE}"', 1)
                archive.writestr(f"word/{name}.xml", named)
    return out.getvalue()
