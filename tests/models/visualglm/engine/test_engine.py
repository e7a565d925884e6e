from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from errors import ModelFailed, TooLarge, Unavailable
from models.visualglm.config import VisualGLMConfig
from models.visualglm.engine.engine import Engine
from models.visualglm.engine.sampling import SamplingParams
from models.visualglm.engine.slots import End, Generation, Picture, Reading, Request, Token
from models.visualglm.network.model import VisualGLM
from verification.plain_generation import generate

GMASK, SOP, EOP = 151, 154, 155
SECONDS = 20.0
# Random networks say one token for ever; this makes them look for another each time.
VARIED = SamplingParams(repetition_penalty=2.0)


@pytest.fixture
def engine(small_model: VisualGLM) -> Iterator[Engine]:
    running = Engine(small_model, slots=3, length=96)
    yield running
    running.close()


def prompt(*ids: int) -> tuple[int, ...]:
    return (*ids, GMASK, SOP)


def collect(generation: Generation) -> tuple[list[int], End]:
    tokens = []
    while True:
        event = generation.next(SECONDS)
        assert event is not None, "the engine fell silent"
        if isinstance(event, Token):
            tokens.append(event.id)
        elif isinstance(event, End):
            return tokens, event


def plain(model: VisualGLM, request: Request) -> list[int]:
    """The same answer by the plain loop."""
    images, start = None, 0
    if request.picture:
        with torch.inference_mode():
            images = model.image_encoder(request.picture.pixels[None])
        start = request.picture.start
    generator = None
    if request.seed is not None:
        generator = torch.Generator().manual_seed(request.seed)
    steps = generate(
        model,
        [request.ids],
        request.max_new_tokens,
        request.params,
        images=images,
        image_start=start,
        generator=generator,
    )
    tokens = [int(step.tokens) for step in steps]
    return tokens[:-1] if tokens[-1] == EOP else tokens


def pictures() -> list[Picture]:
    made = torch.rand(2, 3, 28, 28, generator=torch.Generator().manual_seed(3))
    shades = (made[0], 4 - 8 * made[1])
    return [Picture(pixels, 2, bytes([number])) for number, pixels in enumerate(shades)]


def test_each_answer_is_the_plain_loops_whatever_its_neighbours(
    engine: Engine, small_model: VisualGLM
) -> None:
    first, second = pictures()
    drawn = SamplingParams(temperature=0.8, top_k=20, top_p=0.9, repetition_penalty=1.2)
    requests = [
        Request(prompt(10, 11, 12), 20, VARIED),
        Request(prompt(*range(20, 60)), 30, VARIED),
        Request(prompt(8, 9, 0, 0, 0, 0, 30), 12, VARIED, picture=first),
        Request(prompt(8, 9, 0, 0, 0, 0, 30), 12, VARIED, picture=second),
        Request(prompt(70), 25, drawn, seed=5),
        Request(prompt(*range(30, 37)), 25, drawn, seed=6),
        Request(prompt(1), 1),
    ]
    generations = [engine.submit(request) for request in requests]
    for request, generation in zip(requests, generations, strict=True):
        tokens, end = collect(generation)
        assert tokens == plain(small_model, request)
        assert (end.prompt_tokens, end.completion_tokens) == (len(request.ids), len(tokens))


def test_the_pictures_make_a_difference(engine: Engine) -> None:
    first, second = pictures()
    ids = prompt(8, 9, 0, 0, 0, 0, 30)
    drawn = SamplingParams(temperature=2.0, min_length=96)
    requests = [Request(ids, 60, drawn, seed=1, picture=picture) for picture in (first, second)]
    answers = [collect(engine.submit(request))[0] for request in requests]
    assert answers[0] != answers[1]


def test_the_reader_hears_how_far_the_prompt_is(engine: Engine) -> None:
    generation = engine.submit(Request(prompt(10, 11), 2))
    shares = []
    while isinstance(event := generation.next(SECONDS), Reading):
        shares.append(event.share)
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert 0.5 < shares[-1] < 1


def test_an_answer_ends_where_the_slot_does(engine: Engine) -> None:
    tokens, end = collect(engine.submit(Request(prompt(*range(10, 90)), 500, min_length(200))))
    assert len(tokens) == 96 - 82
    assert end.reason == "length"


def min_length(length: int) -> SamplingParams:
    return SamplingParams(min_length=length)


def test_a_prompt_that_no_slot_holds_is_refused(engine: Engine) -> None:
    with pytest.raises(TooLarge, match="96"):
        engine.submit(Request(prompt(*range(10, 120)), 5))


class Even:
    """A form of four even tokens."""

    def __init__(self) -> None:
        self.written: list[int] = []

    @property
    def finished(self) -> bool:
        return len(self.written) == 4

    def mask(self) -> Tensor:
        return torch.arange(160) % 2 == 0

    def accept(self, token: int) -> None:
        if token > 158:
            raise ModelFailed("too high")
        self.written.append(token)


def test_an_answer_keeps_to_its_form_and_ends_with_it(engine: Engine) -> None:
    form = Even()
    free = engine.submit(Request(prompt(10, 11), 20))
    tokens, end = collect(engine.submit(Request(prompt(10, 11), 20, constraint=form)))
    assert tokens == form.written
    assert all(token % 2 == 0 for token in tokens)
    assert end == End("stop", 4, 4)
    assert len(collect(free)[0]) > 0


class Broken(Even):
    def mask(self) -> Tensor:
        raise ModelFailed("the form cannot go on")


