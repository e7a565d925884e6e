"""The embedded engine over a real, tiny model."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from errors import InputError, TooLarge, Unavailable, Unprocessable, WeightsError
from models.base import Finish, GenerateRequest, Image, Message, Progress, Text
from models.embedded.llama_engine import LlamaEngine
from models.embedded.model import Embedded
from settings import Settings

ASK = (Message("user", "Tell me a story about a fox."),)
LONG = GenerateRequest(ASK, max_tokens=2000)


def read(model: Embedded, request: GenerateRequest) -> tuple[str, Finish]:
    *chunks, finish = model.generate(request)
    assert isinstance(finish, Finish)
    return "".join(c.text for c in chunks if isinstance(c, Text)), finish


def wait_until_free(model: Embedded) -> float:
    """Seconds until no request is in the engine."""
    began = time.monotonic()
    while llama(model).waiting and time.monotonic() - began < 10:
        time.sleep(0.01)
    return time.monotonic() - began


def llama(model: Embedded) -> LlamaEngine:
    """What runs a network that the engine of our own does not know."""
    assert isinstance(model._engine, LlamaEngine)
    return model._engine


def test_an_answer_streams_and_says_what_it_cost(tiny: Embedded) -> None:
    chunks = list(tiny.generate(GenerateRequest(ASK, max_tokens=12)))
    assert sum(isinstance(chunk, Text) for chunk in chunks) > 3
    finish = chunks[-1]
    assert isinstance(finish, Finish)
    assert finish.reason == "length"
    assert finish.usage.completion_tokens == 12
    assert (finish.usage.prompt_tokens or 0) > 10


def test_a_grammar_binds_the_answer(tiny: Embedded) -> None:
    lark = '%llguidance {}\nstart: "[" ("\\"a\\"" | "\\"b\\"") "]"\n'
    text, finish = read(tiny, GenerateRequest(ASK, 50, grammar=lark))
    assert text in ('["a"]', '["b"]')
    assert finish.reason == "stop"


def test_a_json_schema_binds_the_answer(tiny: Embedded) -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "string", "enum": ["x", "y"]}},
        "required": ["n"],
        "additionalProperties": False,
    }
    text, _ = read(tiny, GenerateRequest(ASK, 50, json_schema=schema))
    assert json.loads(text)["n"] in ("x", "y")


def test_a_grammar_that_does_not_compile_is_refused(tiny: Embedded) -> None:
    """llama.cpp itself would answer unconstrained."""
    with pytest.raises(InputError, match="cannot be compiled"):
        read(tiny, GenerateRequest(ASK, 5, grammar="%llguidance {}\nstart: nowhere\n"))


def test_it_counts_with_its_own_tokenizer(tiny: Embedded) -> None:
    texts = ["Marie Curie was born in Warsaw.", "", "鲁迅生于绍兴。", "😀"]
    counts = tiny.count_tokens(texts)
    assert counts is not None
    assert len(counts) == 4
    assert 5 <= counts[0] <= 12
    assert counts[1] == 0
    assert counts[2] > 5
    assert tiny.count_tokens([]) == []


def test_a_model_that_is_not_loaded_counts_nothing(smollm2: Path) -> None:
    model = Embedded(Settings(embedded_path=smollm2))
    assert model.count_tokens(["a"]) is None
    assert model.state().status == "idle"


def test_closing_the_stream_stops_the_generation(tiny: Embedded) -> None:
    stream = tiny.generate(LONG)
    while not isinstance(next(stream), Text):
        pass
    stream.close()
    assert wait_until_free(tiny) < 1


def test_closing_in_the_prefill_stops_it_too(tiny: Embedded) -> None:
    words = Message("user", " ".join(f"word{i}" for i in range(400)))
    stream = tiny.generate(GenerateRequest((words,), 2000))
    assert isinstance(next(stream), Progress)
    stream.close()
    assert wait_until_free(tiny) < 2


def test_parallel_requests_share_the_slots_and_one_more_waits(tiny: Embedded) -> None:
    answers: list[str] = []

    def ask() -> None:
        answers.append(read(tiny, GenerateRequest(ASK, 20))[0])

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 5
    assert all(answers)


def test_who_comes_first_is_served_first(tiny: Embedded) -> None:
    running = [tiny.generate(LONG) for _ in range(2)]
    for stream in running:
        while not isinstance(next(stream), Text):
            pass
    order: list[int] = []

    def ask(number: int) -> None:
        read(tiny, GenerateRequest(ASK, 2))
        order.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
        time.sleep(0.15)
    running[0].close()  # one slot: the line moves one by one
    for thread in threads:
        thread.join(30)
    running[1].close()
    wait_until_free(tiny)
    assert order == [0, 1, 2, 3]


def test_a_prefix_beyond_the_context_does_not_hold_warming_up(tiny: Embedded) -> None:
    words = Message("user", " ".join(f"word{i}" for i in range(3000)))
    warming = threading.Thread(target=tiny.warm, args=([(words,)],), daemon=True)
    warming.start()
    warming.join(20)
    assert not warming.is_alive()


def test_a_request_that_waits_for_a_slot_can_leave(tiny: Embedded) -> None:
    running = [tiny.generate(LONG) for _ in range(2)]
    for stream in running:
        while not isinstance(next(stream), Text):
            pass
    waiting = tiny.generate(LONG)
    assert next(waiting) == Progress(ahead=1)
    behind = tiny.generate(LONG)
    assert next(behind) == Progress(ahead=2)
    waiting.close()
    assert next(chunk for chunk in behind if chunk != Progress()) == Progress(ahead=1)
    behind.close()
    time.sleep(0.5)
    assert llama(tiny).waiting == 2
    for stream in running:
        stream.close()
    assert wait_until_free(tiny) < 2


def test_a_text_beyond_the_context_is_refused(tiny: Embedded) -> None:
    words = Message("user", " ".join(f"word{i}" for i in range(3000)))
    with pytest.raises(TooLarge, match="KEX_EMBEDDED_CONTEXT"):
        read(tiny, GenerateRequest((words,), 10))


def test_a_picture_is_refused(tiny: Embedded) -> None:
    message = Message("user", "What is this?", (Image(b"", "image/png"),))
    with pytest.raises(Unprocessable):
        read(tiny, GenerateRequest((message,), 10))


def test_warming_makes_the_prefix_cheap(tiny: Embedded) -> None:
    system = Message("system", " ".join(f"rule{i}" for i in range(150)))
    tiny.warm([(system, Message("user", ""))])
    progress = [
        chunk.done
        for chunk in tiny.generate(GenerateRequest((system, *ASK), 2))
        if isinstance(chunk, Progress) and chunk.done is not None
    ]
    assert progress[0] > 0.8  # the share that is there before the first batch is read


def test_warming_gives_way_to_a_request(tiny: Embedded) -> None:
    stream = tiny.generate(LONG)
    while not isinstance(next(stream), Text):
        pass
    assert llama(tiny)._read((Message("user", "later"),)) is False
    stream.close()
    wait_until_free(tiny)
    assert llama(tiny)._read((Message("user", "now"),)) is True


def test_the_engine_s_own_port_answers_nobody_without_the_key(tiny: Embedded) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "hi"}]}).encode()
    url = f"{llama(tiny)._server.listening_address}/v1/chat/completions"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, body), timeout=10)
    with caught.value as error:
        assert error.code == 401


def test_closing_the_model_ends_what_runs_and_says_so(smollm2: Path) -> None:
    model = Embedded(Settings(embedded_path=smollm2))
    stream = model.generate(LONG)
    while not isinstance(next(stream), Text):
        pass
    closer = threading.Thread(target=model.close)
    closer.start()
    with pytest.raises(Unavailable, match="shut down"):
        list(stream)
    closer.join(10)
    assert model.state().status == "idle"


def test_states(smollm2: Path, tmp_path: Path) -> None:
    assert "models get" in Embedded(Settings(cache_dir=tmp_path)).state().detail
    model = Embedded(Settings(embedded_path=smollm2))
    assert model.state().status == "idle"
    model.load()
    assert model.state().status == "ready"
    model.close()
    assert model.state().status == "idle"


def test_loading_without_weights_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="models get Embedded"):
        Embedded(Settings(cache_dir=tmp_path)).load()


def test_a_broken_file_is_an_error_and_a_state(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    model = Embedded(Settings(embedded_path=path))
    with pytest.raises(Unavailable, match=r"could not load broken\.gguf"):
        model.load()
    assert model.state().status == "unavailable"
    missing = Embedded(Settings(embedded_path=tmp_path / "none.gguf"))
    assert "KEX_EMBEDDED_PATH" in missing.state().detail
    with pytest.raises(WeightsError):
        missing.load()
