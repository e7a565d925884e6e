"""Answers side by side, with guesses and without, always the same."""

from __future__ import annotations

import itertools
import random
import threading

import pytest

from models.qwen.constraint import BadGrammar
from models.qwen.engine import Closed, Engine, Reason, Request, Statistics, TooLong
from models.qwen.sampling import Sampling

TEXT = "abc 19 ab c, the abab 1919 was here and there"
GRAMMAR = 'start: "[" (item ("," item){0,6})? "]"\nitem: "\\"" /[a-h ]{1,6}/ "\\""\n'


class Heard:
    """What one listener heard; `limit` pieces are enough for it."""

    def __init__(self, limit: int | None = None) -> None:
        self.pieces: list[bytes] = []
        self.logprobs: list[float | None] = []
        self.shares: list[float] = []
        self.ended = threading.Event()
        self.reason: Reason | None = None
        self.statistics = Statistics()
        self.error: Exception | None = None
        self.stopped = False
        self._limit = limit

    def read(self, done: float) -> None:
        self.shares.append(done)

    def take(self, text: bytes, logprob: float | None) -> bool:
        self.pieces.append(text)
        self.logprobs.append(logprob)
        return len(self.pieces) == self._limit

    def finish(self, reason: Reason, statistics: Statistics) -> None:
        self.reason, self.statistics = reason, statistics
        self.ended.set()

    def fail(self, error: Exception) -> None:
        self.error = error
        self.ended.set()

    @property
    def text(self) -> bytes:
        return b"".join(self.pieces)


def request(engine: Engine, prompt: str = TEXT, **fields: object) -> Request:
    given: dict[str, object] = {"max_tokens": 24, "text": TEXT, "grammar": GRAMMAR, **fields}
    return Request(prompt=engine.tokenizer.encode(prompt), **given)  # type: ignore[arg-type]  # fields of Request, by name


def ask(engine: Engine, asked: Request, heard: Heard | None = None) -> Heard:
    listener = heard or Heard()
    engine.submit(asked, listener)
    assert listener.ended.wait(30)
    return listener


def random_grammar(rng: random.Random) -> str:
    letters = "".join(rng.sample("abcdeghrt 19", rng.randint(2, 8)))
    words = " | ".join(f'"{word}"' for word in rng.sample(["ab", "abc", "19", "here", "the"], 3))
    least, most = sorted((rng.randint(0, 3), rng.randint(1, 8)))
    return (
        f'start: "[" (item ("," item){{{least},{most}}})? "]"\n'
        f'item: "\\"" /[{letters}]{{1,{rng.randint(1, 9)}}}/ "\\"" | "\\"" ({words}) "\\":1"\n'
    )


def test_guesses_change_nothing_over_many_grammars_and_texts(engine: Engine) -> None:
    """300 requests in fours beside each other with guesses, and each alone without."""
    rng = random.Random(1)
    accepted = 0
    for _ in range(75):
        fours: list[dict[str, object]] = []
        for _ in range(4):
            words = [rng.choice(TEXT.split()) for _ in range(rng.randint(1, 20))]
            fields = {"prompt": " ".join(words), "text": " ".join(words)}
            fours.append({**fields, "grammar": random_grammar(rng), "adapter": rng.choice((-1, 0))})
        plain = [ask(engine, request(engine, **one, drafts=False)) for one in fours]  # type: ignore[arg-type]
        quick = [Heard() for _ in fours]
        for one, heard in zip(fours, quick, strict=True):
            engine.submit(request(engine, **one), heard)  # type: ignore[arg-type]
        assert all(heard.ended.wait(30) for heard in quick)
        assert [heard.text for heard in quick] == [heard.text for heard in plain]
        accepted += sum(heard.statistics.accepted for heard in quick)
        assert sum(heard.statistics.steps for heard in quick) < sum(
            heard.statistics.steps for heard in plain
        )
    assert accepted > 500


