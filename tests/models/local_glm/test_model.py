from __future__ import annotations

import json
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from errors import InputError, TooLarge, Unavailable, WeightsError
from models.base import Finish, GenerateRequest, Image, Message, Progress, Sampling, Text
from models.gpus import count_cards
from models.local_glm.model import LocalGlm
from settings import Settings

LETTERS = '%llguidance {}\nstart: "[" item ("," item){0,3} "]"\nitem: "\\"" /[a-z]{1,8}/ "\\""\n'


def picture(colour: str) -> Image:
    data = BytesIO()
    PIL.Image.new("RGB", (40, 30), colour).save(data, "PNG")
    return Image(data.getvalue(), "image/png")


def ask(text: str, *images: Image, **more: Any) -> GenerateRequest:
    fields: dict[str, Any] = {"max_tokens": 24, **more}
    return GenerateRequest((Message("user", text, images),), **fields)


def answer(model: LocalGlm, request: GenerateRequest) -> tuple[str, Finish]:
    chunks = list(model.generate(request))
    assert isinstance(chunks[-1], Finish)
    assert not any(isinstance(chunk, Finish) for chunk in chunks[:-1])
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)), chunks[-1]


def on_cpu(folder: Path, **more: Any) -> Settings:
    return Settings(glm_path=folder, glm_device="cpu", glm_dtype="fp32", **more)


def test_it_answers(local_glm: LocalGlm) -> None:
    text, finish = answer(local_glm, ask("你好"))
    assert finish.reason in ("stop", "length")
    assert finish.usage.prompt_tokens
    assert finish.usage.completion_tokens
    assert finish.usage.completion_tokens <= 24
    assert finish.warning is None
    assert text == answer(local_glm, ask("你好"))[0]


def test_a_picture_and_the_history_are_read(local_glm: LocalGlm) -> None:
    drawn = {"temperature": 1.5, "sampling": Sampling(top_k=0, top_p=1.0, seed=4)}
    plain, seen = (
        answer(local_glm, ask("描述这张图片。", *images, **drawn))
        for images in ((), (picture("red"),))
    )
    assert plain[0] != seen[0]
    assert plain[1].usage.prompt_tokens and seen[1].usage.prompt_tokens
    assert seen[1].usage.prompt_tokens > plain[1].usage.prompt_tokens
    talk = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    longer = answer(local_glm, GenerateRequest(talk, 4))[1]
    shorter = answer(local_glm, GenerateRequest(talk[-1:], 4))[1]
    assert (longer.usage.prompt_tokens or 0) > (shorter.usage.prompt_tokens or 0)


def test_a_seed_repeats_an_answer(local_glm: LocalGlm) -> None:
    request = ask("hello", temperature=1.0, sampling=Sampling(seed=9, top_k=0, top_p=1.0))
    other = ask("hello", temperature=1.0, sampling=Sampling(seed=10, top_k=0, top_p=1.0))
    assert answer(local_glm, request)[0] == answer(local_glm, request)[0]
    assert answer(local_glm, request)[0] != answer(local_glm, other)[0]


def test_an_answer_keeps_to_its_grammar(local_glm: LocalGlm) -> None:
    text, finish = answer(local_glm, ask("letters", grammar=LETTERS, max_tokens=200))
    assert 1 <= len(json.loads(text)) <= 4
    assert finish.reason == "stop"


def test_an_answer_keeps_to_a_schema(local_glm: LocalGlm) -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "count": {"type": "boolean"}},
        "required": ["kind", "count"],
        "additionalProperties": False,
    }
    text, _ = answer(local_glm, ask("what", json_schema=schema, max_tokens=200))
    assert set(json.loads(text)) == {"kind", "count"}


def test_a_grammar_that_does_not_compile_is_refused(local_glm: LocalGlm) -> None:
    with pytest.raises(InputError) as caught:
        answer(local_glm, ask("letters", grammar="start: nothing"))
    assert caught.value.field == "schema"


def test_a_stop_string_ends_the_answer(local_glm: LocalGlm) -> None:
    whole, _ = answer(local_glm, ask("letters", grammar=LETTERS, max_tokens=200))
    stopped, finish = answer(
        local_glm,
        ask("letters", grammar=LETTERS, max_tokens=200, sampling=Sampling(stop=('"',))),
    )
    assert stopped == whole[: whole.index('"')]
    assert finish.reason == "stop"


def test_parallel_answers_are_those_of_one_at_a_time(local_glm: LocalGlm) -> None:
    requests = [ask(f"question {n} " * (n + 1), max_tokens=30) for n in range(6)]
    alone = [answer(local_glm, request)[0] for request in requests]
    together = [""] * len(requests)

    def run(number: int) -> None:
        together[number] = answer(local_glm, requests[number])[0]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_leaving_an_answer_leaves_the_slot(local_glm: LocalGlm) -> None:
    for _ in range(10):  # more often than there are slots
        stream = local_glm.generate(ask("hello", max_tokens=4000, grammar=ENDLESS))
        while not isinstance(next(stream), Text):
            pass
        stream.close()
    assert answer(local_glm, ask("hello"))[1].usage.completion_tokens


ENDLESS = "%llguidance {}\nstart: /[a-z]{9000}/\n"


