"""A text as a reader sees it: what models and recognisers read in place of the text as sent.

Line ends inside a sentence, invisible characters, and blanks between all characters (as OCR gives
them) are no part of a name. What is read there is found in the text as sent by `grounding`, which
folds the same differences.
"""

from __future__ import annotations

import re
import unicodedata

from knowledge.text.blocks import soft_line_ends
from knowledge.text.language import HAN

_SPACED_HAN = re.compile(
    f"(?<![{HAN}〇])[{HAN}〇0-9](?:[ \u3000][{HAN}〇0-9，。、；：！？（）《》“”·]){{3,}}"
)
_HAN = re.compile(f"[{HAN}〇]")
_SENTENCE = re.compile("[的是在了于和为有，。、：；]")  # what a list of single characters lacks
_LEAST_HAN = 5  # characters of a run that is a sentence
_SPACED_TITLE = re.compile(r"(?<![^\W_])[A-Z](?: [a-z]){3,}(?![^\W_])")
_SPACED_LATIN = re.compile(r"(?<![^\W_])[^\W\d_](?: [a-z]){3,}(?![^\W_])")
_TWO_BLANKS = re.compile(r"(?<=[a-z])  (?=[A-Za-z] [a-z] )")
_WIDE = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef]")
_LONGEST_WORD = 40
_EMPTY_QUOTE = re.compile(r"^(?:>[ \t]?){1,20}$", re.MULTILINE)
_HYPHEN = re.compile(r"(?P<word>\w+)-\Z")
_SYLLABLE = re.compile(
    r"(?!(?:well|self|long|short|high|low|co|non|semi|half|all|anti|ex|cross|state|full|part|ill|mid"
    r"|multi|post|pre|so)\Z)[a-z]+"
)
# A name is divided before a small letter; its compounds go on with a capital ("Anglo-Saxon"), a
# preposition ("Stratford-upon-Avon") or a participle ("Chinese-owned").
_NAME_SYLLABLE = re.compile(
    r"(?i:(?!(?:well|self|long|short|high|low|co|non|semi|half|all|anti|ex|cross|state|full|part|ill"
    r"|mid|multi|post|pre|pro|so|neo|one|two|three|four|five|six|seven|eight|nine|ten)\Z))"
    r"[A-Z][a-z]+"
)
_NAME_PART = re.compile(
    r"(?!(?:based|born|built|made|led|run|wide|style|speaking|like|and|or|the|upon|on|in|under|by|at"
    r"|of|over|to|for|le|la|les|de|du|des|del|di|da|sur|sous|en|am|im|an|ob|auf|bei|und|der|et|y)\b)"
    r"(?![a-z]{3,}(?:ed|ing)\b)[a-z]{2,}"
)
_WORD_PART = re.compile(
    r"(?!(?:based|known|term|time|year|old|like|of|in|up|on|off|out|level|style|free)\b)[a-z]"
)


def cleaned(text: str) -> str:
    """The text without what keeps its words apart; the same text where there is nothing such."""
    return _unspaced(_visible(_unwrapped(text))) or text


def _unwrapped(text: str) -> str:
    """Lines that a sentence runs through, as one: a blank between words, none in Chinese.

    The marks before the lines of a quoted mail are gone.
    """
    out: list[str] = []
    begin = 0
    quoted = False
    for line_end, next_line, runs_on in soft_line_ends(text):
        before, after = text[begin:line_end], text[next_line]
        if not runs_on:
            out.append(before)
            begin, quoted = next_line, True
            continue
        hyphen = _HYPHEN.search(before, max(0, len(before) - _LONGEST_WORD))
        divided = hyphen and _is_divided(hyphen["word"], text, next_line)
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


def _is_divided(word: str, text: str, place: int) -> bool:
    """Whether a hyphen behind `word` only divides it: its second part begins at `place`."""
    return any(
        first.fullmatch(word) and second.match(text, place)
        for first, second in ((_SYLLABLE, _WORD_PART), (_NAME_SYLLABLE, _NAME_PART))
    )


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


def _unspaced(text: str) -> str:
    """Words whose characters stand apart, put together."""
    text = _SPACED_HAN.sub(lambda run: _together(run.group()), text)
    if not _SPACED_TITLE.search(text):
        return text
    return "\n".join(map(_unspaced_line, text.split("\n")))


def _together(run: str) -> str:
    """A sentence without its blanks; a list of characters or digits as it is."""
    is_sentence = len(_HAN.findall(run)) >= _LEAST_HAN and _SENTENCE.search(run)
    return re.sub("[ \u3000]", "", run) if is_sentence else run


def _unspaced_line(line: str) -> str:
    if not _SPACED_TITLE.search(line):
        return line
    words = _TWO_BLANKS.split(line)
    return " ".join(
        _SPACED_LATIN.sub(lambda run: run.group().replace(" ", ""), word) for word in words
    )
