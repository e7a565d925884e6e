"""KE3's entity in the first line of a text: `实体：X` or `Entity: X`."""

from __future__ import annotations

import re

# No two neighbours match the same character, so that a long line takes no longer than it must.
_LINE = re.compile(r"\s*(?:实体|entity)\s*[:：][^\S\r\n]*(\S[^\r\n]*)(?:\r\n|\r|\n)", re.I)


def entity_line(text: str) -> tuple[str | None, int]:
    """The entity that the first line names, and where the text proper begins; else (None, 0)."""
    line = _LINE.match(text)
    return (line.group(1).rstrip(), line.end()) if line else (None, 0)
