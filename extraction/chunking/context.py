"""What a chunk is told of the text before it: who 他 or the company is.

Only where something in the chunk points back beyond it: a line of context costs little, but a
small model also reads it. The names are those found so far that stand before the chunk, the most
frequent and the latest; while nothing is found, capitalised names, else how the document opens.
"""

from __future__ import annotations

import re
from collections import Counter

from extraction.chunking.chunks import Chunk
from knowledge.items import Entity, Fact, Item, Located
from knowledge.text.document import Document
from knowledge.text.language import HAN
from knowledge.text.spans import Lang, Span

FREQUENT = 2  # names told because they were met most often
LONGEST = 40  # characters of a name or an opening
_LOOK_BACK = 3000  # characters in which capitalised names are looked for

_BACK: dict[Lang, re.Pattern[str]] = {
    "zh": re.compile(
        r"[他她它](?!人|国|乡|处|山)|其(?![他它余实中次间])|本(?:公司|校|人|集团|院|馆)"
        f"|该[{HAN}]|此[人后]|[两二三四]人"
        # A subject left out: the sentence begins with a time, or names a kind for the one meant.
        r"|\A(?:\d{4}年|同年|次年|翌年|随后|后来|之后|晚年|早年|毕业后|同时)"
        r"|(?:\A|[，。；！？\n“])(?:公司|学校|集团|医院|大学|影片|小说|球队|双方|二者|两者)"
    ),
    "en": re.compile(
        r"\b(?:he|she|it|they|his|her|hers|him|its|their|theirs|them"
        r"|(?:the|this|that|these|both) (?:\w+ )?(?:company|companies|city|firm|university|group"
        r"|team|author|river|country|band|film|book|novel|museum|organi[sz]ation|school|club|party"
        r"|agency|institute|couple|village|town|bank|brand|two|man|woman))\b",
        re.I,
    ),
}
_CAPITALS = re.compile(r"\b[A-Z][\w’'-]*(?: (?:of |de |van |von )?[A-Z][\w’'-]*){0,3}")
_NO_NAME = re.compile(
    r"(?:The|A|An|In|On|At|He|She|It|They|His|Her|Its|Their|This|That|These|Those|After|Before|By"
    r"|From|For|As|When|While|During|Since|But|And|I|We|You|There|With|To|Later|However|Then)\b ?"
)
_WORDS = re.compile(r"[^\W\d_]")
_OPENING = re.compile(r"[^，,。（(；;:：]+")


class Context:
    """The context of each chunk of one text."""

    def __init__(self, document: Document, lang: Lang) -> None:
        self._text = document.text
        self._start = document.start
        self._lang = lang
        self._opening = ""
        first = next((piece for piece in document.pieces if not piece.heading), None)
        if first is not None:
            match = _OPENING.match(document.text, first.span.start, first.span.end)
            self._opening = match.group().strip() if match else ""

    def of(self, chunk: Chunk, items: tuple[Item, ...]) -> str:
        """One line, or "" where nothing points back. `items`: what was found so far."""
        text = self._text[chunk.span.start : chunk.span.end]
        back = _BACK[self._lang].search(text)
        if back is None:
            return ""
        names = _names(items, chunk.span)
        before = text[: back.start()]
        if any(name in before for name in names):
            return ""  # whoever is meant is named in the chunk itself
        if not names and self._lang == "en":
            if _capitalised(before):
                return ""
            names = _capitalised(self._text[self._start : chunk.span.start][-_LOOK_BACK:])
        beyond = chunk.span.start > self._start + len(self._opening)
        if not names and not chunk.headings and beyond and "。" not in before:
            names = [self._opening[:LONGEST]]
        comma, stop = ("、", "；") if self._lang == "zh" else (", ", "; ")
        return stop.join(part for part in (*chunk.headings, comma.join(names)) if part)


def _names(items: tuple[Item, ...], span: Span) -> list[str]:
    """The names found before `span`: the most frequent ones and the latest."""
    met: Counter[str] = Counter()
    last: tuple[int, str] | None = None
    for item in items:
        head = _head(item)
        if head.start is None or head.start >= span.start or not _is_name(head.text):
            continue
        met[head.text] += 1
        if last is None or head.start >= last[0]:
            last = head.start, head.text
    names = [name for name, _ in met.most_common(FREQUENT)]
    return list(dict.fromkeys([*names, *([last[1]] if last else [])]))


def _head(item: Item) -> Located:
    if isinstance(item, Entity):
        return item.place
    return item.entity if isinstance(item, Fact) else item.head


def _is_name(text: str) -> bool:
    return (
        len(text) <= LONGEST
        and bool(_WORDS.match(text))
        and not any(pattern.fullmatch(text) for pattern in _BACK.values())
    )


def _capitalised(text: str) -> list[str]:
    met: Counter[str] = Counter()
    latest = ""
    for match in _CAPITALS.finditer(text):
        name = _NO_NAME.sub("", match.group(), count=1)
        if len(name) > 1 and _WORDS.match(name):
            met[name] += 1
            latest = name
    names = [name for name, _ in met.most_common(FREQUENT)]
    return list(dict.fromkeys([*names, *([latest] if latest else [])]))
