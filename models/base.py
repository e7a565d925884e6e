"""What every model offers to the rest of Kex: the request, the stream of its answer, its state.

Models turn messages into text. They know nothing of triples, prompts or HTTP.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Image:
    """A picture as it came: encoded bytes and their media type (`image/png`, …)."""

    data: bytes
    media_type: str


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn when `temperature` is above 0; None: the model's own way.

    `top_p` in (0, 1], `top_k` a count, `repetition_penalty` a factor (it acts on greedy answers
    too), `seed` makes an answer repeatable where the model can, `stop` ends it before any of
    these strings.
    """

    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class GenerateRequest:
    """What to generate.

    `grammar` (llguidance's Lark syntax) and `json_schema` (root: an object) say the same form
    twice; a model takes the one it can hold its output to, see `Capabilities.constraint`.
    `temperature` 0 is greedy. None in `sampling` leaves it to the model's own default.
    `max_length` bounds prompt and answer together, in tokens, as the official VisualGLM demos do;
    models without such a limit ignore it. `logprobs` asks for the probabilities of what is said.
    `tuned` names the prompt where it is one of `Capabilities.tuned`: answer as trained on it.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    grammar: str | None = None
    json_schema: Mapping[str, Any] | None = None
    sampling: Sampling = Sampling()
    max_length: int | None = None
    logprobs: bool = False
    tuned: str = ""


@dataclass(frozen=True)
class Text:
    """The next piece of the answer.

    `logprob` is the natural logarithm of the probability that the model itself, before it was held
    to any form, gave to the piece's tokens; None where it was not asked for or is not known.
    """

    text: str
    logprob: float | None = None


@dataclass(frozen=True)
class Progress:
    """A sign of life while nothing is said, at least once a second; None is nothing new.

    `done` is the share of the prompt that was read, `ahead` how many requests have to end before
    this one is begun.
    """

    done: float | None = None
    ahead: int | None = None


@dataclass(frozen=True)
class Usage:
    """Tokens read and written; None where the model's server does not say.

    `steps` of the network wrote the answer; `accepted` of the `drafted` guesses were right. Only an
    engine that guesses says these.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    steps: int | None = None
    drafted: int | None = None
    accepted: int | None = None

    def to_json(self) -> dict[str, int | None]:
        """As answers have it: what only some engines say is left out where it is not known."""
        known = {name: count for name, count in asdict(self).items() if count is not None}
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            **known,
        }

    @classmethod
    def total(cls, usages: Sequence[Usage]) -> Usage:
        """The sum; None for what one of them does not say."""

        def add(name: str) -> int | None:
            counts = [getattr(usage, name) for usage in usages]
            return None if None in counts or not counts else sum(counts)

        return cls(**{field.name: add(field.name) for field in fields(cls)})


@dataclass(frozen=True)
class Finish:
    """The end of an answer: why it ended, what it cost, and what was weaker than asked for."""

    reason: Literal["stop", "length"]
    usage: Usage
    warning: str | None = None


Chunk = Text | Progress | Finish


@dataclass(frozen=True)
class Capabilities:
    """What a model can do."""

    constraint: Literal["grammar", "json_schema"]  # the strongest form it can be held to
    images: bool
    chunk_chars: Mapping[str, int]  # language → characters of source text in one request
    chunk_tokens: int | None = None  # the same in its own tokens, where it counts them
    nfkc: bool = False  # reads and writes Unicode's form NFKC only: a full-width comma comes narrow
    tuned: frozenset[str] = frozenset()  # names of the prompts that it was trained on
    tuned_tokens: Mapping[str, int] | None = None  # language → source text with such a prompt
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Way of asking → offset and slope that make a log probability a confidence."""
    parallel: int = 1  # requests of one document that it serves at a time
    context_tokens: int | None = None  # prompt and answer together; None: nobody here knows


Status = Literal["ready", "idle", "loading", "unavailable"]


@dataclass(frozen=True)
class ModelState:
    """Whether a model can serve; `detail` says why not, in one sentence.

    `idle` means that the first request will load it.
    """

    status: Status
    detail: str = ""
    progress: float | None = None


class Model(Protocol):
    """One model, one object per process."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def state(self) -> ModelState:
        """The state now; cheap, never blocks, never loads."""
        ...

    def load(self) -> None:
        """Load and return when ready; raises Unavailable with the reason."""
        ...

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Read prompts that will come often, while nobody waits; a model may do nothing."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """The tokens of each text; None where the model cannot tell. Cheap, never loads."""
        ...

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        """Stream an answer; the last chunk is a Finish.

        Closing the iterator stops the generation within a second. Raises KexError.
        """
        ...

    def close(self) -> None:
        """Free what the model holds."""
        ...
