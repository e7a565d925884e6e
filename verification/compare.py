"""One checkpoint, run by our network and then by the official code: do they agree, and how fast?

Both answer the same prompts: ids, logits of the whole prompt, the picture as embeddings, greedy
tokens. One after the other, so that the card has to hold one of them.
"""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from errors import Unavailable
from models.local_glm.model import torch_dtype
from models.local_glm.official import Official, load_official, missing
from models.visualglm.checkpoint.pretrained import load_pretrained
from models.visualglm.config import read_config
from models.visualglm.image import decode, preprocess
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.positions import padded_batch
from models.visualglm.text.chat import build_prompt
from models.visualglm.text.tokenizer import VOCABULARY_FILE, Tokenizer
from settings import Settings
from verification.measure import peak_memory
from verification.plain_generation import generate

NEW_TOKENS = 32
_LEAST = 1e-4  # relative error that other kernels make of the same float32 sums


@dataclass(frozen=True)
class Question:
    """A prompt that both engines get; `seen`: with the picture."""

    name: str
    query: str
    history: tuple[tuple[str, str], ...] = ()
    seen: bool = False


QUESTIONS = (
    Question("Chinese", "长江从哪里流到哪里？"),
    Question("English", "Who wrote Hamlet, and when?"),
    Question("two rounds", "那里的冬天冷吗？", (("哈尔滨在哪里？", "哈尔滨在黑龙江省。"),)),
    Question("picture, Chinese", "描述这张图片。", seen=True),
    Question("picture, English", "What colour is the circle?", seen=True),
)


@dataclass(frozen=True)
class Answer:
    """`logits` float32 [S, V] of the prompt, `embeds` float32 [image_length, hidden]."""

    ids: list[int]
    logits: Tensor
    tokens: list[int]
    embeds: Tensor | None


@dataclass
class Side:
    """What one engine said, and what it took."""

    name: str
    load_seconds: float = 0.0
    tokens_per_second: float = 0.0
    peak_bytes: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """How far apart the two are for one question; errors are shares of the largest number."""

    name: str
    same_ids: bool
    logits: float
    embeds: float | None
    same_tokens: int
    tokens: int
    tolerance: float

    @property
    def agrees(self) -> bool:
        close = max(self.logits, self.embeds or 0.0) <= self.tolerance
        return self.same_ids and close and self.same_tokens == self.tokens

    def line(self) -> str:
        embeds = "" if self.embeds is None else f"{self.embeds:.2e}"
        return (
            f"{self.name:18}  {'same' if self.same_ids else 'OTHER':6}  {self.logits:.2e}  "
            f"{embeds:8}  {self.same_tokens:3} of {self.tokens:<3}  "
            f"{'ok' if self.agrees else 'FAILED'}"
        )


@dataclass(frozen=True)
class Outcome:
    rows: tuple[Row, ...]
    sides: tuple[Side, Side]
    reason: str  # for the tolerance

    @property
    def agree(self) -> bool:
        return all(row.agrees for row in self.rows)

    def lines(self) -> list[str]:
        """The table."""
        speed = [
            f"{side.name:18}  load {side.load_seconds:6.1f} s  {side.tokens_per_second:8.2f}"
            f" tokens/s  peak {side.peak_bytes / 1e9:6.2f} GB"
            for side in self.sides
        ]
        head = f"{'prompt':18}  {'ids':6}  {'logits':8}  {'picture':8}  {'greedy':10}"
        verdict = "the two agree" if self.agree else "THE TWO DO NOT AGREE"
        return [head, *(row.line() for row in self.rows), "", *speed, self.reason, verdict]


def compare(settings: Settings, say: Callable[[str], None]) -> Outcome:
    """Run both. Raises Unavailable where the official code cannot run, before any loading."""
    folder, device = settings.glm_path, settings.glm_device
    bits = 0 if settings.glm_quant == "none" else int(settings.glm_quant)
    reason = missing(folder, device, bits)
    if reason is not None:
        raise Unavailable(reason)
    dtype = torch_dtype(settings)
    ours = _timed("Kex", say, lambda: _run_ours(folder, device, dtype, bits), device)
    theirs = _timed(
        "official code", say, lambda: _run_official(folder, device, dtype, bits), device
    )
    tolerance, reason = choose_tolerance(dtype, read_config(folder).num_layers)
    rows = tuple(_row(question.name, ours, theirs, tolerance) for question in QUESTIONS)
    return Outcome(rows, (ours, theirs), reason)


def choose_tolerance(dtype: torch.dtype, layers: int) -> tuple[float, str]:
    """The relative error that is allowed, and why."""
    epsilon = torch.finfo(dtype).eps / 2
    tolerance = max(_LEAST, 2 * layers * epsilon)
    why = (
        f"tolerance {tolerance:.1e} of the largest number: {layers} layers round their sum twice"
        f" to {str(dtype).removeprefix('torch.')}, by up to {epsilon:.1e} each time; not below"
        f" {_LEAST:.0e}"
    )
    return tolerance, why


