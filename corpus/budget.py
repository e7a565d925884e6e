"""What a job has spent, and whether a request may still begin."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from models.base import GenerateRequest, Usage

# Where a service hands out no tokenizer: a Chinese character a token, four others a token; about
# what the vocabularies of today need for prose, more than Chinese does and less than figures do.
OTHERS_PER_TOKEN = 4
_WIDE = "\u2e80"  # from here on scripts of which a character is about a token


@dataclass(frozen=True)
class Price:
    """Of a million tokens read and written, in whatever money the user counts in."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1e6


@dataclass(frozen=True)
class Budget:
    """The most that a job may spend, over all its runs: money at a price, or tokens."""

    amount: float
    price: Price | None = None  # None: the amount is tokens, read and written together

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        if self.price is None:
            return prompt_tokens + completion_tokens
        return self.price.of(prompt_tokens, completion_tokens)


def estimate_tokens(texts: Sequence[str]) -> int:
    """About how many tokens these are, where nobody counts them."""
    others = sum(sum(char < _WIDE for char in text) for text in texts)
    return sum(map(len, texts)) - others + -(-others // OTHERS_PER_TOKEN)


class Ledger:
    """Tokens spent, and reserved by the requests under way; used by many threads."""

    def __init__(self, spent: tuple[int, int] = (0, 0), budget: Budget | None = None) -> None:
        self._lock = threading.Lock()
        self._prompt, self._completion = spent
        self._budget = budget
        self._reserved: dict[int, tuple[int, int]] = {}
        self._next = 0
        self.guessed = False  # some answers came without usage, or never ended

    @property
    def spent(self) -> tuple[int, int]:
        """Tokens read and written so far."""
        with self._lock:
            return self._prompt, self._completion

    def book(self, prompt: int, completion: int) -> None:
        """Tokens that were spent elsewhere."""
        with self._lock:
            self._prompt += prompt
            self._completion += completion

    def begin(self, request: GenerateRequest) -> int | None:
        """A number for the request, whose longest answer is now reserved.

        None if it might cost more than is left, and what is under way decides whether it does.
        Raises OverflowError if nothing is under way either: the budget is reached.
        """
        if self._budget is None:
            tokens = (0, 0)
        else:
            tokens = estimate_tokens([one.content for one in request.messages]), request.max_tokens
        with self._lock:
            if self._budget is not None:
                ends = [(self._prompt, self._completion), *self._reserved.values(), tokens]
                cost = self._budget.cost(*(sum(each) for each in zip(*ends, strict=True)))
                if cost > self._budget.amount:
                    if not self._reserved:
                        raise OverflowError
                    return None
            self._next += 1
            self._reserved[self._next] = tokens
            return self._next

    def end(self, number: int, request: GenerateRequest, usage: Usage, said: int) -> None:
        """Book a request by its usage, else by estimate; `said` is the answer in characters."""
        prompt, completion = usage.prompt_tokens, usage.completion_tokens
        guessed = prompt is None or completion is None
        if prompt is None:
            prompt = estimate_tokens([message.content for message in request.messages])
        if completion is None:
            completion = said  # a token has a character at least, save for rare ones
        with self._lock:
            self.guessed = self.guessed or guessed
            self._prompt += prompt
            self._completion += completion
            del self._reserved[number]
