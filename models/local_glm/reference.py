"""`Local-GLM` by the official code, for `KEX_GLM_ENGINE=reference`: slow, to compare with.

One request at a time, no grammar. Executes the code in the checkpoint's folder, so it is off
unless asked for. Knows nothing of knowledge or HTTP.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from errors import KexError, ModelFailed, Unavailable
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
from models.thread_stream import Sink, pump
from settings import Settings
from wording import joined, message

if TYPE_CHECKING:  # torch is loaded with the model, not with the app
    from models.local_glm.official import Official
    from models.visualglm.config import VisualGLMConfig
    from models.visualglm.text.tokenizer import Tokenizer

NO_FORM = message("warnings.glm_official_no_form")
# What has a meaning to the official prompt wherever it stands: it would open a file that a user's
# text names, or take a word for the end of the prompt.
_SPECIAL = (
    "<img>", "</img>", "<sop>", "<eop>", "<pad>", "<unk>", "[MASK]", "[gMASK]", "[sMASK]",
)  # fmt: skip
# An end that later words may still change: white space, marks that become full-width beside
# Chinese, the beginning of a placeholder, half a character.
_UNSTABLE = re.compile(r"[\s,!:;?\ufffd]*(?:\[[^\]]{0,8}\]?)?\ufffd*$")


@dataclass(frozen=True)
class _Loaded:
    official: Official
    config: VisualGLMConfig
    tokenizer: Tokenizer  # ours, to see how much of a conversation fits


@dataclass(frozen=True)
class _Piece:
    """The whole answer so far."""

    text: str


@dataclass(frozen=True)
class _End:
    text: str
    length: bool
    prompt_tokens: int
    completion_tokens: int


@dataclass
class _Watch:
    """Called by the official loop with every sequence, the last one too, which it never yields."""

    sink: Sink[_Piece | _End]
    limit: int
    last: list[int] = field(default_factory=list)
    full: bool = False

    def __call__(self, ids: Any, scores: Any, **rest: Any) -> bool:
        self.last = ids[0].tolist()
        self.full = len(self.last) >= self.limit
        return self.full or self.sink.stopped


class ReferenceGlm:
    """The official VisualGLM-6B; implements `models.base.Model`."""

    name = "Local-GLM"
    capabilities = Capabilities(
        constraint="grammar", images=True, chunk_chars={"zh": 400, "en": 1400}, nfkc=True
    )

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bits = 0 if settings.glm_quant == "none" else int(settings.glm_quant)
        self._lock = threading.Lock()  # one load at a time
        self._turn = threading.Lock()  # one answer at a time
        self._loaded: _Loaded | None = None
        self._loading = False
        self._failure: str | None = None

    def state(self) -> ModelState:
        if self._loaded is not None:
            return ModelState("ready", message("states.glm_official_ready"))
        if self._loading:
            return ModelState("loading", message("states.glm_official_loading"))
        missing = self._missing() or self._failure
        if missing is not None:
            return ModelState("unavailable", missing)
        return ModelState("idle", message("states.glm_official_idle"))

    def _missing(self) -> str | None:
        packages = missing_packages()
        if packages is not None:
            return packages
        folder = self._settings.glm_path
        if not (folder / "config.json").is_file():
            return message("states.glm_official_no_weights", folder=folder)
        from models.local_glm.official import missing

        return missing(folder, self._settings.glm_device, self._bits)

    def load(self) -> None:
        with self._lock:
            if self._loaded is not None:
                return
            self._failure, self._loading = None, True
            try:
                self._loaded = self._start()
            except KexError as error:
                self._failure = error.message
                raise
            finally:
                self._loading = False

    def _start(self) -> _Loaded:
        from models.local_glm.official import load_official
        from models.visualglm.config import read_config
        from models.visualglm.text.tokenizer import VOCABULARY_FILE, Tokenizer

        missing = self._missing()
        if missing is not None:
            raise Unavailable(missing)
        folder = self._settings.glm_path
        tokenizer = Tokenizer(folder / VOCABULARY_FILE)
        official = load_official(folder, self._settings.glm_device, self._bits)
        return _Loaded(official, read_config(folder), tokenizer)

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Nothing to do: the official code keeps nothing between two answers."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """None: it is here to be compared with, not to be tuned."""
        return None

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        self.load()
        loaded = self._loaded
        if loaded is None:
            raise Unavailable(message("errors.glm_shut_down"))
        talk = read_talk(request.messages)
        context = min(self._settings.glm_context, loaded.config.max_sequence_length)
        context = min(context, request.max_length or context)
        limit = max(context - min(request.max_tokens, context // 4), 1)
        _, dropped = fit_talk(loaded.tokenizer, talk, loaded.config.image_length, limit)
        warnings = [shortcomings(talk, dropped)]
        if request.grammar is not None or request.json_schema is not None:
            warnings.append(NO_FORM)
        warning = joined("sentences", warnings)

        def produce(sink: Sink[_Piece | _End]) -> None:
            with self._turn:
                if not sink.stopped:
                    _answer(loaded.official, request, talk, dropped, context, sink)

        items = pump(produce, name="glm-reference")
        yield from _chunks(items, request.sampling.stop, warning)

    def close(self) -> None:
        with self._lock:
            self._loaded = None


def _chunks(
    items: Generator[_Piece | _End | None, None, None], stop: tuple[str, ...], warning: str | None
) -> Iterator[Chunk]:
    """What is certain of the growing answer, until it ends or a stop string stands in it."""
    stops, said, pieces = StopStrings(stop), 0, 0
    try:
        for item in items:
            if item is None:
                yield Progress()
                continue
            ended, pieces = isinstance(item, _End), pieces + 1
            whole = item.text if ended else _UNSTABLE.sub("", item.text)
            text = stops.feed(whole[said:]) + (stops.flush() if ended else "")
            said = max(said, len(whole))
            yield Text(text) if text else Progress()
            if isinstance(item, _End):
                usage = Usage(item.prompt_tokens, item.completion_tokens)
                cut = item.length and not stops.hit
                yield Finish("length" if cut else "stop", usage, warning)
                return
            if stops.hit:
                yield Finish("stop", Usage(None, pieces), warning)
                return
    finally:
        items.close()


def _answer(
    official: Official,
    request: GenerateRequest,
    talk: Talk,
    dropped: int,
    context: int,
    sink: Sink[_Piece | _End],
) -> None:
    """Run the official loop in this thread; the sink's reader may leave at any token."""
    import torch

    query, history = _texts(talk, dropped)
    with _on_disk(talk.image) as path:
        inputs = official.inputs(path, query, history)
    length = inputs["input_ids"].shape[1]
    watch = _Watch(sink, min(length + request.max_tokens, context))
    if request.sampling.seed is not None:
        torch.manual_seed(request.sampling.seed)
    try:
        for ids in official.model.stream_generate(
            **inputs,
            **_how(official, request, watch),
            max_length=watch.limit + 1,  # the watch, asked last, comes first
        ):
            sink.put(_Piece(official.text(ids[0].tolist()[length:])))
    # Another's code: whatever it throws, the user is told in one sentence.
    except Exception as error:
        raise ModelFailed(
            message("errors.glm_official_failed", kind=type(error).__name__, reason=str(error))
        ) from error
    # The loop asks the watch about every sequence but one that ended by itself, with <eop>.
    written = watch.last[length:]
    used = len(written) + (0 if watch.full else 1)
    sink.put(_End(official.text(written), watch.full, length, used))


