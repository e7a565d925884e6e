"""Holds an answer to a grammar: which tokens may come next, and which must.

The work is llguidance's; grammars are its Lark syntax.
"""

from __future__ import annotations

from collections.abc import Sequence

import llguidance
import llguidance.numpy
import numpy as np
from numpy.typing import NDArray

from models.qwen.tokenizer import QwenTokenizer

# Tokens that fit inside a JSON string are looked up as one set. llguidance's own four such sets are
# no faster in our grammars and take 0.1 s longer to prepare.
SLICE = r'[^"\\\x00-\x1F\x7F]{1,30}'


class BadGrammar(ValueError):
    """The grammar cannot be compiled; the message is llguidance's."""


class _Adapted:
    """The tokenizer as llguidance asks for one: the same object serves both, so the vocabulary is
    read once."""

    bos_token_id = None

    def __init__(self, tokenizer: QwenTokenizer) -> None:
        self._encode = tokenizer.encode
        self.eos_token_id = tokenizer.end
        self.tokens = tokenizer.spellings()
        self.special_token_ids = list(tokenizer.control.values())

    def __call__(self, text: str) -> list[int]:
        return self._encode(text)


class Grammars:
    """Makes constraints for one tokenizer."""

    def __init__(self, tokenizer: QwenTokenizer, vocabulary: int) -> None:
        self._vocabulary = vocabulary
        self._tokenizer = llguidance.LLTokenizer(
            llguidance.TokenizerWrapper(_Adapted(tokenizer)),
            n_vocab=vocabulary,
            eos_token=tokenizer.end,
            slices=[SLICE],
        )

    def constraint(self, grammar: str) -> Constraint:
        """Raises BadGrammar."""
        text = grammar.removeprefix("%llguidance {}\n")
        matcher = llguidance.LLMatcher(self._tokenizer, text)
        if matcher.is_error():
            raise BadGrammar(matcher.get_error())
        return Constraint(matcher, self._vocabulary)


class Constraint:
    """The state of one answer."""

    def __init__(self, matcher: llguidance.LLMatcher, vocabulary: int) -> None:
        self._matcher = matcher
        self._mask = llguidance.numpy.allocate_token_bitmask(1, vocabulary)

    @property
    def ended(self) -> bool:
        """Whether nothing can follow."""
        return bool(self._matcher.is_stopped())

    def allows(self, token: int) -> bool:
        return bool(self._matcher.validate_tokens([token]) == 1)

    def allowed(self) -> NDArray[np.uint32]:
        """A bit for each token that may come next; the array is overwritten by the next call."""
        llguidance.numpy.fill_next_token_bitmask(self._matcher, self._mask)
        mask: NDArray[np.uint32] = self._mask.view(np.uint32)[0]
        return mask

    def take(self, token: int) -> None:
        self._matcher.consume_token(token)

    def forced(self) -> list[int]:
        """What must come next whatever the model says, in the tokenizer's usual pieces."""
        return list(self._matcher.compute_ff_tokens())

    def valid(self, tokens: Sequence[int]) -> int:
        """How many of the tokens, from the first on, may come next one after the other."""
        return int(self._matcher.validate_tokens(list(tokens)))
