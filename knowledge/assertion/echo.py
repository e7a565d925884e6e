"""Whether the words behind a cue name the relation: then they deny a pair named before.

"The walls were never rebuilt" says so of (fort, rebuilt part, walls), "对制造业就业没有影响" of
(试点, 影响对象, 制造业就业).
"""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.text.spans import Lang

_FAR = {"zh": 10, "en": 80}  # characters
_WORD = re.compile(r"[a-z]{4,}")
_SAY_LITTLE = frozenset("with from date time number name type first last year into".split())
_STEM = 4  # letters at least; an ending has up to three
_HAN_SAY_LITTLE = "的人时间地所在方者名称期日"


def names(said: str, label: str, lang: Lang) -> bool:
    """Whether `said`, the words behind a cue in its clause, hold words of the label."""
    said = said[: _FAR[lang]]
    if lang == "en":
        found = _stems(label.lower())
        return found is not None and found.search(said.lower()) is not None
    chars = set(label) - set(_HAN_SAY_LITTLE)
    return bool(chars) and sum(char in said for char in chars) >= min(2, len(chars))


@lru_cache(maxsize=4096)
def _stems(label: str) -> re.Pattern[str] | None:
    words = [word for word in _WORD.findall(label) if word not in _SAY_LITTLE]
    stems = "|".join(word[: max(_STEM, len(word) - 3)] for word in words)
    return re.compile(rf"\b(?:{stems})") if stems else None
