"""Cuts a text into sentences, Chinese and English, with exact offsets.

Own rules, since those at hand do not read Chinese: pySBD 0.3.4 (MIT, no release since 2021) parts
“你好。” from its closing quote, ？！ in two, an address at its ?, and wrapped lines of a mail. Its
English is good; the cases it is praised for are in this module's tests. Every rule here looks at a
bounded stretch, so that the time is linear in the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.text.blocks import blocks
from knowledge.text.language import HAN
from knowledge.text.spans import Span

_MARKS = re.compile(r"[。！？｡!?…．.]+")
_AFTER = re.compile(r"[”’」』）)】》\]']*(?:\[\d{1,3}\])*")
_LEAD = re.compile(r"\s*(?:\n[ \t]*(?:>[ \t]?){1,20})?\s*")  # with the marks of a quoted mail
_NEXT = re.compile(r"\s{1,20}(?:>[ \t]?){0,5}[\"“‘'(（\[]*(\w{1,30})")
_TITLE = re.compile(r"《[^《》\n]{0,60}》")
_CJK = re.compile(f"[{HAN}\u3000-\u303f\uff01-\uff60]")
_SAID = re.compile(r"[^。！？!?，\s“”]{0,8}?[说道问喊叫答]")
# "am 3. Mai 1990": the full stop makes a day of the number.
_MONTH = re.compile(
    r"\s{1,20}(?:>[ \t]?){0,5}(?:(?:Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember)\b"
    r"|(?:April|August|September|November)\s{1,20}\d)"
)
_FAR = 400  # characters: so far back an opening quote is looked for
_WORD = 20  # characters: so far back the word before a full stop is looked at

# Before a name or a number: a full stop after these ends nothing.
_TITLES = frozenset(
    "dr mr mrs ms mx prof st mt ft gen col lt sgt capt cmdr adm maj rev hon gov sen rep pres "
    "messrs mme mlle e.g i.e cf vs viz al approx ca resp incl esp".split()
)
_NUMBERED = frozenset(
    "no nos nr fig figs vol vols p pp sec ch chap art eq ed eds jan feb mar apr jun jul aug sep "
    "sept oct nov dec".split()
)
# These may end a sentence, but do so only where the next word begins one.
_MAY_END = frozenset(
    "inc ltd co corp llc plc jr sr etc a.m p.m am pm ph.d b.a m.a b.c a.d bros dept univ assn ave "
    "blvd rd esq".split()
)
_STARTERS = frozenset(
    "a after all also although an and another as at because before both but by despite during each "
    "every finally for from he her here his how however i if in instead it its last later many "
    "meanwhile more most my next no nor not now on once one only other our over several she since "
    "so some such that the their then there these they this those though through thus to today two "
    "under unlike until upon we what when where whether which while who why with within you your "
    "yet".split()
)


@dataclass(frozen=True)
class Piece:
    """A sentence or a heading; `block` counts the paragraphs, list items and headings."""

    span: Span
    heading: bool
    block: int


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The sentences and headings of `text[start:end]`, without the white space around them."""
    return [piece.span for piece in pieces(text, start, end)]


def pieces(text: str, start: int = 0, end: int | None = None) -> list[Piece]:
    """As `sentences`, with what a chunk needs to know of them."""
    found: list[Piece] = []
    for number, block in enumerate(blocks(text, start, len(text) if end is None else end)):
        if block.heading:
            found.append(Piece(block.span, True, number))
        else:
            found += [Piece(span, False, number) for span in _in_block(text, block.span)]
    return found


def _in_block(text: str, block: Span) -> Iterator[Span]:
    begin = block.start
    for cut in [*_cuts(text, block), block.end]:
        lead = _LEAD.match(text, begin, cut)
        start = lead.end() if lead else begin
        stripped = text[start:cut].rstrip()
        if stripped:
            yield Span(start, start + len(stripped))
        begin = cut


