"""The words that deny, doubt or plan, of both languages, and where they stand in a sentence.

The words and what they reach are in `zh.yaml` and `en.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.items import Assertion
from knowledge.text.spans import Lang, Span

FOLDER = Path(__file__).parent
Reach = Literal[
    "clause",
    "subject",
    "noun",
    "contrast",
    "content",
    "condition",
    "closing",
    "question",
    "opening",
]

_GAP = {"zh": r"[^，,；;。！？!?：:\n]{1,15}?，?", "en": r"\s+(?:[^\s,;:.?!]+\s+){0,6}?"}
_OPENS = r"(?<![^，,；;。：:、（(“\s])"  # "^": at the beginning of a clause
_STARTS = {"zh": re.compile(r"\S"), "en": re.compile(r"#|[^\W_]+|'\w+")}
_ENDS = {"zh": r"[，,；;。！？!?：:\n（(）)—]", "en": r"[,;:.!?\n()—–]"}
_SIGNS = {ord("…"): None, ord("^"): None}
# With a capital and no need for one, these are a month, a person or a title.
_NAMES = frozenset("May Will Might Hope Hopes Wish Legend".split())
_SENTENCES = 512  # whose words are remembered: the items of one sentence come together


# ", including Ada," has no clause of its own, nor has "not, as he thought, ".
_ASIDES = re.compile(
    r"(?:(?<=\bnot)|(?<=\bnever)|(?<=\bcannot)),\s[^,;:.!?]{1,60},"
    r"|,\s+(?:including|not even|even|like|such as|least of all|among them|led by)\s[^,;:.!?]{1,60}"
    r",",
    re.IGNORECASE,
)


class Group(BaseModel):
    """Words that say the same and reach equally far."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: Assertion
    reach: Reach
    words: tuple[str, ...]


class Words(BaseModel):
    """The file of one language; its own comments say what each part is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cues: tuple[Group, ...]
    harmless: tuple[str, ...]
    turns: tuple[str, ...]
    results: tuple[str, ...]
    labels: dict[Assertion, tuple[str, ...]]


@dataclass(frozen=True)
class Word:
    """A word that decides, its place in the sentence, and how far it reaches."""

    span: Span
    says: Assertion
    reaches: frozenset[Reach]


class Lexicon:
    """The words of one language, ready to be found."""

    def __init__(self, lang: Lang) -> None:
        read = yaml.safe_load((FOLDER / f"{lang}.yaml").read_text(encoding="utf-8"))
        listed = Words.model_validate(read)
        self._lang = lang
        self._starts = _STARTS[lang]
        self._meaning = _meanings(listed.cues)
        self._by_start: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for word in sorted({*self._meaning, *listed.harmless}, key=_rank):
            first = self._starts.match(word.lstrip("^"))
            pattern = re.compile(_pattern(word, lang), re.IGNORECASE)
            self._by_start.setdefault(first.group().lower() if first else "", []).append(
                (word, pattern)
            )
        self._breaks = re.compile(f"{_ENDS[lang]}|{_any(listed.turns, lang)}", re.IGNORECASE)
        self.results = re.compile(_any(listed.results, lang), re.IGNORECASE)
        self._labels = {
            says: re.compile(_any(known, lang), re.IGNORECASE)
            for says, known in listed.labels.items()
        }

    def cues(self, sentence: str) -> tuple[Word, ...]:
        """In the order of the text; none overlaps another, nor a word that only looks like one."""
        found: list[Word] = []
        end = 0
        for start in self._starts.finditer(sentence.replace("’", "'")):
            if start.start() >= end:
                match = self._at(start)
                if match is not None:
                    word, span = match
                    end = span.end
                    if word in self._meaning and sentence[span.start : span.end] not in _NAMES:
                        found.append(Word(span, *self._meaning[word]))
        return tuple(found)

    def _at(self, start: re.Match[str]) -> tuple[str, Span] | None:
        """The longest word that begins there."""
        for word, pattern in self._by_start.get(start.group().lower(), ()):
            match = pattern.match(start.string, start.start())
            if match is not None:
                return word, Span(*match.span())
        return None

    def breaks(self, sentence: str) -> tuple[Span, ...]:
        """Where a clause ends: a mark, or a word at which what is said turns."""
        asides = [one.span() for one in _ASIDES.finditer(sentence)] if self._lang == "en" else []
        asides.reverse()
        found: list[Span] = []
        for match in self._breaks.finditer(sentence):
            while asides and asides[-1][1] <= match.start():
                asides.pop()
            if not asides or match.start() < asides[-1][0]:
                found.append(Span(*match.span()))
        return tuple(found)

    def label_says(self, label: str, says: Assertion) -> bool:
        """Whether a relation or key says it itself, so that its items are stated as they are."""
        known = self._labels.get(says)
        return known is not None and known.search(label) is not None


def _meanings(groups: Sequence[Group]) -> dict[str, tuple[Assertion, frozenset[Reach]]]:
    """What each word says, and all that it reaches; ValueError where it says two things."""
    known: dict[str, tuple[Assertion, frozenset[Reach]]] = {}
    for group in groups:
        for word in group.words:
            says, reaches = known.get(word, (group.says, frozenset()))
            if says != group.says:
                raise ValueError(f"{word} is both {says} and {group.says}")
            known[word] = says, reaches | {group.reach}
    return known


def _rank(word: str) -> tuple[int, bool, str]:
    """The longest first; of equal ones the one that asks for more about its place."""
    return -_length(word), not {"^", "("} & set(word), word


def _length(word: str) -> int:
    """Of what is surely there; what has to follow does not count."""
    return len(word.partition("(")[0].translate(_SIGNS))


def _any(listed: Sequence[str], lang: Lang) -> str:
    return "|".join(_pattern(word, lang) for word in sorted(listed, key=_length, reverse=True))


def _pattern(word: str, lang: Lang) -> str:
    """A word of the file as a regular expression: the file's comments tell its signs."""
    word, _, following = word.rstrip(")").partition("(")
    parts = (re.escape(part.strip()).replace(r"\ ", r"\s+") for part in word.split("…"))
    found = _GAP[lang].join(parts).replace(r"\#", r"\d+").replace(r"\^", _OPENS)
    ahead = "|".join(re.escape(one).replace(r"\*", r"\w+") for one in following.split("|"))
    if lang == "zh":
        return f"{found}(?={ahead})" if following else found
    return rf"(?<![\w-]){found}(?![\w-])" + (rf"(?=\s+(?:{ahead})\b)" if following else "")


@cache
def lexicon(lang: Lang) -> Lexicon:
    return Lexicon(lang)


@lru_cache(maxsize=_SENTENCES)
def cues_of(lang: Lang, sentence: str) -> tuple[Word, ...]:
    return lexicon(lang).cues(sentence)


@lru_cache(maxsize=_SENTENCES)
def breaks_of(lang: Lang, sentence: str) -> tuple[Span, ...]:
    return lexicon(lang).breaks(sentence)
