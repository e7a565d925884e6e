"""A text as a reader sees it: what models read in place of the text as sent.

Line ends inside a sentence, invisible characters, and blanks between all characters (as OCR gives
them) are no part of a name. What is read there is found in the text as sent by `grounding`, which
folds the same differences.
"""

from __future__ import annotations

import re
import unicodedata

from knowledge.text.blocks import soft_line_ends
from knowledge.text.hyphens import Written, is_divided
from knowledge.text.language import HAN
from knowledge.text.spacing import unspaced

_WIDE = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef]")
_LONGEST_WORD = 40
_EMPTY_QUOTE = re.compile(r"^(?:>[ \t]?){1,20}$", re.MULTILINE)
_HYPHEN = re.compile(r"(?P<word>\w+)-\Z")


def cleaned(text: str) -> str:
    """The text without what keeps its words apart; the same text where there is nothing such."""
    return unspaced(_visible(_unwrapped(text))) or text


def _unwrapped(text: str) -> str:
    """Lines that a sentence runs through, as one: a blank between words, none in Chinese.

    The marks before the lines of a quoted mail are gone.
    """
    out: list[str] = []
    begin = 0
    quoted = False
    written = Written(text)
    for line_end, next_line, runs_on in soft_line_ends(text):
        before, after = text[begin:line_end], text[next_line]
        if not runs_on:
            out.append(before)
            begin, quoted = next_line, True
            continue
        hyphen = _HYPHEN.search(before, max(0, len(before) - _LONGEST_WORD))
        divided = hyphen and is_divided(hyphen["word"], text, next_line, written)
        begin = next_line
        if before.endswith("\u00ad"):  # a soft hyphen only ever divides a word
            out.append(before[:-1])
        elif hyphen:  # of a divided word it goes; of a compound or a range it stays
            out.append(before[:-1] if divided else before)
        elif _WIDE.match(before[-1]) or _WIDE.match(after):
            out.append(before)
        else:
            out += [before, " "]
    joined = "".join(out) + text[begin:]
    return _EMPTY_QUOTE.sub("", joined) if quoted else joined


def _visible(text: str) -> str:
    """Without characters that show nothing; every blank of a line as a plain one."""
    if text.isascii():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    return " " if category == "Zs" and char != "\u3000" else char