def test_an_answer_does_not_depend_on_what_runs_beside_it(engine: Engine) -> None:
    requests = [
        request(engine, prompt=f"{TEXT} {number}", adapter=number % 2 - 1, grammar=grammar)
        for number, grammar in itertools.product(range(4), (GRAMMAR, None))
    ]
    alone = [ask(engine, one).text for one in requests]
    heard = [Heard() for _ in requests]
    for one, listener in zip(requests, heard, strict=True):
        engine.submit(one, listener)
    for listener in heard:
        assert listener.ended.wait(30)
    assert [listener.text for listener in heard] == alone


def test_what_was_read_before_is_not_read_again(engine: Engine) -> None:
    first = ask(engine, request(engine))
    again = ask(engine, request(engine))
    assert first.statistics.cached == 0
    assert again.statistics.cached == again.statistics.prompt - 1
    assert again.text == first.text
    # Another adapter makes other keys and values.
    assert ask(engine, request(engine, adapter=0)).statistics.cached == 0


def test_a_beginning_is_shared_with_a_request_that_still_runs(engine: Engine) -> None:
    long = Heard()
    engine.submit(request(engine, grammar=None, max_tokens=60), long)
    while not long.pieces:
        pass
    beside = ask(engine, request(engine, max_tokens=2))
    assert beside.statistics.cached == beside.statistics.prompt - 1
    assert long.ended.wait(30)


def test_a_beginning_that_another_request_is_reading_is_read_once(engine: Engine) -> None:
    """Three tasks over one text come at once: the text is read for the first of them only."""
    text, held, begun = "the abab was here " * 4, threading.Event(), threading.Event()

    class Held(Heard):
        def take(self, text: bytes, logprob: float | None) -> bool:
            begun.set()
            held.wait(30)  # the engine's thread waits until all three are in line
            return super().take(text, logprob)

    first = Held()
    engine.submit(request(engine, prompt="abc", max_tokens=1), first)
    assert begun.wait(30)
    three = [Heard() for _ in range(3)]
    for end, heard in zip(("ab", "19", "c"), three, strict=True):
        engine.submit(request(engine, prompt=text + end, max_tokens=4), heard)
    held.set()
    assert all(heard.ended.wait(30) for heard in three)
    shared = len(engine.tokenizer.encode(text)) - 2
    assert [heard.statistics.cached >= shared for heard in three] == [False, True, True]


def test_a_long_prompt_is_read_beside_an_answer(engine: Engine) -> None:
    beside, begun, submitted = Heard(), threading.Event(), threading.Event()

    class Slow(Heard):
        def take(self, text: bytes, logprob: float | None) -> bool:
            begun.set()
            submitted.wait(30)  # so that it still runs when the other begins
            return super().take(text, logprob)

    running = Slow()
    engine.submit(request(engine, grammar=None, max_tokens=40), running)
    assert begun.wait(30)
    engine.submit(request(engine, prompt="x" * 100, grammar=None, max_tokens=2), beside)
    submitted.set()
    assert beside.ended.wait(30)
    assert len(beside.shares) > 1  # in pieces
    assert beside.shares[-1] == 1.0
    assert running.ended.wait(30)


def test_limits_end_an_answer(engine: Engine) -> None:
    assert ask(engine, request(engine, grammar=None, max_tokens=7)).statistics.written == 7
    whole = ask(engine, request(engine, grammar=None, max_tokens=1000))
    assert whole.reason == "length"
    assert whole.statistics.prompt + whole.statistics.written == 128
    enough = ask(engine, request(engine, grammar=None), Heard(limit=3))
    assert (enough.reason, len(enough.pieces)) == ("stop", 3)
    with pytest.raises(TooLong) as caught:
        engine.submit(request(engine, prompt="x" * 128), Heard())
    assert caught.value.limit == 128


def test_probabilities_come_with_each_token(engine: Engine) -> None:
    heard = ask(engine, request(engine, logprobs=True))
    assert all(one is not None and one <= 0 for one in heard.logprobs)
    plain = ask(engine, request(engine, logprobs=True, drafts=False))
    assert heard.logprobs == plain.logprobs


