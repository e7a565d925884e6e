"""Files that are bombs, cut short, or have flipped bits (scenario 9).

Each is read as the server reads it: it has to become a text or an error with a sentence, in bounded
time. AssertionError names the file that did neither.
"""

from __future__ import annotations

import io
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO

import PIL.Image

from documents.reading import read
from documents.sandbox import SECONDS
from errors import KexError
from tests.documents import making
from web.images import read_image

AT_ONCE = 2  # as many as the sandbox reads beside each other
SLACK = 5.0  # seconds beside the limit, for a busy machine


@cache
def wholes() -> Mapping[str, bytes]:
    """A whole file of each kind, a few kilobytes large."""
    table = "\n".join(f'{n},"Ann {n} lives in ""Leeds"", 鲁迅",x' for n in range(40))
    picture = BytesIO()
    PIL.Image.effect_noise((48, 48), 60).save(picture, "PNG")
    return {
        "pdf": making.pdf([making.CHINESE, making.ENGLISH], [making.ENGLISH]),
        "docx": making.word(),
        "csv": f"id,text,more\n{table}\n".encode(),
        "png": picture.getvalue(),
    }


def cut(whole: bytes, pieces: int) -> Iterator[bytes]:
    """The file up to each `pieces`-th part of its length."""
    for number in range(pieces):
        yield whole[: len(whole) * number // pieces]


def flipped(whole: bytes, count: int, seed: int = 5) -> Iterator[bytes]:
    """The file with one to eight bits changed; a compressed part is often changed within."""
    draw = random.Random(seed)
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 8))):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        yield bytes(data)


def outcome(kind: str, data: bytes) -> str:
    """`read`, or the code of the error; AssertionError for anything else."""
    began = time.monotonic()
    try:
        if kind == "png":
            found = read_image(io.BytesIO(data), 10_000_000)
            assert found.data == data
        else:
            text = read(f"a.{kind}", data, "text" if kind == "csv" else None).text
            assert isinstance(text, str) and text
        result = "read"
    except KexError as error:
        assert error.status in (400, 413, 415, 422, 504), error
        assert len(error.message) > 20 and "Traceback" not in error.message
        result = error.code
    took = time.monotonic() - began
    assert took < SECONDS + SLACK, f"{kind}: {took:.0f} s"
    return result


def try_files(kind: str, pieces: int, flips: int) -> Counter[str]:
    """Outcomes of the kind's file, cut and with flipped bits."""
    whole = wholes()[kind]
    assert outcome(kind, whole) == "read"
    changed = [*cut(whole, pieces), *flipped(whole, flips)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(lambda data: outcome(kind, data), changed))


def _entities() -> bytes:
    """A billion laughs."""
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE d [<!ENTITY a0 "ha">{levels}]>'
    return making.raw_word(
        f"{head}<w:document W><w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>"
    )


def _external() -> bytes:
    head = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return making.raw_word(
        f"{head}<w:document W><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>"
    )


def _word_bomb() -> bytes:
    """200 MB of text in a file of 200 KB."""
    body = "<w:p><w:r><w:t>" + "a" * 1000 + "</w:t></w:r></w:p>"
    return making.raw_word(f"<w:document W><w:body>{body * 200_000}</w:body></w:document>")


def _pdf_bomb() -> bytes:
    """A page whose stream is 200 MB of blanks in some hundred bytes, packed twice."""
    packer = zlib.compressobj(9)
    blanks = b" " * 1_000_000
    packed = b"".join(packer.compress(blanks) for _ in range(200)) + packer.flush()
    return making.raw_pdf(zlib.compress(packed, 9), b"/Filter[/FlateDecode/FlateDecode]")


def _png_bomb() -> bytes:
    """30,000 × 30,000 pixels in its header, and hardly any data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        whole = name + data
        return len(data).to_bytes(4, "big") + whole + zlib.crc32(whole).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big") * 2
    data = zlib.compress(bytes(1000))
    parts = chunk(b"IHDR", size + b"\x08\x02\0\0\0"), chunk(b"IDAT", data), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _deep_pdf() -> bytes:
    """Brackets in brackets, 200,000 deep."""
    return making.raw_pdf(b"[" * 200_000 + b"]" * 200_000)


BOMBS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "zip": ("docx", _word_bomb),
    "entities": ("docx", _entities),
    "external entity": ("docx", _external),
    "PDF stream": ("pdf", _pdf_bomb),
    "deep PDF": ("pdf", _deep_pdf),
    "PNG": ("png", _png_bomb),
}
