"""A small file of each kind that Kex reads, made here, all with one text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

TEXT = "Ada Moreno founded Helix Labs in 2012."
CHINESE = "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴。"

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def samples() -> Mapping[str, tuple[bytes, str | None, str]]:
    """File name → its bytes, the column to read, and the text that has to come out."""
    return {
        "sample.txt": (CHINESE.encode("gb18030"), None, CHINESE),
        "sample.csv": (f'id,text\n1,"{TEXT}"\n'.encode(), "text", TEXT),
        "sample.pdf": (_pdf(), None, TEXT),
        "sample.docx": (_word(), None, TEXT),
    }


def _word() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_TYPES}"><Override PartName="/word/document.xml"'
            f' ContentType="{_MAIN}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_DOCUMENT}"'
            ' Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>'
            "</w:body></w:document>",
        )
    return out.getvalue()


def _pdf() -> bytes:
    content = f"BT /F1 12 Tf 72 700 Td ({TEXT}) Tj ET".encode("ascii")
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(places) + 1,
        len(out),
    )
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + table + trailer
