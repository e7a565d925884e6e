"""`Local-GLM`: VisualGLM-6B on the owner's card, one network for the whole process.

Loaded on first use or at start; its engine answers several requests at a time. Turns messages
into the official prompt and token ids into text. Knows nothing of knowledge or HTTP.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from errors import KexError, Unavailable
from models.base import (
    Capabilities,
    Chunk,
    Finish,
    GenerateRequest,
    Image,
    Message,
    ModelState,
    Progress,
    Text,
    Usage,
)
from models.gpus import missing_card
from models.local_glm.packages import missing_packages
from models.local_glm.rounds import (
    REPETITION_PENALTY,
    TOP_K,
    TOP_P,
    Talk,
    fit_talk,
    read_talk,
    shortcomings,
)
from models.stop_strings import StopStrings
from models.thread_stream import BEAT_SECONDS
from settings import Settings
from wording import joined, message

if TYPE_CHECKING:  # torch is loaded with the model, not with the app
    import torch

    from models.local_glm.grammar import GlmGrammar
    from models.visualglm.config import VisualGLMConfig
    from models.visualglm.engine.engine import Engine
    from models.visualglm.engine.sampling import SamplingParams
    from models.visualglm.engine.slots import Constraint, Generation, Picture, Request
    from models.visualglm.text.chat import Prompt
    from models.visualglm.text.stream_decoder import StreamDecoder
    from models.visualglm.text.tokenizer import Tokenizer

log = logging.getLogger(__name__)

BROKEN = message("warnings.glm_nan")

# What a card saves: measured with full-size random weights on two cores, see docs/visualglm.md.
CPU_SPEED = message("states.glm_cpu_speed")

CHUNK_TOKENS = 260  # of source text in a request; prompt, examples and answer share 2,048 with it


@dataclass(frozen=True)
class _Loaded:
    """What a loaded model consists of."""

    config: VisualGLMConfig
    tokenizer: Tokenizer
    engine: Engine
    grammar: GlmGrammar


class LocalGlm:
    """VisualGLM-6B; implements `models.base.Model`."""

    name = "Local-GLM"
    capabilities = Capabilities(
        constraint="grammar",
        images=True,
        chunk_chars={"zh": 400, "en": 1400},
        nfkc=True,
        chunk_tokens=CHUNK_TOKENS,
    )

    def __init__(self, settings: Settings) -> None:
        self.capabilities = replace(self.capabilities, context_tokens=settings.glm_context)
        self._settings = settings
        self._lock = threading.Lock()  # one load at a time
        self._loaded: _Loaded | None = None
        self._progress: float | None = None  # while loading
        self._failure: str | None = None

    def state(self) -> ModelState:
        loaded, progress = self._loaded, self._progress
        if loaded is not None and loaded.engine.broken:
            return ModelState("unavailable", loaded.engine.broken)
        if loaded is not None:
            return ModelState("ready")
        if progress is not None:
            return ModelState("loading", message("states.glm_loading"), progress)
        missing = self._missing() or self._failure
        if missing is not None:
            return ModelState("unavailable", missing)
        return ModelState("idle", message("states.loaded_on_first_request"))

    def _missing(self) -> str | None:
        """What is not there, by cheap looks."""
        packages = missing_packages()
        if packages is not None:
            return packages
        folder, device = self._settings.glm_path, self._settings.glm_device
        if not (folder / "config.json").is_file():
            return message("states.glm_no_weights", folder=folder)
        card = missing_card(device)
        if card is not None:
            return message("states.glm_no_card", device=device, card=card, speed=CPU_SPEED)
        return None

    def load(self) -> None:
        with self._lock:
            if self._loaded is not None:
                return
            missing = self._missing()
            if missing is not None:
                raise Unavailable(missing)
            self._failure, self._progress = None, 0.0
            try:
                self._loaded = self._start()
            except KexError as error:
                self._failure = error.message
                raise
            except (ImportError, RuntimeError, OSError) as error:
                self._failure = message("states.glm_load_failed", reason=str(error))
                raise Unavailable(self._failure) from error
            finally:
                self._progress = None

    def _start(self) -> _Loaded:
        from models.local_glm.grammar import GlmGrammar
        from models.visualglm.checkpoint.memory_plan import check, free_memory, plan
        from models.visualglm.checkpoint.pretrained import effective_bits, load_pretrained
        from models.visualglm.config import read_config
        from models.visualglm.engine.engine import Engine
        from models.visualglm.text.tokenizer import VOCABULARY_FILE, Tokenizer

        settings, began = self._settings, time.monotonic()
        folder, device = settings.glm_path, settings.glm_device
        config = read_config(folder)
        tokenizer = Tokenizer(folder / VOCABULARY_FILE)
        tokenizer.check(config)
        dtype = torch_dtype(settings)
        bits = effective_bits(
            config, 0 if settings.glm_quant == "none" else int(settings.glm_quant)
        )
        length = min(settings.glm_context, config.max_sequence_length)
        check(plan(config, dtype, bits, settings.glm_slots, length), free_memory(device))
        grammar = GlmGrammar(tokenizer, config.vocab_size)
        model = load_pretrained(folder, dtype, device, bits, self._on_progress)
        engine = Engine(model, settings.glm_slots, length)
        log.info("Local-GLM: %s loaded in %.1f s", folder.name, time.monotonic() - began)
        return _Loaded(config, tokenizer, engine, grammar)

    def _on_progress(self, done: int, total: int) -> None:
        self._progress = done / total

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Nothing to do: a prompt that attends to itself in both directions has no prefix that
        could be kept for another."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        loaded = self._loaded
        if loaded is None:
            return None
        return [len(loaded.tokenizer.encode(text, specials=False)) for text in texts]

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        self.load()
        loaded = self._loaded
        if loaded is None:
            raise Unavailable(message("errors.glm_shut_down"))
        talk = read_talk(request.messages)
        query = _engine_request(loaded, request, talk)
        generation = loaded.engine.submit(query.request)
        try:
            yield from _chunks(generation, query, loaded.engine.ahead)
        finally:
            generation.cancel()

    def close(self) -> None:
        with self._lock:
            loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.engine.close()


def torch_dtype(settings: Settings) -> torch.dtype:
    """The type to compute in; half is slow on a CPU, so bfloat16 is the better default there."""
    from models.visualglm.checkpoint.pretrained import DTYPES

    automatic = "bf16" if settings.glm_device == "cpu" else "fp16"
    return DTYPES[automatic if settings.glm_dtype == "auto" else settings.glm_dtype]


@dataclass(frozen=True)
class _Query:
    """A request as the engine takes it, and how its tokens become text again."""

    request: Request
    decoder: StreamDecoder
    free: bool  # not held to a form: post-processed as the official demo does
    stop: tuple[str, ...]
    warning: str | None


def _engine_request(loaded: _Loaded, request: GenerateRequest, talk: Talk) -> _Query:
    from models.visualglm.engine.slots import Request
    from models.visualglm.text.stream_decoder import StreamDecoder

    context = min(loaded.engine.length, request.max_length or loaded.engine.length)
    # At least a quarter of the context stays for the answer, if that many tokens are wanted.
    limit = max(context - min(request.max_tokens, context // 4), 1)
    prompt, dropped = fit_talk(loaded.tokenizer, talk, loaded.config.image_length, limit)
    constraint = _constraint(loaded.grammar, request)
    return _Query(
        Request(
            prompt.ids,
            min(request.max_tokens, context - len(prompt.ids)),
            _params(request, constrained=constraint is not None),
            request.sampling.seed,
            _picture(loaded.config, talk.image, prompt),
            constraint,
        ),
        StreamDecoder(loaded.tokenizer, literal=constraint is not None),
        constraint is None,
        request.sampling.stop,
        shortcomings(talk, dropped),
    )


def _constraint(grammar: GlmGrammar, request: GenerateRequest) -> Constraint | None:
    if request.grammar is not None:
        return grammar.matcher(request.grammar)
    if request.json_schema is not None:
        return grammar.matcher_for_schema(request.json_schema)
    return None


def _params(request: GenerateRequest, *, constrained: bool) -> SamplingParams:
    """Answers held to a form repeat their source and JSON's marks: no penalty for that."""
    from models.visualglm.engine.sampling import SamplingParams

    sampling = request.sampling
    penalty = 1.0 if constrained else REPETITION_PENALTY
    return SamplingParams(
        temperature=request.temperature,
        top_k=TOP_K if sampling.top_k is None else sampling.top_k,
        top_p=TOP_P if sampling.top_p is None else sampling.top_p,
        repetition_penalty=penalty
        if sampling.repetition_penalty is None
        else sampling.repetition_penalty,
    )


