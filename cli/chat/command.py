"""`kex chat`: a talk with a model on the terminal, or one question from a script."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import click

from cli.chat.dialogue import Dialogue
from cli.chat.pictures import open_picture
from cli.chat.replies import Limits, build_request, load, read_reply, tell_end
from cli.chat.wording import WORDING, Wording, locale_language
from cli.interrupts import dropping_lines
from cli.reading import read_text
from cli.terminal import enable_line_editing, remark, tolerate_encodings
from errors import InputError, Unprocessable
from models.base import Model, Sampling
from models.registry import NAMES, Registry
from settings import Settings, load_settings
from wording import localised, message

PREFERRED = "Local-GLM"  # the one of the models that was made for talking about pictures


@dataclass(frozen=True)
class Options:
    """The command's options, as click has read them."""

    model: str | None
    image: str | None
    prompt: str | None
    max_length: int
    max_tokens: int | None
    top_p: float
    top_k: int
    temperature: float
    repetition_penalty: float | None
    seed: int | None
    quant: str | None
    device: str | None
    dtype: str | None
    lang: str | None
    english: bool
    verbose: bool

    @property
    def limits(self) -> Limits:
        sampling = Sampling(
            top_p=self.top_p,
            top_k=self.top_k,
            repetition_penalty=self.repetition_penalty,
            seed=self.seed,
        )
        return Limits(self.max_length, self.max_tokens, self.temperature, sampling)

    @property
    def texts(self) -> Wording:
        if self.english:
            return WORDING["en"]
        return WORDING["zh" if (self.lang or locale_language()) == "zh" else "en"]

    def over(self, settings: Settings) -> Settings:
        """The settings with what the options say of Local-GLM."""
        changes = {"glm_quant": self.quant, "glm_device": self.device, "glm_dtype": self.dtype}
        return settings.model_copy(update={k: v for k, v in changes.items() if v is not None})


@click.command()
@click.option(
    "--model", type=click.Choice(NAMES),
    help="Default: Local-GLM if it can serve, else KEX_DEFAULT_MODEL.",
)  # fmt: skip
@click.option("--image", metavar="PATH", help="Picture to talk about: a path or a URL.")
@click.option("--prompt", metavar="TEXT", help="One question; its answer alone goes to stdout.")
@click.option(
    "--max-length", type=click.IntRange(1), default=2048, show_default=True,
    help="Tokens of prompt and reply together; of the reply where the model counts no other.",
)  # fmt: skip
@click.option("--max-tokens", type=click.IntRange(1), help="Tokens of the reply alone.")
@click.option(
    "--top-p", type=click.FloatRange(0, 1, min_open=True), default=0.4, show_default=True,
    help="Sample from the likeliest tokens with this total probability.",
)  # fmt: skip
@click.option(
    "--top-k", type=click.IntRange(0), default=100, show_default=True,
    help="Sample from this many tokens; 0: from all.",
)  # fmt: skip
@click.option(
    "--temperature", type=click.FloatRange(0, 2), default=0.8, show_default=True,
    help="0: always the likeliest token.",
)  # fmt: skip
@click.option(
    "--repetition-penalty", type=click.FloatRange(0, 10, min_open=True),
    help="Above 1: repeat less. Default: the model's own.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of the sampling.")
@click.option("--quant", type=click.Choice(["8", "4"]), help="Local-GLM: bits of its weights.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Local-GLM: where it runs.")
@click.option(
    "--dtype", type=click.Choice(["auto", "fp16", "bf16", "fp32"]),
    help="Local-GLM: the type it computes in.",
)  # fmt: skip
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of the messages. Default: your own."
)
@click.option("--english", is_flag=True, help="The same as --lang en.")
@click.option("--verbose", is_flag=True, help="Tokens and speed of every reply, on stderr.")
def chat_command(**values: Any) -> None:
    """Chat with a model; with Local-GLM about a picture, too.

    With --prompt, or with a question on standard input, it answers that one and ends.
    """
    options = Options(**values)
    settings = options.over(load_settings())
    tolerate_encodings()
    registry = Registry(settings)
    try:
        model = _choose(registry, options)
        if options.image is not None and not model.capabilities.images:
            raise Unprocessable(
                message("errors.cli_model_reads_text_only", model=model.name),
                field="image",
            )
        if options.prompt is None and sys.stdin.isatty():
            with dropping_lines():
                _talk(model, options, settings)
        else:
            _answer(model, options, settings)
    finally:
        registry.close()


def _choose(registry: Registry, options: Options) -> Model:
    if options.model is not None:
        return registry.get(options.model)
    preferred = registry.get(PREFERRED)
    state = preferred.state()
    default = registry.settings.default_model
    if state.status != "unavailable" or default == PREFERRED:
        return preferred
    detail = localised(state.detail, options.texts.lang).rstrip(".。")
    remark(options.texts.instead.format(detail=detail, model=default))
    return registry.get(default)


def _talk(model: Model, options: Options, settings: Settings) -> None:
    enable_line_editing()
    load(model, options.texts)
    Dialogue(
        model,
        options.limits,
        options.texts,
        max_image_bytes=settings.max_image_bytes,
        verbose=options.verbose,
    ).run(options.image)


def _answer(model: Model, options: Options, settings: Settings) -> None:
    """One question, one answer; an error ends the command with its exit code."""
    texts = options.texts
    image = None
    if options.image is not None:
        image = open_picture(options.image, settings.max_image_bytes)
    question = options.prompt
    if question is None:
        question = read_text(sys.stdin.buffer, settings)
    question = question.strip() or (texts.describe if image else "")
    if not question:
        raise InputError(message("errors.cli_question_empty"))
    load(model, texts)
    reply = read_reply(model, build_request((), question, image, options.limits), texts)
    tell_end(reply, texts, verbose=options.verbose)
    if reply.error is not None:
        raise reply.error