def test_a_seed_repeats_an_answer_and_guesses_do_not_change_it(engine: Engine) -> None:
    warm = Sampling(temperature=1.5, seed=11, top_k=0, top_p=1.0)
    texts = {
        ask(engine, request(engine, sampling=warm, drafts=drafts)).text
        for drafts in (True, False, True)
    }
    assert len(texts) == 1
    others = {
        ask(engine, request(engine, sampling=Sampling(1.5, seed=seed, top_k=0, top_p=1.0))).text
        for seed in range(6)
    }
    assert len(others) > 1


def test_a_penalty_of_repetition_changes_a_greedy_answer(engine: Engine) -> None:
    plain = ask(engine, request(engine, grammar=None)).text
    rare = Sampling(repetition_penalty=3.0)
    assert ask(engine, request(engine, grammar=None, sampling=rare)).text != plain


def test_who_leaves_frees_the_place(engine: Engine) -> None:
    heard = [Heard() for _ in range(3)]
    for listener in heard:
        engine.submit(request(engine, grammar=None, max_tokens=100), listener)
    waiting = Heard()
    engine.submit(request(engine, max_tokens=2), waiting)
    heard[0].stopped = True
    assert waiting.ended.wait(30)
    assert waiting.error is None
    assert not heard[0].ended.is_set()
    assert engine.ahead(waiting) == 0


def test_a_listener_that_breaks_fails_alone(engine: Engine) -> None:
    class Broken(Heard):
        def take(self, text: bytes, logprob: float | None) -> bool:
            raise ValueError("it cannot listen")

    class BrokenAtTheEnd(Heard):
        def finish(self, reason: Reason, statistics: Statistics) -> None:
            raise ValueError("it cannot end")

    alone = ask(engine, request(engine)).text
    heard = [Heard(), Broken(), BrokenAtTheEnd()]
    for listener in heard:
        engine.submit(request(engine), listener)
    for listener in heard:
        assert listener.ended.wait(30)
    assert heard[0].text == alone
    assert heard[0].error is None
    assert [str(one.error) for one in heard[1:]] == ["it cannot listen", "it cannot end"]


def test_who_came_first_is_read_first(engine: Engine) -> None:
    """Beside an answer, prompts of two steps each: the older one is read to its end first."""
    held, begun = threading.Event(), threading.Event()
    order: list[str] = []

    class Named(Heard):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def read(self, done: float) -> None:
            order.append(f"{self.name} {done == 1}")

        def take(self, text: bytes, logprob: float | None) -> bool:
            begun.set()
            held.wait(30)
            return super().take(text, logprob)

    writing = Named("writing")
    engine.submit(request(engine, grammar=None, max_tokens=20), writing)
    assert begun.wait(30)
    waiting = [Named("first"), Named("second")]
    for number, listener in enumerate(waiting):
        prompt = "xyzuvw"[number] * 90
        engine.submit(request(engine, prompt=prompt, max_tokens=1), listener)
    held.set()
    assert all(one.ended.wait(30) for one in (writing, *waiting))
    read = [one for one in order if not one.startswith("writing")]
    assert read.index("first True") < read.index("second True")


def test_a_bad_grammar_is_an_error(engine: Engine) -> None:
    with pytest.raises(BadGrammar):
        engine.submit(request(engine, grammar="start: missing"), Heard())


def test_closing_fails_what_runs_and_what_waits(engine: Engine) -> None:
    heard = [Heard() for _ in range(5)]
    for listener in heard:
        engine.submit(request(engine, grammar=None, max_tokens=100), listener)
    engine.close()
    for listener in heard:
        assert listener.ended.wait(10)
    assert any(isinstance(listener.error, Closed) for listener in heard)
    with pytest.raises(Closed):
        engine.submit(request(engine), Heard())
