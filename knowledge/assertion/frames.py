"""What a whole sentence does with what it holds, where no word of one clause says so.

An undertaking that came to nothing ("The plan to buy Norr fell through"), a claim that is taken
back ("有人说…，其实不是"), what would have been ("若非大雨，…"), and English questions. The words
are in `frames_zh.yaml` and `frames_en.yaml`. All offsets count in the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.assertion.echo import names
from knowledge.text.spans import Lang, Span

_FOLDER = Path(__file__).parent
_FAR = 400  # characters behind the pair, or between it and a verb, that are looked at
_NEAR = 40  # characters between a verb and its object
_TAKEN_BACK = {"zh": 40, "en": 90}  # characters between a claim and what takes it back
_CLAUSES = 2  # between the pair and what became of it
_GAP = {"zh": "[^，。；！？]{0,8}?", "en": r"[^.;:!?]{0,40}?"}
_BREAKS = {"zh": "[，；：。！？]", "en": "[,;:—–]"}
_BEGINS = {"zh": "(?:^|[，。；：“])", "en": r"(?:^|[,;:.—–(“\"])\s*"}
_ARTICLES = {
    "zh": "(?:该项?|这[一项笔次个]{0,2}|双方的?)?",
    "en": r"(?:the|this|that|its|their|his|her)\s+",
}
# From a condition to the verb of what follows from it.
_RESULT = {"zh": "[^，。；！？]{1,20}，[^。；！？]{0,20}?", "en": "[^,;.?!]{1,80},[^;.?!]{1,80}?"}
# What may follow a verb that says what became of something.
_AFTER = {
    "zh": "(?:了|后|之后|[，。；！）」”]|$|而|以)",
    "en": r"(?=\s*(?:[,.;:!?)”’\"']|$)|\s+(?:by|because|after|when|as|for|in|on|at|due|owing|amid"
    r"|over|following|last|this|twice|once|again|yesterday|early|late|within|before|since|with"
    r"|from)\b)",
}
_ASKS = re.compile(
    r"(did|does|do|is|are|was|were|will|would|can|could|has|have|had|should)\b", re.IGNORECASE
)
# "Had she won, she would be mayor."
_SUPPOSES = re.compile(
    r"(had|were|should)\b(?=[^,;.?]{1,120},[^;.?]{0,120}\b(?:would|could|might|will|must)\b)",
    re.IGNORECASE,
)


class Frames(BaseModel):
    """The file of one language; its own comments say what each part is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    undertakings: tuple[str, ...]
    outcomes: tuple[str, ...]
    undone: tuple[str, ...]
    refused: tuple[str, ...]
    fillers: tuple[str, ...]
    claims: tuple[str, ...]
    rebuttals: tuple[str, ...]
    attributes: tuple[str, ...]
    unlikely: tuple[str, ...]
    absent: tuple[str, ...]
    unreal: tuple[str, ...]
    denials: tuple[str, ...]


class _Rules:
    """The frames of a language as regular expressions."""

    def __init__(self, lang: Lang) -> None:
        read = yaml.safe_load((_FOLDER / f"frames_{lang}.yaml").read_text(encoding="utf-8"))
        told = Frames.model_validate(read)
        undertaking = _any(told.undertakings, lang)
        self.lang: Lang = lang
        self.undertaking = _compiled(undertaking)
        self.outcome = _compiled("|".join(map(re.escape, told.outcomes)))
        self.undone = _compiled(f"(?P<verb>{_any(told.undone, lang)}){_AFTER[lang]}")
        self.refused = _compiled(_any(told.refused, lang))
        self.named = _compiled(_ARTICLES[lang] + undertaking + r"\s*")
        self.claim = _compiled(_any(told.claims, lang))
        self.rebuttal = _compiled(_any(told.rebuttals, lang))
        self.attribute = _compiled("|".join(map(re.escape, told.attributes)))
        absent = f"{_any(told.absent, lang)}(?={_RESULT[lang]}{_any(told.unreal, lang)})"
        condition = f"{_any(told.unlikely, lang)}|{absent}"
        self.unlikely = _compiled(f"{_BEGINS[lang]}(?P<if>{condition})")
        self.denial = _compiled(_any(told.denials, lang))
        self.breaks = re.compile(_BREAKS[lang])
        because = r"|因[^，。；]{1,20}?(?:而|\Z)|\d{1,4}[年月日]" if lang == "zh" else ""
        self._filler = _compiled(rf"\s*(?:{_any(told.fillers, lang)}{because})\s*")

    def skip(self, said: str, begin: int, end: int) -> int:
        """Behind the words that are no subject of a clause; none is tried again another way."""
        while (filler := self._filler.match(said, begin, end)) and filler.end() > begin:
            begin = filler.end()
        return begin


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _any(listed: Sequence[str], lang: Lang) -> str:
    words = sorted(listed, key=len, reverse=True)
    joined = "|".join(
        _GAP[lang].join(re.escape(part.strip()).replace(r"\ ", r"\s+") for part in word.split("…"))
        for word in words
    )
    return f"(?:{joined})" if lang == "zh" else rf"\b(?:{joined})\b"