def _row(name: str, ours: Side, theirs: Side, tolerance: float) -> Row:
    a, b = ours.answers[name], theirs.answers[name]
    pairs = zip(a.tokens, b.tokens, strict=False)
    same = next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(a.tokens), len(b.tokens)))
    return Row(
        name,
        a.ids == b.ids,
        _error(a.logits, b.logits),
        None if a.embeds is None or b.embeds is None else _error(a.embeds, b.embeds),
        same,
        max(len(a.tokens), len(b.tokens)),
        tolerance,
    )


def _error(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference, as a share of the largest number; other shapes differ entirely."""
    if ours.shape != theirs.shape:
        return float("inf")
    error = float((ours - theirs).abs().max() / theirs.abs().max())
    return error if error == error else float("inf")  # NaN


def _timed(name: str, say: Callable[[str], None], run: Callable[[], Side], device: str) -> Side:
    """Run one engine and let go of all that it held."""
    say(f"{name} …")
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats(device)
    side = run()
    side.name, side.peak_bytes = name, peak_memory(device)
    gc.collect()
    if device != "cpu":
        torch.cuda.empty_cache()
    return side


def picture() -> bytes:
    """A PNG that is made on the spot: a red circle on a gradient, wider than high."""
    made = Image.linear_gradient("L").resize((320, 200)).convert("RGB")
    ImageDraw.Draw(made).ellipse((90, 40, 210, 160), fill=(220, 30, 40))
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    return buffer.getvalue()


def _run_ours(folder: Path, device: str, dtype: torch.dtype, bits: int) -> Side:
    began = time.monotonic()
    tokenizer = Tokenizer(folder / VOCABULARY_FILE)
    model = load_pretrained(folder, dtype, device, bits)
    side = Side("", time.monotonic() - began)
    seconds, tokens = 0.0, 0
    for question in QUESTIONS:
        answer, moments = _ask_ours(model, tokenizer, question)
        side.answers[question.name] = answer
        seconds, tokens = seconds + moments[-1] - moments[0], tokens + len(moments) - 1
    side.tokens_per_second = tokens / seconds if seconds else 0.0
    return side


@torch.inference_mode()
def _ask_ours(
    model: VisualGLM, tokenizer: Tokenizer, question: Question
) -> tuple[Answer, list[float]]:
    """The answer, and when each of its tokens was there."""
    weight, config = model.transformer.word_embeddings.weight, model.config
    places = config.image_length if question.seen else None
    prompt = build_prompt(tokenizer, question.query, question.history, places, neutralise=False)
    embeds = None
    if question.seen:
        pixels = preprocess(decode(picture()), config.vit.image_size)[None]
        embeds = model.image_encoder(pixels.to(weight))
    start = prompt.image_start or 0
    ids, positions, visible = (x.to(weight.device) for x in padded_batch([prompt.ids], config))
    logits = model(model.embed(ids, embeds, start), positions, visible)[0]
    tokens, moments = [], []
    for step in generate(model, [prompt.ids], NEW_TOKENS, images=embeds, image_start=start):
        tokens.append(int(step.tokens))
        moments.append(time.monotonic())
    shown = None if embeds is None else embeds[0].float().cpu()
    return Answer(list(prompt.ids), logits.float().cpu(), tokens, shown), moments


def _run_official(folder: Path, device: str, dtype: torch.dtype, bits: int) -> Side:
    began = time.monotonic()
    official = load_official(folder, device, bits, dtype)
    side = Side("", time.monotonic() - began)
    seconds, tokens = 0.0, 0
    with TemporaryDirectory(prefix="kex-") as place:
        path = Path(place) / "picture.png"
        path.write_bytes(picture())
        for question in QUESTIONS:
            answer, took = _ask_official(official, question, str(path))
            side.answers[question.name] = answer
            seconds, tokens = seconds + took, tokens + len(answer.tokens) - 1
    side.tokens_per_second = tokens / seconds if seconds else 0.0
    return side


@torch.inference_mode()
def _ask_official(official: Official, question: Question, path: str) -> tuple[Answer, float]:
    """The answer, and the seconds that the tokens after its first took."""
    inputs = official.inputs(path if question.seen else "", question.query, question.history)
    ids = inputs["input_ids"]
    # Masks and positions are left to the model, which makes them as its generation does.
    read: Mapping[str, Any] = {
        key: inputs[key] for key in ("input_ids", "images", "pre_image_length") if key in inputs
    }
    logits = official.model(**read).logits[0].float().cpu()
    embeds = None
    if question.seen:
        embeds = official.model.image_encoder(inputs["images"])[0].float().cpu()
    first = time.monotonic()
    official.model.generate(**inputs, max_length=ids.shape[1] + 1, do_sample=False)
    began = time.monotonic()
    whole = official.model.generate(**inputs, max_length=ids.shape[1] + NEW_TOKENS, do_sample=False)
    took = max(time.monotonic() - began - (began - first), 1e-9)
    tokens = whole[0, ids.shape[1] :].tolist()
    return Answer(ids[0].tolist(), logits, tokens, embeds), took
