"""Holds Local-GLM's answers to a grammar: which tokens may come next, by llguidance.

Knows the vocabulary as bytes and nothing of the network that chooses among the allowed tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import llguidance
import torch
from torch import Tensor

from errors import InputError, ModelFailed
from models.visualglm.text.tokenizer import Tokenizer
from wording import message

# llguidance's own limits fail at a source of 2,000 Chinese characters.
_LIMITS = llguidance.LLParserLimits(
    initial_lexer_fuel=50_000_000,
    step_lexer_fuel=50_000_000,
    step_max_items=1_000_000,
    max_lexer_states=2_000_000,
    verbose_errors=False,  # or a complaint holds the grammar, and with it the user's text
)

# [256, 8]: the bits of each byte value, lowest first, as llguidance packs the mask.
_BITS = (torch.arange(256).unsqueeze(1) >> torch.arange(8)) & 1 == 1


class GlmGrammar:
    """The vocabulary as llguidance wants it; built once, shared by all requests and threads."""

    def __init__(self, tokenizer: Tokenizer, vocab_size: int) -> None:
        """`vocab_size` is the length of the model's logits, at least the vocabulary's.

        The real vocabulary takes 0.4 s and 60 MiB of memory.
        """
        if vocab_size < len(tokenizer):
            raise ValueError(f"{len(tokenizer)} pieces do not fit {vocab_size} logits")
        self._vocabulary = _Vocabulary(tokenizer)
        self._vocab_size = vocab_size
        self._shared = llguidance.LLTokenizer(llguidance.TokenizerWrapper(self._vocabulary))
        self._vocabulary.trie = self._shared

    def matcher(self, grammar: str) -> Matcher:
        """One answer's matcher for a grammar in llguidance's Lark syntax.

        Raises InputError, field `schema`, when it does not compile.
        """
        matcher = llguidance.LLMatcher(self._shared, grammar, log_level=0, limits=_LIMITS)
        if matcher.is_error():
            raise InputError(
                message("errors.embedded_grammar", complaint=_complaint(matcher)), field="schema"
            )
        return Matcher(matcher, len(self._vocabulary.tokens), self._vocab_size)

    def matcher_for_schema(self, schema: Mapping[str, Any]) -> Matcher:
        """One answer's matcher for JSON of this schema, written without blanks between its parts.

        Raises InputError, field `schema`, for what is no schema.
        """
        try:
            text = json.dumps(dict(schema))
            grammar = llguidance.LLMatcher.grammar_from_json_schema(
                text, overrides={"whitespace_flexible": False}
            )
        except (TypeError, ValueError) as error:
            raise InputError(
                message("errors.glm_schema_not_json", reason=str(error)), field="schema"
            ) from error
        return self.matcher(grammar)


class Matcher:
    """Where one answer stands in its grammar; for one thread at a time.

    Every method raises ModelFailed once llguidance has given up: it would go on in silence and
    allow nothing but the end.
    """

    def __init__(self, matcher: llguidance.LLMatcher, known: int, vocab_size: int) -> None:
        self._matcher = matcher
        self._known = known  # ids that have a piece
        self._vocab_size = vocab_size

    def mask(self, out: Tensor | None = None) -> Tensor:
        """Which ids may come next, bool [V] on the CPU; written into `out` where it is given.

        Ids beyond the vocabulary never may. <eop> may where the grammar can end, and nothing else
        may where it must.
        """
        packed = self._matcher.compute_bitmask()
        self._check()
        if out is None:
            out = torch.empty(self._vocab_size, dtype=torch.bool)
        bits = _BITS[torch.frombuffer(bytearray(packed), dtype=torch.uint8).int()]  # [bytes, 8]
        out[: self._known] = bits.view(-1)[: self._known]
        out[self._known :] = False
        return out

    def accept(self, token: int) -> None:
        """Take notice of the token that was written; ModelFailed when it was not allowed."""
        self._matcher.consume_token(token)
        self._check()

    @property
    def finished(self) -> bool:
        """The answer is complete: nothing may follow but <eop>, or it was written."""
        return bool(self._matcher.is_stopped())

    def forced(self) -> list[int]:
        """The tokens that have to come next, often none; they need no step of the model.

        They are cut as the tokenizer would cut them. Accept them one by one.
        """
        tokens = list(self._matcher.compute_ff_tokens())
        self._check()
        return tokens

    def _check(self) -> None:
        if self._matcher.is_error():
            raise ModelFailed(
                message("errors.glm_grammar_broke_off", complaint=_complaint(self._matcher))
            )


class _Vocabulary:
    """What `llguidance.TokenizerWrapper` asks for; its names are llguidance's."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.eos_token_id = tokenizer.eop_id
        self.bos_token_id = tokenizer.sop_id
        self.tokens = tokenizer.token_bytes()
        self.special_token_ids = [i for i, spelt in enumerate(self.tokens) if not spelt]
        self.trie: llguidance.LLTokenizer | None = None

    def __call__(self, text: bytes) -> list[int]:
        """Ids whose bytes are exactly `text`, as the model would write them where there are any.

        The tokenizer puts a blank before a text and makes full-width marks half-width; llguidance
        breaks when bytes differ, so those are cut by the longest piece instead.
        """
        ids = self._tokenizer.encode("\n" + text.decode("utf-8", "replace"), specials=False)
        ids = ids[ids.index(self._tokenizer.newline_id) + 1 :]
        if self.trie is None or b"".join(self.tokens[i] for i in ids) == text:
            return ids
        return list(self.trie.greedy_tokenize(text.decode("utf-8", "replace")))


def _complaint(matcher: llguidance.LLMatcher) -> str:
    """The first paragraph of what llguidance says; traces and its state follow behind "<"."""
    said = str(matcher.get_error()).split("\n<")[0].strip()
    return said[:500] or message("errors.glm_no_reason")