def test_a_prompt_beyond_the_context_is_refused(local_glm: LocalGlm) -> None:
    with pytest.raises(TooLarge) as caught:
        answer(local_glm, ask("字" * 9000))
    assert caught.value.field == "user_input"


def test_max_length_bounds_prompt_and_answer_together(local_glm: LocalGlm) -> None:
    prompt = answer(local_glm, ask("hello"))[1].usage.prompt_tokens or 0
    request = ask("hello", max_tokens=500, max_length=prompt + 7, grammar=ENDLESS)
    finish = answer(local_glm, request)[1]
    assert (finish.reason, finish.usage.completion_tokens) == ("length", 7)


def test_old_rounds_make_room_and_that_is_said(local_glm: LocalGlm) -> None:
    talk = [Message("user", "q " * 200), Message("assistant", "a " * 200)] * 20
    finish = answer(local_glm, GenerateRequest((*talk, Message("user", "last")), 8))[1]
    assert "left out" in str(finish.warning)


def test_the_folder_may_be_missing(tmp_path: Path) -> None:
    model = LocalGlm(on_cpu(tmp_path))
    assert model.state().status == "unavailable"
    assert "models get Local-GLM" in model.state().detail
    with pytest.raises(Unavailable, match="KEX_GLM_PATH"):
        model.load()


@pytest.mark.skipif(count_cards() > 0, reason="there is a card here")
def test_without_a_card_it_says_so_and_offers_the_cpu(tiny_glm: Path) -> None:
    model = LocalGlm(Settings(glm_path=tiny_glm))
    state = model.state()
    assert state.status == "unavailable"
    assert "no CUDA card" in state.detail
    assert "KEX_GLM_DEVICE=cpu" in state.detail
    assert "token" in state.detail  # how fast that will be


def test_it_loads_on_the_first_request_and_shows_how_far(tiny_glm: Path) -> None:
    model = LocalGlm(on_cpu(tiny_glm))
    assert model.state().status == "idle"
    seen: list[float | None] = []
    report = model._on_progress

    def watch(done: int, total: int) -> None:
        report(done, total)
        seen.append(model.state().progress)

    model._on_progress = watch  # type: ignore[method-assign]
    answer(model, ask("hello", max_tokens=2))
    assert model.state().status == "ready"
    assert seen[-1] == 1.0
    assert seen == sorted(share for share in seen if share is not None)
    model.close()


def test_a_model_that_does_not_fit_names_the_setting(tiny_glm: Path) -> None:
    model = LocalGlm(on_cpu(tiny_glm, glm_context=8192, glm_slots=64))
    from models.visualglm.checkpoint import memory_plan as memory

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "free_memory", lambda device: 700_000_000)
        with pytest.raises(WeightsError, match="KEX_GLM_SLOTS"):
            model.load()
    assert model.state().status == "unavailable"
    assert "KEX_GLM_SLOTS" in model.state().detail
    model.load()  # the memory has come free: a new try is a new try
    assert model.state().status == "ready"
    model.close()


@pytest.mark.parametrize("bits", ["8", "4"])
def test_it_answers_quantised(tiny_glm: Path, bits: str) -> None:
    model = LocalGlm(on_cpu(tiny_glm, glm_quant=bits))
    text, _ = answer(model, ask("letters", grammar=LETTERS, max_tokens=200))
    assert json.loads(text)
    model.close()


@pytest.mark.parametrize("dtype", ["bf16", "fp16"])
def test_it_answers_in_half_the_bytes(tiny_glm: Path, dtype: str) -> None:
    model = LocalGlm(on_cpu(tiny_glm).model_copy(update={"glm_dtype": dtype}))
    text, _ = answer(model, ask("letters", picture("blue"), grammar=LETTERS, max_tokens=200))
    assert json.loads(text)
    model.close()


def test_a_damaged_checkpoint_is_named(tiny_glm: Path, tmp_path: Path) -> None:
    for path in tiny_glm.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    broken = sorted(tmp_path.glob("*.safetensors"))[0]
    broken.write_bytes(broken.read_bytes()[:1000])
    model = LocalGlm(on_cpu(tmp_path))
    with pytest.raises(WeightsError, match=broken.name):
        model.load()
    assert broken.name in model.state().detail


def test_a_silent_wait_gives_signs_of_life(tiny_glm: Path) -> None:
    model = LocalGlm(on_cpu(tiny_glm, glm_slots=1))
    blocking = model.generate(ask("a", max_tokens=1900, grammar=ENDLESS))
    while not isinstance(next(blocking), Text):
        pass
    waiting = model.generate(ask("b"))
    began = time.monotonic()
    assert isinstance(next(waiting), Progress)
    assert time.monotonic() - began < 1
    waiting.close()
    blocking.close()
    model.close()


def test_numbers_that_broke_down_are_told(tiny_glm: Path) -> None:
    model = LocalGlm(on_cpu(tiny_glm))
    model.load()
    loaded = model._loaded
    assert loaded is not None
    bias = loaded.engine._model.get_parameter("transformer.layers.1.mlp.dense_4h_to_h.bias")
    bias.fill_(float("nan"))
    finish = answer(model, ask("hello", max_tokens=3))[1]
    assert "NaN" in str(finish.warning)
    model.close()
