"""Bytes of a text file → characters, and the name of the encoding that was taken.

A byte order mark decides; without one it is UTF-8 where the bytes are that, else GB18030 (which
holds GBK and GB2312) where the characters are such as people write. Statistical detection was
measured instead and is wrong for short Chinese texts (docs/documents.md).
"""

from __future__ import annotations

import codecs
import re

from documents.document import FILE
from errors import UnreadableDocument
from wording import message

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# Of the characters beyond ASCII, how many are in GB2312 when the bytes are Chinese: all but rare
# names and new signs. Western bytes read as GB18030 give 0, Big5 mostly below 0.3.
COMMON_SHARE = 0.8
_SAVE_AS_UTF8 = message("errors.documents_save_utf8")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes) -> tuple[str, str]:
    """The text with "\\n" between lines, and "UTF-8", "UTF-16" or "GB18030".

    UnreadableDocument for any other encoding, and for bytes that are no text.
    """
    text, encoding = characters(data)
    if _CONTROL.search(text):
        raise UnreadableDocument(
            message("errors.documents_not_text", remedy=_SAVE_AS_UTF8),
            field=FILE,
        )
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def characters(data: bytes) -> tuple[str, str]:
    """As `decode`, but every character as it stands; UnreadableDocument for other encodings."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(codec), name
            except UnicodeDecodeError as error:
                raise UnreadableDocument(
                    message(
                        "errors.documents_wrong_mark",
                        name=name,
                        position=error.start,
                        remedy=_SAVE_AS_UTF8,
                    ),
                    field=FILE,
                ) from error
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        return _chinese(data, error), "GB18030"


def _chinese(data: bytes, not_utf8: UnicodeDecodeError) -> str:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _unknown() from error
    beyond = [char for char in text if char > "\x7f"]
    if sum(map(_is_common, beyond)) < COMMON_SHARE * len(beyond):
        raise _unknown() from not_utf8
    return text


def _is_common(char: str) -> bool:
    return bool(char.encode("gb2312", "ignore"))


def _unknown() -> UnreadableDocument:
    return UnreadableDocument(
        message("errors.documents_encoding", remedy=_SAVE_AS_UTF8),
        field=FILE,
    )
