"""What a sentence does with a pair of its strings, by the words that deny, doubt or plan.

By clause and without a parser. In doubt a pair is stated: a fact is never lost to a word of
another clause. All offsets in here count in the sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.assertion.cues import Word, breaks_of, cues_of, lexicon
from knowledge.assertion.echo import names
from knowledge.assertion.frames import denied, has_no_subject, opened, unlikely
from knowledge.items import HELD_BACK, Assertion
from knowledge.text.language import detect
from knowledge.text.spans import Lang, Span

_ATTRIBUTIVE = 14  # characters: so far behind a cue a 的 is looked for
_SUBJECT = {"zh": 1, "en": 6}  # characters between a subject and what denies it
_REST = {
    "zh": 5,
    "en": 14,
}  # characters of a predicate that takes no object: 不随行, "not affected"
_VERB = {"zh": 4, "en": 20}  # characters between a cue and the object of its verb
_COPULAS = "是非在为"  # a noun phrase follows, whatever describes it: 不是他写的书
_LITTLE = 80  # characters
_BEFORE = 300  # characters: so far before a condition its consequence is looked for
_AFTERWARDS = 60  # characters of the next sentence, which may take back what this one said
_NOUN = {"zh": 1, "en": 2}  # characters or words between a determiner and its noun
# A comma between the members of a list ends no clause: "no schools, shops or roads".
_LIST = re.compile(
    r",(?:\s+[^\s,;:.!?]+){1,3}(?:,(?:\s+[^\s,;:.!?]+){1,3}){0,12},?\s+(?:or|nor)\s+[^,;:.!?]{1,60}"
    r"|,?\s+(?:or|nor)\s+[^,;:.!?]{1,60}"
)
_CONTRAST = re.compile(r"['\"”’]?,?\s+(?:but|who|that|which)\b")
_ASIDE = re.compile(r"[^,;:.()—–]{0,16}[,)—–]")  # "Ann, not her brother Bob, became mayor"
_FRONTED = 14  # characters before what opens a sentence
_FRONT = {
    "zh": re.compile(r"[自从在于至到]|截至|兹定?于"),
    "en": re.compile(
        r"(?:on|at|in|from|by|until|after|before|as of|starting)(?: the)? ", re.IGNORECASE
    ),
}
# What follows a comma and is no part of a plan: how it is today, or was.
_MEANWHILE = re.compile(
    r"[但而]?[他她它其]?(?:目前|现在|如今|现[居任住为]|已|曾|此前|之前|原)"
    r"|\s*(?:(?:and|but)\s+)?(?:(?:he|she|it|they)\s+)?(?:currently|now|already|previously)\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:un)?till?\b", re.IGNORECASE)
# Chinese: a clause of time ends before the pair's other end; 战后 and 同时 are words.
_WHEN_DONE = re.compile(
    "(?:之后|以后|之前|以前|期间|之际|的同时|的情况下"
    "|(?<![目当同战随今最先此背幕落小及临届平事售])[后时](?![往来任锋者列景期代间刻长程卫])"
    "|(?<![目此面眼门胸生天年月日周提])前(?![往任夕后身列锋景台线者]))"
)
_WITHIN = ("在", "于", "等", "到", "从", "自")
_MAIN = re.compile(r"[^,，;；。:]{0,300}")


@dataclass(frozen=True)
class Reading:
    """`cue` are the words that say so, with offsets of the text; None where it is stated."""

    assertion: Assertion
    cue: Span | None = None


STATED = Reading("stated")


def read(text: str, sentence: Span, ends: Sequence[Span | None], label: str) -> Reading:
    """What the sentence does with the pair that stands at `ends`, None for one without a place.

    An end outside the sentence counts as known from before. `label` is the relation or key.
    """
    said = text[sentence.start : sentence.end]
    lang = detect(said)
    inside = [
        Span(end.start - sentence.start, end.end - sentence.start)
        for end in ends
        if end is not None and sentence.start <= end.start and end.end <= sentence.end
    ]
    if not inside:
        return STATED
    pair = _Pair(said, lang, inside, len(ends) - len(inside), label)
    supposed = unlikely(said, lang)
    reached = [
        cue
        for cue in cues_of(lang, said)
        if pair.is_reached_by(cue)
        and not lexicon(lang).label_says(label, cue.says)
        and not (supposed and cue.says == "negated" and supposed.end <= cue.span.start)
    ]
    cue = next((one for one in reached if one.says in HELD_BACK), None)
    if cue is None and not lexicon(lang).label_says(label, "negated"):
        after = text[sentence.end : sentence.end + _AFTERWARDS].partition("\n")[0]
        frame = denied(said + after, lang, pair.ends, pair.away, label)
        if frame:  # a plan that is denied is denied
            return _reading("negated", said + after, frame, sentence)
    if cue or reached:
        cue = cue or reached[0]
        return _reading(cue.says, said, cue.span, sentence)
    asked = opened(said, pair.ends, pair.clauses) if lang == "en" and not pair.away else None
    return _reading("uncertain", said, asked, sentence) if asked else STATED


def _reading(says: Assertion, said: str, at: Span, sentence: Span) -> Reading:
    words = said[at.start : at.end].rstrip("，？ ")
    return Reading(says, Span(sentence.start + at.start, sentence.start + at.start + len(words)))


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


class _Pair:
    """The ends of an item in their sentence; `away` of them stand in an earlier one."""

    def __init__(
        self, said: str, lang: Lang, ends: Sequence[Span], away: int, label: str = ""
    ) -> None:
        self._said = said
        self._label = label
        self._lang = lang
        self.ends = sorted(ends, key=lambda end: (end.start, end.end))
        self.away = away
        # A mark or a word inside a name ends no clause.
        breaks = [
            at for at in breaks_of(lang, said) if not any(_overlap(at, end) for end in self.ends)
        ]
        self._starts = [at.start for at in breaks]
        self.clauses = len(breaks)
        self._stops = [at.end for at in breaks]
        self._ends_of_plans = [
            at.start
            for at in breaks
            if said[at.start : at.end] not in ",，" or _MEANWHILE.match(said, at.end)
        ]

    def is_reached_by(self, cue: Word) -> bool:
        if any(_overlap(cue.span, end) for end in self.ends):
            return False  # a part of a name
        clause = self._clause(cue)
        order = self._order(clause, cue)
        if cue.says == "negated" and self._holds_in_the_end(cue, clause):
            return False
        return any(
            self._is_reached(reach, cue, clause, order) for reach in cue.reaches
        ) or self._is_echoed(cue, clause, order)

    def _clause(self, cue: Word) -> Span:
        before = bisect_right(self._stops, cue.span.start)
        start = self._stops[before - 1] if before else 0
        ends = self._ends_of_plans if cue.says == "planned" else self._starts
        after = bisect_left(ends, cue.span.end)
        if cue.says == "uncertain" and "content" in cue.reaches and self._leads_in(cue):
            after += 1  # "知情人士称，…": what they say follows the mark
        end = ends[after] if after < len(ends) else len(self._said)
        listed = _LIST.match(self._said, end) if self._lang == "en" else None
        return Span(start, listed.end() if listed else end)

    def _leads_in(self, cue: Word) -> bool:
        return self._lang == "zh" and self._said.startswith(("，", "："), cue.span.end)

    def _order(self, clause: Span, cue: Word) -> str:
        """A sign for each end: < before the clause, b or f before or after the cue in it, > behind.

        In the order of the text, those of earlier sentences first.
        """
        signs = "<" * self.away
        for end in self.ends:
            if end.start < clause.start:
                signs += "<"
            elif end.end <= cue.span.start:
                signs += "b"
            else:
                signs += "f" if end.start < clause.end else ">"
        return signs

    def _is_reached(self, reach: str, cue: Word, clause: Span, order: str) -> bool:
        if reach in ("clause", "subject") and order in ("bf", "<f"):
            return not self._attributive(cue)
        if reach == "clause" and cue.says == "planned" and self._fronted(cue):
            return True
        if reach in ("clause", "subject") and order == "<b" and self._closes(cue, clause):
            return True
        if reach == "subject":
            return order == "<b" and self._is_subject(cue, clause)
        if reach in ("noun", "contrast"):
            return self._is_next(cue) and (
                order == "ff" if reach == "noun" else order == "f>" and self._turns(cue)
            )
        if reach == "content":
            return order in ("ff", "bf", "<f")
        if reach == "condition":
            return order in ("ff", "bf", "<f") or self._follows_from(cue, clause, order)
        if reach == "opening":
            return order == "f>" and not self._said[: cue.span.start].strip("\"'“‘ ")
        if reach == "closing":
            goes_on = order == "<<" and self._lang == "zh" and self._goes_on(cue, clause)
            return (order in ("bb", "<b") or goes_on) and self._closes(cue, clause)
        return reach == "question" and order in ("bb", "<b", "bf", "ff", "<f")

    def _holds_in_the_end(self, cue: Word, clause: Span) -> bool:
        """ "It did not open until 1999", "拒绝加薪后加入工会": what follows did happen."""
        if self._lang == "en":
            return _UNTIL.match(self._said, clause.end) is not None
        first = self._next(cue)
        between = "" if first is None else self._between(cue.span.end, first.start)
        return not between.startswith(_WITHIN) and _WHEN_DONE.search(between) is not None

    def _is_echoed(self, cue: Word, clause: Span, order: str) -> bool:
        """Whether the cue's clause names the relation of two ends that stand before the cue.

        Where both stand before the clause, it must go on with what they say. Or both follow the
        verb that it denies or plans, and the relation is that: 拟收购海天食品51%股权.
        """
        if "clause" not in cue.reaches or self._attributive(cue):
            return False
        if order == "ff":
            verb = self._said[cue.span.end : self.ends[0].start]
            return len(verb) <= _VERB[self._lang] and names(verb, self._label, self._lang)
        if order not in ("<b", "bb", "<<"):
            return False
        if not names(self._said[cue.span.end : clause.end], self._label, self._lang):
            return False
        return order != "<<" or self._goes_on(cue, clause)

    def _goes_on(self, cue: Word, clause: Span) -> bool:
        """Whether the clause is near the pair before it, and has no subject of its own."""
        between = self._said[self.ends[-1].end : cue.span.start]
        return (
            len(between) < _LITTLE
            and not any(mark in between for mark in ";；:：\n—。")
            and has_no_subject(self._said, clause.start, cue.span.start, self._lang)
        )

    def _fronted(self, cue: Word) -> bool:
        """ "On 3 May the hall will open": an end that opens the sentence, as the time of a plan."""
        first = self.ends[0]
        if (
            first.end > cue.span.start
            or first.start > _FRONTED
            or not _FRONT[self._lang].fullmatch(self._said[: first.start])
        ):
            return False
        between = self._said[first.end : cue.span.start]
        return not any(mark in between for mark in ";:；：—")

    def _attributive(self, cue: Word) -> bool:
        """没有完成的画: the clause of the cue ends before what it describes."""
        if self._lang == "en" or self._said[cue.span.end - 1] in _COPULAS:
            return False
        first = self._next(cue)
        end = 0 if first is None else min(first.start, cue.span.end + _ATTRIBUTIVE)
        return "的" in self._said[cue.span.end : end]

    def _is_subject(self, cue: Word, clause: Span) -> bool:
        """雷阿旺不上诉: an end right before the cue, and no object behind it."""
        last = max(end.end for end in self.ends if end.end <= cue.span.start)
        close = len(self._between(last, cue.span.start)) <= _SUBJECT[self._lang]
        return close and len(self._between(cue.span.end, clause.end)) <= _REST[self._lang]

    def _between(self, start: int, end: int) -> str:
        """The text between two offsets, cut where it is certainly long."""
        return self._said[start : min(end, start + _LITTLE)].strip()

    def _next(self, cue: Word) -> Span | None:
        return next((end for end in self.ends if end.start >= cue.span.end), None)

    def _is_next(self, cue: Word) -> bool:
        """Whether the cue stands right before an end: no trains, not Leeds."""
        first = self._next(cue)
        if first is None:
            return False
        between = self._between(cue.span.end, first.start)
        return len(between if self._lang == "zh" else between.split()) <= _NOUN[self._lang]

    def _turns(self, cue: Word) -> bool:
        """Whether a contrast follows the next end: not Leeds but York."""
        first = self._next(cue)
        if first is None:
            return False
        aside = self._said[max(0, cue.span.start - 3) : cue.span.start].rstrip()[-1:] in (
            "(",
            ",",
            "—",
            "–",
        )
        return (_ASIDE if aside else _CONTRAST).match(self._said, first.end) is not None

    def _closes(self, cue: Word, clause: Span) -> bool:
        """Whether nothing follows the cue in its clause."""
        return not self._between(cue.span.end, clause.end).strip("”’\"'」了的 ")

    def _follows_from(self, cue: Word, clause: Span, order: str) -> bool:
        """Whether the pair stands in what follows from the condition, before or behind it."""
        if set(order) <= {"f", ">"} and ">" in order:
            main = _MAIN.match(self._said, min(clause.end + 1, len(self._said)))
            end = main.end() if main else clause.end
            within = all(one.start < end for one in self.ends)
            return within and self._has_result(clause.end, end)
        if set(order) <= {"<", "b"} and "b" in order:
            return self._has_result(max(0, cue.span.start - _BEFORE), cue.span.start)
        return False

    def _has_result(self, start: int, end: int) -> bool:
        if self._lang == "zh":
            end = min(end, start + 8)
        return lexicon(self._lang).results.search(self._said[start:end]) is not None