@cache
def _rules(lang: Lang) -> _Rules:
    return _Rules(lang)


def has_no_subject(said: str, begin: int, end: int, lang: Lang) -> bool:
    """Whether a clause has no subject of its own, so that it takes the one before."""
    return not said[_rules(lang).skip(said, begin, end) : end].strip()


def denied(said: str, lang: Lang, ends: Sequence[Span], away: int, label: str) -> Span | None:
    """The words by which the sentence as a whole denies the pair at `ends`, in order; else None.

    `said` is the sentence with the beginning of the next one. `away` of the ends stand in an
    earlier sentence. Of an undertaking the outcome alone is denied: who made a bid that was
    rejected is its bidder all the same.
    """
    rules = _rules(lang)
    said = said[: ends[-1].end + _FAR]
    found: Span | None = None
    if rules.outcome.search(label):
        found = _came_to_nothing(rules, said, ends)
        if found is None and not away:
            found = _was_refused(rules, said, ends, label)
    if found is None and not rules.attribute.search(label):
        found = _was_taken_back(rules, said, ends)
    if found is None and not away:
        found = _would_have_been(rules, said, ends)
    return found


def _came_to_nothing(rules: _Rules, said: str, ends: Sequence[Span]) -> Span | None:
    """What became of an undertaking named before, in the clause of the pair or the next ones."""
    last = ends[-1].end
    verb = rules.undone.search(said, last)
    noun = rules.undertaking.search(said, 0, verb.start()) if verb else None
    if verb is None or noun is None or _inside(noun, ends):
        return None
    clauses = [mark.end() for mark in rules.breaks.finditer(said, last, verb.start())]
    if clauses:
        begin = rules.skip(said, clauses[-1], verb.start())
        named = rules.named.match(said, begin, verb.start())
        begin = rules.skip(said, named.end(), verb.start()) if named else begin
        if len(clauses) > _CLAUSES or begin != verb.start():
            return None
    return Span(*verb.span("verb"))


def _inside(match: re.Match[str], ends: Sequence[Span]) -> bool:
    return any(match.start() < end.end and end.start < match.end() for end in ends)


def _was_refused(rules: _Rules, said: str, ends: Sequence[Span], label: str) -> Span | None:
    """A verb and the undertaking that is its object: "threw out a bid from Norr".

    Of a pair before the verb only if the relation is that: "called off their merger".
    """
    for verb in rules.refused.finditer(said):
        after = verb.start() > ends[-1].start
        limit = verb.end() + _NEAR if after else ends[-1].start
        if limit - verb.end() > _FAR:
            continue
        noun = rules.undertaking.search(said, verb.end(), min(verb.end() + _NEAR, limit))
        stop = rules.breaks.search(said, verb.end(), noun.end() if noun and after else limit)
        if not noun or stop or _inside(noun, ends) or _inside(verb, ends):
            continue
        if not after or names(said[verb.end() : limit], label, rules.lang):
            return Span(*verb.span())
    return None


def _was_taken_back(rules: _Rules, said: str, ends: Sequence[Span]) -> Span | None:
    """What people say, and the word behind it that says otherwise."""
    last = ends[-1].end
    claim = rules.claim.search(said, 0, ends[-1].start)
    if claim is None or _inside(claim, ends):
        return None
    limit = min(len(said), last + _TAKEN_BACK[rules.lang])
    rebuttal = rules.rebuttal.search(said, last, limit)
    # In a clause of its own, and nothing is parted off between the claim and the pair.
    if rebuttal is None or not re.search("[，,；;。.]", said[last : rebuttal.start()]):
        return None
    apart = re.search("[；;。：:]", said[claim.end() : last])
    return None if apart else Span(*rebuttal.span())


def _would_have_been(rules: _Rules, said: str, ends: Sequence[Span]) -> Span | None:
    """What follows from a condition that did not hold, unless it is denied itself."""
    condition = rules.unlikely.search(said)
    stop = rules.breaks.search(said, condition.end()) if condition else None
    if condition is None or stop is None or stop.end() > ends[0].start:
        return None
    return None if rules.denial.search(said, stop.end()) else Span(*condition.span("if"))


def unlikely(said: str, lang: Lang) -> Span | None:
    """A condition that did not hold: what is denied behind it is stated."""
    condition = _rules(lang).unlikely.search(said[:_FAR])
    return Span(*condition.span("if")) if condition else None


def opened(said: str, ends: Sequence[Span], clauses: int) -> Span | None:
    """English: the verb that opens a question about the pair, or a supposition.

    `ends` are those of the pair in order, `clauses` how many clauses the sentence has behind one.
    """
    first, last = ends[0], ends[-1]
    verb = _SUPPOSES.match(said)
    if verb and ";" in said[verb.end() : last.start]:  # what follows supposes nothing
        return None
    if verb is None and said.rstrip("\"'”’)").endswith("?") and clauses < 2:
        verb = _ASKS.match(said)
    return None if verb is None or first.start < verb.end() else Span(*verb.span())