def test_an_error_of_one_request_ends_that_one_alone(
    engine: Engine, small_model: VisualGLM
) -> None:
    good = Request(prompt(10, 11, 12), 30, min_length(90))
    running = engine.submit(good)
    failing = engine.submit(Request(prompt(10), 30, constraint=Broken()))
    with pytest.raises(ModelFailed, match="cannot go on"):
        collect(failing)
    assert collect(running)[0] == plain(small_model, good)


def wait_for(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_leaving_frees_the_slot_for_the_next(small_model: VisualGLM) -> None:
    engine = Engine(small_model, slots=1, length=128)
    try:
        first = engine.submit(Request(prompt(10), 120, min_length(500)))
        second = engine.submit(Request(prompt(11, 12), 3))
        third = engine.submit(Request(prompt(13), 3))
        while not isinstance(first.next(SECONDS), Token):
            pass
        assert [engine.ahead(one) for one in (first, second, third)] == [0, 1, 2]
        first.cancel()
        assert len(collect(second)[0]) == 3
    finally:
        engine.close()


def test_leaving_the_line_needs_no_slot(small_model: VisualGLM) -> None:
    engine = Engine(small_model, slots=1, length=128)
    try:
        running = engine.submit(Request(prompt(10), 60, min_length(500)))
        left = engine.submit(Request(prompt(11), 5))
        left.cancel()
        last = engine.submit(Request(prompt(12), 2))
        assert len(collect(running)[0]) == 60
        assert len(collect(last)[0]) == 2
        assert left.next(0.01) is None
    finally:
        engine.close()


def test_leaving_ends_a_prefill_between_two_layers(small_config: VisualGLMConfig) -> None:
    engine = Engine(_slow(small_config), slots=1, length=64)
    try:
        generation = engine.submit(Request(prompt(10), 5))
        assert generation.next(SECONDS) == Reading(0.0)
        began = time.monotonic()
        generation.cancel()
        following = engine.submit(Request(prompt(11), 1))
        while not isinstance(following.next(SECONDS), Reading):
            pass
        assert time.monotonic() - began < 0.45  # one layer takes 0.2 s, all three 0.6
    finally:
        engine.close()


def _slow(config: VisualGLMConfig) -> VisualGLM:
    """Each layer takes its time, as on a slow machine."""
    from models.visualglm.checkpoint.random_weights import random_model

    model = random_model(config, seed=7)
    for layer in model.transformer.layers:
        layer.register_forward_pre_hook(lambda *_: time.sleep(0.2))
    return model


def test_a_request_that_needs_too_much_memory_leaves_the_engine_at_work(
    small_config: VisualGLMConfig,
) -> None:
    from models.visualglm.checkpoint.random_weights import random_model

    model = random_model(small_config, seed=7)

    def hog(module: object, args: tuple[Tensor, ...]) -> None:
        if args[0].shape[1] > 20:  # only long prompts; the allocator really is asked
            torch.empty(1 << 62, dtype=torch.uint8)

    model.transformer.layers[1].register_forward_pre_hook(hog)
    engine = Engine(model, slots=2, length=64)
    try:
        with pytest.raises(ModelFailed, match="out of memory"):
            collect(engine.submit(Request(prompt(*range(10, 40)), 5)))
        assert len(collect(engine.submit(Request(prompt(10), 5)))[0]) > 0
        assert engine.broken is None
    finally:
        engine.close()


def test_memory_short_in_a_step_costs_the_youngest_answer(small_config: VisualGLMConfig) -> None:
    from models.visualglm.checkpoint.random_weights import random_model

    model = random_model(small_config, seed=7)
    twice = 0

    def hog(module: object, args: tuple[Tensor, ...]) -> None:
        nonlocal twice
        if args[0].shape[:2] == (2, 1):  # a step of two answers
            twice += 1
            if twice > 3:
                torch.empty(1 << 62, dtype=torch.uint8)

    model.transformer.layers[1].register_forward_pre_hook(hog)
    engine = Engine(model, slots=2, length=64)
    try:
        older = engine.submit(Request(prompt(10), 40, min_length(500)))
        while not isinstance(older.next(SECONDS), Token):
            pass
        younger = engine.submit(Request(prompt(11), 40, min_length(500)))
        with pytest.raises(ModelFailed, match="out of memory"):
            collect(younger)
        assert len(collect(older)[0]) == 39
    finally:
        engine.close()


def test_an_unexpected_error_is_answered_and_the_engine_goes_on(
    small_config: VisualGLMConfig,
) -> None:
    from models.visualglm.checkpoint.random_weights import random_model

    model = random_model(small_config, seed=7)
    engine = Engine(model, slots=2, length=64)
    try:
        with pytest.raises(ModelFailed, match="IndexError"):
            collect(engine.submit(Request(prompt(100_000), 5)))  # no such token
        assert len(collect(engine.submit(Request(prompt(10), 5)))[0]) > 0
    finally:
        engine.close()


def test_closing_answers_everybody(small_model: VisualGLM) -> None:
    engine = Engine(small_model, slots=1, length=128)
    running = engine.submit(Request(prompt(10), 120, min_length(500)))
    waiting = engine.submit(Request(prompt(11), 120))
    while not isinstance(running.next(SECONDS), Token):
        pass
    engine.close()
    for generation in (running, waiting):
        with pytest.raises(Unavailable, match="shut down"):
            collect(generation)
    with pytest.raises(Unavailable, match="shut down"):
        engine.submit(Request(prompt(12), 1))
