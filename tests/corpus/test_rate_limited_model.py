"""The model as a corpus uses it: places, patience, budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from corpus import rate_limited_model as gate_module
from corpus.budget import Budget, Ledger, Price, estimate_tokens
from corpus.rate_limited_model import RateLimitedModel
from errors import BudgetReached, ModelFailed, RateLimited, Unavailable
from models.base import Finish, GenerateRequest, Message, Text, Usage
from tests.corpus.conftest import Command, answers, outcomes, people
from tests.corpus.service import Service
from tests.scripted_model import ScriptedModel, Step

REQUEST = GenerateRequest((Message("user", "four" * 10),), 100)  # 10 tokens, by estimate


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "BEAT", 0.01)
    monkeypatch.setattr(gate_module, "FIRST_PAUSE", 0.05)


def gate_of(
    *scripts: Sequence[Step], patience: float = 5, budget: Budget | None = None
) -> RateLimitedModel:
    """Over a model that plays a script a request, the last for all further ones."""
    left = iter(scripts)
    last: list[Sequence[Step]] = []

    def script(_: GenerateRequest) -> Sequence[Step]:
        last[:] = [next(left, last[0] if last else [])]
        return last[0]

    return RateLimitedModel(ScriptedModel(script), 2, Ledger(budget=budget), patience)


def said(gate: RateLimitedModel, request: GenerateRequest = REQUEST) -> str:
    return "".join(one.text for one in gate.generate(request) if isinstance(one, Text))


def spent(gate: RateLimitedModel) -> tuple[int, int]:
    return gate._ledger.spent


def test_a_limit_is_waited_out() -> None:
    gate = gate_of([RateLimited("Slowly.")], [Unavailable("Gone.")], ["Yes."])
    began = time.monotonic()
    assert said(gate) == "Yes."
    assert 0.15 <= time.monotonic() - began < 3
    assert gate.given_up is None and spent(gate) == (10, 20)


def test_patience_ends() -> None:
    gate = gate_of([Unavailable("Gone.")], patience=0.2)
    with pytest.raises(Unavailable, match="Gone"):
        said(gate)
    assert gate.given_up is not None and spent(gate) == (0, 0)
    with pytest.raises(Unavailable):
        said(gate)


def test_a_retry_after_longer_than_the_patience_is_not_waited_for() -> None:
    gate = gate_of([RateLimited("Tomorrow.", retry_after=86_400)])
    with pytest.raises(RateLimited):
        said(gate)


def test_what_broke_down_under_one_text_is_not_the_services() -> None:
    gate = gate_of([ModelFailed("It broke.")], ["Yes."])
    with pytest.raises(ModelFailed):
        said(gate)
    assert said(gate) == "Yes." and gate.given_up is None


def test_what_breaks_down_under_every_text_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "FAILURES", 3)
    gate = gate_of([ModelFailed("It broke.")])
    for _ in range(3):
        with pytest.raises(ModelFailed):
            said(gate)
    with pytest.raises(Unavailable, match="3 requests in a row failed, the last with: It broke"):
        said(gate)


def test_no_more_requests_than_places() -> None:
    model = ScriptedModel([0.2, "Yes."])
    gate = RateLimitedModel(model, 2, Ledger(), 5)
    most = 0

    def watch() -> None:
        nonlocal most
        while any(thread.is_alive() for thread in threads):
            most = max(most, model.running)
            time.sleep(0.005)

    threads = [threading.Thread(target=said, args=(gate,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    watch()
    assert most == 2 and len(model.requests) == 5


def test_the_budget_is_never_gone_over() -> None:
    # 30 tokens each, and 110 at most: a third might cost 170, a fifth would be 150.
    gate = gate_of(["Yes."], budget=Budget(170))
    assert [said(gate) for _ in range(3)] == ["Yes."] * 3
    with pytest.raises(BudgetReached, match="Raise --budget"):
        said(gate)
    assert sum(spent(gate)) == 90 and isinstance(gate.given_up, BudgetReached)


def test_a_request_waits_for_those_under_way_before_the_budget_is_called_reached() -> None:
    model = ScriptedModel([0.2, "Yes."])
    gate = RateLimitedModel(model, 2, Ledger(budget=Budget(160)), 5)
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(said(gate))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["Yes.", "Yes."] and sum(spent(gate)) == 60


def test_money_counts_both_ways() -> None:
    budget = Budget(1.0, Price(0.5, 2.0))
    assert budget.cost(1_000_000, 250_000) == 1.0
    assert Budget(5).cost(2, 3) == 5


def test_answers_without_usage_are_estimated() -> None:
    gate = gate_of(["Four", Finish("stop", Usage())])
    assert said(gate) == "Four"
    assert spent(gate) == (10, 4) and gate._ledger.guessed


def test_an_answer_that_was_left_is_booked() -> None:
    gate = gate_of(["Four", "more"])
    stream: Iterator[object] = gate.generate(REQUEST)
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert spent(gate) == (10, 4)
    assert said(gate) == "Fourmore"


@pytest.mark.parametrize(
    ("texts", "tokens"), [([], 0), (["鲁迅"], 2), (["four"], 1), (["fives"], 2), (["鲁迅 is"], 3)]
)
def test_the_estimate(texts: list[str], tokens: int) -> None:
    assert estimate_tokens(texts) == tokens


def test_a_run_stops_at_its_budget_and_says_so(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 30), tmp_path / "out"
    words = ("--max-tokens", 16, "--budget")
    printed = corpus.run(source, out, *words, "2ktokens", code=4)
    paid = sum(service.asked.values())
    assert 10 < paid <= 18  # 110 tokens each
    assert f"done     {paid}\n" in printed and len(answers(out)) == paid
    corpus.run(source, out, *words, "2ktokens", code=4)  # the budget is that of the job
    assert sum(service.asked.values()) == paid
    corpus.run(source, out, "--max-tokens", 16, "--budget", "0.02", "--price", "1", "1")
    assert len(outcomes(out)) == 30 and set(service.asked.values()) == {1}


def test_a_service_that_is_gone_ends_the_run_and_costs_no_document(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 30), tmp_path / "out"
    service.refusals = [200] * 5 + [429] * 3
    corpus.run(source, out)  # a little patience
    assert set(outcomes(out).values()) == {"done"}
    other = people(tmp_path / "other.jsonl", 5)
    out, err = tmp_path / "second", ""
    service.close()
    with corpus.start("run", other, "--out", out, "--model", "ChatGpt") as process:
        time.sleep(3)
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert '"failed": 0' in corpus("status", out, "--json")[0]
