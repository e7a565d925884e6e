"""Puts words together whose characters stand apart, as emphasis, justified print and OCR set them.

Lists and tables have blanks between single characters, too. What speaks for a word: in Latin
letters a capital with small ones, or wider gaps between groups of letters; in Chinese a sentence
around the characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from knowledge.text.language import HAN

# Latin: a run of single letters.
_RUN = re.compile(
    r"(?P<before>(?<=\S) {2,6})?(?<![\w'’])"
    r"(?P<run>[A-Za-zÀ-ÖØ-öø-ſ](?: {1,6}[A-Za-z0-9À-ÖØ-öø-ſ]){2,})(?![\w'’])"
    r"(?P<after> (?=[.,;:!?](?:\s|$))| {2,6}(?=\S))?"
)
_GAP = re.compile(" +")
_TITLE = re.compile(r"(?<![^\W_])[A-ZÀ-ÖØ-Þ](?: [a-zß-öø-ÿ]){3,}(?![^\W_])")
_CAPITALISED = re.compile(r"[A-ZÀ-ÖØ-Þ]?[^\W\d_A-ZÀ-ÖØ-Þ]+|[A-ZÀ-ÖØ-Þ]+(?![a-zß-öø-ÿ])|\d+")
_WORD = re.compile(r"[^\W\d_]*|\d+")
_VOWEL = re.compile("[aeiouyà-æè-ïò-öø-ýœ]", re.IGNORECASE)
_OPTION = re.compile("[A-Ga-g]*")  # answers, notes, vitamins
_LEAST_TITLE, _LEAST_WORD, _LEAST_CAPITALS = 4, 4, 5  # letters that show a word by themselves

# Chinese: all of a sentence, or a word in it.
_SPACED_HAN = re.compile(
    f"(?<![{HAN}〇])[{HAN}〇0-9](?:[ \u3000][{HAN}〇0-9，。、；：！？（）《》“”·]){{3,}}"
)
_HAN = re.compile(f"[{HAN}〇]")
_SENTENCE = re.compile("[的是在了于和为有，。、：；]")  # what a list of single characters lacks
_LEAST_HAN = 5  # characters of a run that is a sentence
_APART = re.compile(
    f"(?<=[{HAN}〇《“（])(?:[ \u3000][{HAN}〇0-9](?=[ \u3000，。；、！？》”）])){{2,}}"
    f"(?:[ \u3000](?=[{HAN}〇，。；、！？》”）]))?"
)
_LISTED = re.compile(f"[：:、](?:[ \u3000]?[{HAN}])?[ \u3000]?[{HAN}]?\\Z")
_ENDS_SENTENCE = re.compile("[，。；！？]")
_SERIES = re.compile("[一二三四五六七八九十〇甲乙丙丁戊己上中下左右东南西北0-9]+|.*[男女].*")
_CLAUSE = re.compile("[^，。；！？、]+")
_NAME_GAP = re.compile(f"(?<=[{HAN}])\u3000(?=[{HAN}])")
_WHOLE_SENTENCE = re.compile("[。！？…][”’」』）》]{0,3}$")
# Before a gap in a name: a surname alone, which is no label, or the beginning of a body's name.
_PREPOSITION = "的是在于由为被把从到与和及给以向对"
_SURNAME = re.compile(
    f"(?:[^：:]*[{_PREPOSITION}了])?[^\\W\\d图表注答问例序附按曰甲乙丙丁一二三四五六七八九十]"
)
_BODY_BEGINS = re.compile(f"[^：:]*[{_PREPOSITION}了][^：:]{{2,6}}")
_BODY = re.compile(
    f"[{HAN}]{{0,4}}?(?:大学|学院|学校|中学|公司|集团|银行|医院|研究院|研究所|科学院|委员会|协会|出版社"
    "|厂|日报|晚报|博物馆|图书馆)"
)
_NAMES_FOLLOW = re.compile("有|包括|分别|即|如下")
_DATED = re.compile("[0-9〇一二三四五六七八九十]")


def unspaced(text: str) -> str:
    """The text with its words whole; lists of single characters as they are."""
    text = _SPACED_HAN.sub(lambda run: _together(run.group()), text)
    lines = text.split("\n")
    return "\n".join(_unspaced_line(line) for line in lines)


def _unspaced_line(line: str) -> str:
    line = _RUN.sub(_letters_together, line)
    if _ENDS_SENTENCE.search(line):
        line = _APART.sub(_word_together, line)
        if "\u3000" in line:
            line = _names_together(line)
    return line


def _letters_together(match: re.Match[str]) -> str:
    run = match["run"]
    least = min(map(len, _GAP.findall(run)))
    groups = [
        "".join(group.split())
        for group in re.split(f" {{{least + 1},}}", run)
    ]  # fmt: skip
    words = [word for group in groups for word in _parted(group)]
    several = len(groups) > 1
    shown = _are_words(groups) if several else _is_word_alone(groups[0])
    if shown and all(map(_WORD.fullmatch, words)):
        after = match["after"] or ""
        return " " * bool(match["before"]) + " ".join(words) + " " * (len(after) > 1)
    if least == 1:
        run = _TITLE.sub(lambda title: title.group().replace(" ", ""), run)
    return (match["before"] or "") + run + (match["after"] or "")


def _parted(group: str) -> list[str]:
    """Its words, where each begins with a capital: "OleBerg", "WerkeAG"."""
    words = _CAPITALISED.findall(group)
    return words if all(len(word) > 1 for word in words) else [group]


def _are_words(groups: Sequence[str]) -> bool:
    """Whether some group, with wider gaps around it, can only be a word, or all are like names."""
    if all(len(group) > 2 and group.istitle() for group in groups):
        return True
    return any(
        len(group) >= (_LEAST_CAPITALS if group.isupper() else _LEAST_WORD) and _is_no_series(group)
        for group in groups
    )


def _is_word_alone(group: str) -> bool:
    """Whether it is one without any other group beside it."""
    if group.isupper():
        return len(group) >= _LEAST_CAPITALS and _is_no_series(group)
    return any(len(word) >= _LEAST_TITLE and word.istitle() for word in _parted(group))


def _is_no_series(letters: str) -> bool:
    in_order = all(one.lower() <= other.lower() for one, other in pairwise(letters))
    return not in_order and bool(_VOWEL.search(letters)) and not _OPTION.fullmatch(letters)


def _together(run: str) -> str:
    """A sentence without its blanks; a list of characters or digits as it is."""
    is_sentence = len(_HAN.findall(run)) >= _LEAST_HAN and _SENTENCE.search(run)
    return re.sub("[ \u3000]", "", run) if is_sentence else run


def _word_together(match: re.Match[str]) -> str:
    """Characters of a word in a sentence; lists, and numbers and other series as they are."""
    word = re.sub("[ \u3000]", "", match.group())
    listed = _LISTED.search(match.string, max(0, match.start() - 4), match.start())
    few = len(_HAN.findall(word)) < 2  # "乘员 3 人"
    return match.group() if few or listed or _SERIES.fullmatch(word) else word


def _names_together(line: str) -> str:
    """Where one gap is in a clause of a sentence, it is inside a name; fields and lists have more.

    A gap beside anything but Chinese characters parts fields.
    """
    inner = line.strip()
    if len(_NAME_GAP.findall(inner)) < inner.count("\u3000") or not _WHOLE_SENTENCE.search(inner):
        return line
    return _CLAUSE.sub(lambda clause: _name_together(clause.group()), line)


def _name_together(clause: str) -> str:
    gaps = list(_NAME_GAP.finditer(clause))
    if len(gaps) != 1:
        return clause
    before, after = clause[: gaps[0].start()], clause[gaps[0].end() :]
    if _NAMES_FOLLOW.search(before) or _DATED.match(after) or re.search("[：:]", after):
        return clause
    inside = _SURNAME.fullmatch(before.strip()) or (
        _BODY_BEGINS.fullmatch(before.strip()) and _BODY.match(after)
    )
    return before + after if inside else clause
