"""English names with spaCy's small model, of which only the recogniser is loaded.

On one core: loaded in 0.7 s with 90 MB of memory; 2 ms for 100 characters, 0.7 s for 50,000.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from models.base import Mention
from models.recognisers.english_rules import Found, masked, to_candidates, to_mentions
from models.recognisers.pieces import merged, pieces

# spaCy's tokeniser takes quadratic time for a run of brackets: 150 s for 50,000, 4 s in pieces.
PIECE_CHARS = 500

_UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")


class SpacyEnglish:
    """spaCy's recogniser over the model in `folder`."""

    def __init__(self, folder: Path) -> None:
        with _without_torch():
            import spacy  # only now: importing the app loads no engine

        self._nlp: Any = spacy.load(folder, exclude=list(_UNUSED))
        self._lock = threading.Lock()

    def recognize(self, text: str, *, unsure: bool = False) -> list[Mention]:
        """PER, LOC, ORG, TIME, WORK and spaCy's further labels in the order of the text.

        Offsets in characters. Safe for many threads, which take turns piece by piece.
        """
        found: list[Found] = []
        for start, end in pieces(text, PIECE_CHARS):
            found += self._find(text, start, end)
        names = to_mentions(text, found)
        return merged(names, to_candidates(text)) if unsure else names

    def _find(self, text: str, start: int, end: int) -> list[Found]:
        piece = masked(text[start:end])
        # The zone forgets the words of the text; without it the vocabulary grows for ever. There
        # can only be one at a time.
        with self._lock, self._nlp.memory_zone():
            return [
                Found(entity.label_, start + entity.start_char, start + entity.end_char)
                for entity in self._nlp(piece).ents
            ]


class _NoTorch(MetaPathFinder):
    """Finds no torch for the thread that made it."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: object = None
    ) -> ModuleSpec | None:
        if name == "torch" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError("No module named 'torch'", name=name)
        return None


@contextmanager
def _without_torch() -> Iterator[None]:
    """thinc, which spaCy is made of, imports torch where it is installed: 0.7 s and 180 MB that the
    recogniser does not use. Where torch is loaded already, nothing changes."""
    finder = _NoTorch()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