def _cuts(text: str, block: Span) -> Iterator[int]:
    """Where a sentence of the block ends, closing quotes and brackets included."""
    begin = block.start
    titles = _TITLE.finditer(text, block.start, block.end)
    title = next(titles, None)
    for mark in _MARKS.finditer(text, block.start, block.end):
        while title is not None and title.end() <= mark.start():
            title = next(titles, None)
        if title is not None and title.start() < mark.start():
            continue  # a work's name may hold any mark: 《你好！李焕英》
        cut = _after(text, begin, mark.end(), block.end)
        if _ends(text, begin, mark, cut, block.end):
            begin = cut
            yield cut


def _after(text: str, begin: int, end: int, limit: int) -> int:
    """Where the closing quotes, brackets and footnote marks behind a mark end."""
    closing = _AFTER.match(text, end, limit)
    end = closing.end() if closing else end
    if text[end : end + 1] == '"' and end < limit:
        # Straight quotes open and close alike: this one closes if an odd number came before.
        odd = text.count('"', max(begin, end - _FAR), end) % 2
        return end + 1 if odd else end
    return end


def _ends(text: str, begin: int, mark: re.Match[str], cut: int, limit: int) -> bool:
    marks = mark.group()
    following = text[cut : min(cut + 1, limit)]
    quoted = cut > mark.end()
    if any(char in "。！？｡" for char in marks):
        return not (quoted and _says_on(text, begin, mark.start(), cut, limit))
    if not following:
        return True
    cjk = bool(_CJK.match(text[mark.start() - 1 : mark.start()]) or _CJK.match(following))
    if any(char in "!?" for char in marks):
        if not (following.isspace() or cjk):
            return False  # inside an address: c.d?e=f
        return not _goes_on_small(text, cut, limit)
    if "…" in marks or len(marks) > 1:
        if cjk:
            return quoted and not _says_on(text, begin, mark.start(), cut, limit)
        return following.isspace() and not _goes_on_small(text, cut, limit)
    if _CJK.match(text[mark.start() - 1 : mark.start()]):
        return following.isspace() or bool(_CJK.match(following))
    return following.isspace() and _stops(text, begin, mark.start(), cut, limit)


def _says_on(text: str, begin: int, mark: int, cut: int, limit: int) -> bool:
    """Whether the words behind a quote say who spoke them: “你来了吗？”他问。"""
    opening = text.rfind("“", max(begin, mark - _FAR), mark)
    led_in = text[max(begin, opening - 1) : max(begin, opening)] in ("：", ":", "，")
    return opening >= 0 and not led_in and bool(_SAID.match(text, cut, min(limit, cut + _WORD)))


def _goes_on_small(text: str, cut: int, limit: int) -> bool:
    """Whether the next word has a small first letter: then the sentence goes on."""
    word = _next_word(text, cut, limit)
    return word[:1].islower() and not word[1:2].isupper()  # but "iPhone" begins one


def _next_word(text: str, cut: int, limit: int) -> str:
    match = _NEXT.match(text, cut, limit)
    return match.group(1) if match else ""


def _stops(text: str, begin: int, dot: int, cut: int, limit: int) -> bool:
    """Whether a single full stop before white space ends its sentence."""
    before = text[max(begin, dot - _WORD) : dot]
    word = re.split(r"[\s(（“\"'‘\[,/]", before)[-1]
    small = word.casefold()
    following = _next_word(text, cut, limit)
    if _goes_on_small(text, cut, limit) or (cut == dot + 1 and small in _TITLES):
        return False
    if len(before) == dot - begin and before.strip() == word and (word.isdigit() or len(word) == 1):
        return False  # an enumeration: "2. Another thing"
    if word.isdecimal() and len(word) <= 2 and _MONTH.match(text, cut, limit):
        return False
    if small in _NUMBERED:
        return not following[:1].isdigit()
    initials = len(word) == 1 and word.isupper() and word.isalpha()
    if small in _MAY_END or initials or re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word):
        return not following or following.casefold() in _STARTERS
    return True
