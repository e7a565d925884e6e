"""The engine of our own (`models.qwen`) as `Embedded` uses it: messages in, pieces of text out."""

from __future__ import annotations

import codecs
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import llguidance

from errors import InputError, ModelFailed, TooLarge, Unavailable
from models.base import Chunk, Finish, GenerateRequest, Message, Progress, Text, Usage
from models.embedded.profile import relations
from models.qwen.constraint import BadGrammar
from models.qwen.engine import Closed, Engine, Reason, Request, Statistics, TooLong
from models.qwen.gguf import read_gguf
from models.qwen.library import build, load
from models.qwen.network import NO_ADAPTER, Network, require_qwen2
from models.qwen.sampling import Sampling
from models.qwen.tokenizer import QwenTokenizer
from models.qwen.weights import tiles_of
from models.stop_strings import StopStrings
from models.thread_stream import Sink
from settings import Settings
from wording import message

BEAT = 0.2  # seconds between two looks at the place in line
ADAPTER_NUMBER = 0
# What the chat template of the file says where the messages do not.
DEFAULT_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def open_network(
    path: Path, key: str, adapter: Path | None, settings: Settings, threads: int
) -> Network:
    """The network on the machine's own kernels, with the adapter as number 0.

    `key` names the file's content. Raises NoLibrary, GgufError, OSError, MemoryError.
    """
    cache = settings.cache_dir / "engine"
    gguf = read_gguf(path)
    require_qwen2(gguf)
    library = load(build(cache))
    network = Network(
        gguf,
        tiles_of(gguf, library, cache, key, threads),
        library,
        context=settings.embedded_context // settings.embedded_slots,
        sequences=settings.embedded_slots,
        threads=threads,
    )
    if adapter is not None:
        network.add_adapter(ADAPTER_NUMBER, adapter)
    return network


class OwnEngine:
    """Implements `models.embedded.model.Engine`."""

    batches = True

    def __init__(
        self,
        path: Path,
        key: str,
        adapter: Path | None,
        settings: Settings,
        threads: int,
        on_broken: Callable[[], None] = lambda: None,
    ) -> None:
        """As `open_network`; `on_broken` is called when the engine ends without `close`."""
        network = open_network(path, key, adapter, settings, threads)
        self.about: str = message("states.embedded_own", kind=network.kernels)
        self._tokenizer = QwenTokenizer(network.gguf)
        self._turn_start, self._turn_end = map(
            self._tokenizer.control_token, ("<|im_start|>", "<|im_end|>")
        )
        self._engine = Engine(network, self._tokenizer, on_broken=on_broken)

    @property
    def broken(self) -> bool:
        return self._engine.broken

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Nothing: what the trained prompts begin with is read in a few steps."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return [len(self._tokenizer.encode(text)) for text in texts]

    def generate(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        answer = _Answer(request, sink)
        try:
            self._engine.submit(self._request(request), answer)
        except TooLong as error:
            raise TooLarge(
                message("errors.embedded_prompt_too_long", tokens=error.tokens, limit=error.limit),
                field="user_input",
            ) from error
        except BadGrammar as error:
            raise InputError(
                message("errors.embedded_grammar", complaint=str(error)), field="schema"
            ) from error
        except Closed as error:
            raise self._ended() from error
        reported = 0
        while not answer.ended.wait(BEAT):
            if sink.stopped:
                return
            ahead = self._engine.ahead(answer)
            if ahead != reported:
                sink.put(Progress(ahead=ahead) if ahead else Progress(0.0))
                reported = ahead
        if isinstance(answer.error, Closed):
            raise self._ended() from answer.error
        if isinstance(answer.error, MemoryError):
            raise ModelFailed(
                message("errors.embedded_out_of_memory"), retry_after=10
            ) from answer.error
        if answer.error is not None:
            raise ModelFailed(
                message("errors.embedded_engine_failed", reason=str(answer.error))
            ) from answer.error

    def _ended(self) -> Unavailable:
        if self.broken:
            return ModelFailed(message("errors.embedded_restarts"), retry_after=10)
        return Unavailable(message("errors.embedded_shut_down"))

    def _request(self, request: GenerateRequest) -> Request:
        given = request.sampling
        sampling = Sampling(
            temperature=request.temperature,
            top_k=Sampling.top_k if given.top_k is None else given.top_k,
            top_p=Sampling.top_p if given.top_p is None else given.top_p,
            repetition_penalty=given.repetition_penalty or 1.0,
            seed=given.seed,
        )
        grammar = request.grammar
        if grammar is None and request.json_schema is not None:
            grammar = _schema_grammar(request)
        return Request(
            prompt=self._prompt(request.messages),
            max_tokens=request.max_tokens,
            text=request.messages[-1].content,
            names=relations()[request.tuned.partition("/")[0]] if request.tuned else (),
            grammar=grammar,
            sampling=sampling,
            adapter=ADAPTER_NUMBER if request.tuned else NO_ADAPTER,
            logprobs=request.logprobs,
        )

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        """The chat template, by hand: a text that spells a control token stays text."""
        if messages[0].role != "system":
            messages = [Message("system", DEFAULT_SYSTEM), *messages]
        encode, start, end = self._tokenizer.encode, self._turn_start, self._turn_end
        line = encode("\n")
        ids: list[int] = []
        for one in messages:
            ids += [start, *encode(f"{one.role}\n{one.content}"), end, *line]
        return [*ids, start, *encode("assistant\n")]

    def close(self) -> None:
        self._engine.close()


class _Answer:
    """Hears one answer; implements `models.qwen.engine.Listener`."""

    def __init__(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        self._sink = sink
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = StopStrings(request.sampling.stop)
        self._logprob: float | None = None  # of tokens whose text is still to come
        self.ended = threading.Event()
        self.error: Exception | None = None

    @property
    def stopped(self) -> bool:
        return self._sink.stopped

    def read(self, done: float) -> None:
        self._sink.put(Progress(done))

    def take(self, text: bytes, logprob: float | None) -> bool:
        if logprob is not None:
            self._logprob = logprob + (self._logprob or 0.0)
        self._say(self._stop.feed(self._decoder.decode(text)))
        return self._stop.hit

    def _say(self, text: str) -> None:
        if text:
            self._sink.put(Text(text, self._logprob))
            self._logprob = None

    def finish(self, reason: Reason, statistics: Statistics) -> None:
        self._say(self._stop.feed(self._decoder.decode(b"", final=True)) + self._stop.flush())
        usage = Usage(
            prompt_tokens=statistics.prompt,
            completion_tokens=statistics.written,
            steps=statistics.steps,
            drafted=statistics.drafted,
            accepted=statistics.accepted,
        )
        self._sink.put(Finish(reason, usage))
        self.ended.set()

    def fail(self, error: Exception) -> None:
        self.error = error
        self.ended.set()


def _schema_grammar(request: GenerateRequest) -> str:
    """The grammar of the request's JSON schema; raises InputError."""
    schema = json.dumps(request.json_schema, ensure_ascii=False)
    grammar: str = llguidance.LLMatcher.grammar_from_json_schema(schema)
    complaint = llguidance.LLMatcher.validate_grammar(grammar)
    if complaint:
        raise InputError(
            message("errors.embedded_schema", complaint=f": {complaint}"), field="schema"
        )
    return grammar