def _picture(config: VisualGLMConfig, image: Image | None, prompt: Prompt) -> Picture | None:
    if image is None or prompt.image_start is None:
        return None
    from models.visualglm.engine.slots import Picture
    from models.visualglm.image import decode, preprocess

    pixels = preprocess(decode(image.data), config.vit.image_size)
    return Picture(pixels, prompt.image_start, hashlib.sha256(image.data).digest())


def _chunks(
    generation: Generation, query: _Query, ahead: Callable[[Generation], int]
) -> Iterator[Chunk]:
    """The engine's events as text, until the answer ends or a stop string stands in it.

    `ahead` tells how many have to end before a generation is begun.
    """
    from models.visualglm.engine.slots import End, Reading, Token
    from models.visualglm.text.response import ResponseStream

    shown, stop = ResponseStream() if query.free else None, StopStrings(query.stop)
    written = 0
    while True:
        event = generation.next(BEAT_SECONDS)
        if event is None:
            yield Progress(ahead=ahead(generation))
            continue
        if isinstance(event, Reading):
            yield Progress(event.share)
            continue
        text = query.decoder.feed(event.id) if isinstance(event, Token) else query.decoder.flush()
        if shown is not None:
            text = shown.feed(text) + (shown.flush() if isinstance(event, End) else "")
        text = stop.feed(text) + (stop.flush() if isinstance(event, End) else "")
        if text:
            yield Text(text)
        written += isinstance(event, Token)
        if isinstance(event, End) or stop.hit:
            reason = event.reason if isinstance(event, End) and not stop.hit else "stop"
            broken = isinstance(event, End) and event.broken
            warning = joined("sentences", (query.warning, BROKEN if broken else None))
            yield Finish(reason, Usage(len(query.request.ids), written), warning)
            return
        if not text:
            yield Progress()  # a token that is only part of a character: a chance to leave