def harmless(text: str) -> str:
    """A user's text in which no special string is left; the official code obeys them all."""
    for special in _SPECIAL:
        text = text.replace(special, f"{special[0]} {special[1:]}")
    return text


def _texts(talk: Talk, dropped: int) -> tuple[str, list[tuple[str, str]]]:
    """The question and the rounds before it, as `fit_talk` would have them, all made harmless."""
    opening = f"{talk.system}\n\n" if talk.system else ""
    history, query = list(talk.history[dropped:]), talk.query
    if history and not dropped:
        history[0] = (opening + history[0][0], history[0][1])
    else:
        query = opening + query
    return harmless(query), [(harmless(question), harmless(said)) for question, said in history]


def _how(official: Official, request: GenerateRequest, watch: _Watch) -> dict[str, Any]:
    """The official processors in the official order, as its chat sets them up."""
    from transformers import LogitsProcessorList, StoppingCriteriaList

    sampling = request.sampling
    home = sys.modules[type(official.model).__module__]
    how: dict[str, Any] = {
        "logits_processor": LogitsProcessorList([home.InvalidScoreLogitsProcessor()]),
        "stopping_criteria": StoppingCriteriaList([watch]),
        "repetition_penalty": sampling.repetition_penalty or REPETITION_PENALTY,
        "do_sample": request.temperature > 0,
    }
    if request.temperature > 0:
        how["temperature"] = request.temperature
        how["top_k"] = TOP_K if sampling.top_k is None else sampling.top_k
        how["top_p"] = TOP_P if sampling.top_p is None else sampling.top_p
    return how


@contextmanager
def _on_disk(image: Image | None) -> Iterator[str]:
    """The official code opens its pictures by path; an empty path is no picture.

    Decoded here first: upright, and refused where it has too many pixels.
    """
    if image is None:
        yield ""
        return
    from models.visualglm.image import decode

    picture = decode(image.data)
    with TemporaryDirectory(prefix="kex-") as folder:
        path = Path(folder) / "picture.png"
        picture.convert("RGB").save(path)
        yield str(path)
