"""What one client may ask for per minute and per day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from app import create_app
from errors import ClientLimited
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import post
from web.doors.rates import DAY, MOST_CLIENTS, ClientRates, client_of_address

ONE, TWO = "one-key-of-sixteen-characters", "two-key-of-sixteen-characters"


class Clock:
    def __init__(self, now: float = 20_000 * DAY) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def allowed(ask: Callable[[], None], most: int = 100) -> int:
    """How many requests pass before one is refused."""
    for count in range(most):
        try:
            ask()
        except ClientLimited:
            return count
    return most


def test_without_limits_nothing_is_counted() -> None:
    rates = ClientRates(0, 0)
    assert allowed(lambda: rates.count("a"), 1000) == 1000


def test_per_minute_refills_evenly() -> None:
    clock = Clock()
    rates = ClientRates(6, 0, clock)
    assert allowed(lambda: rates.count("a")) == 6
    assert allowed(lambda: rates.count("b")) == 6  # each client for itself
    with pytest.raises(ClientLimited) as caught:
        rates.count("a")
    assert caught.value.retry_after == 10
    clock.now += 10
    assert allowed(lambda: rates.count("a")) == 1
    clock.now += 3600
    assert allowed(lambda: rates.count("a")) == 6


def test_per_day_ends_at_midnight() -> None:
    clock = Clock(20_000 * DAY + DAY - 100)
    rates = ClientRates(0, 3, clock)
    assert allowed(lambda: rates.count("a")) == 3
    with pytest.raises(ClientLimited) as caught:
        rates.count("a")
    assert caught.value.retry_after == 100
    clock.now += 100
    assert allowed(lambda: rates.count("a")) == 3


def test_what_the_minute_refuses_the_day_does_not_count() -> None:
    clock = Clock()
    rates = ClientRates(2, 5, clock)
    passed = 0
    for _ in range(5):
        passed += allowed(lambda: rates.count("a"))
        clock.now += 60
    assert passed == 5


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = Clock()
    rates = ClientRates(60, 0, clock)
    assert allowed(lambda: rates.count("a")) == 60
    clock.now -= 10 * DAY
    with pytest.raises(ClientLimited):
        rates.count("a")
    clock.now += 5
    assert allowed(lambda: rates.count("a")) == 5


def test_many_clients_do_not_fill_the_memory() -> None:
    rates = ClientRates(1, 0, Clock())
    for number in range(MOST_CLIENTS + 50):
        rates.count(str(number))
    assert len(rates._clients) == MOST_CLIENTS
    rates.count("0")  # forgotten
    with pytest.raises(ClientLimited):
        rates.count(str(MOST_CLIENTS))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_a_client_is_an_address_or_a_network(one: str, other: str, same: bool) -> None:
    assert (client_of_address(one) == client_of_address(other)) is same


def test_routes_that_work_are_counted_by_key_and_the_others_are_not() -> None:
    settings = Settings(
        cache_dir=EMPTY_CACHE, store=None, base=None,
        api_key=SecretStr(f"{ONE},{TWO}"), client_per_minute=2,
    )  # fmt: skip
    registry = Registry(settings, {"Embedded": ScriptedModel(["fine"])})
    client = create_app(settings, registry).test_client()

    def ask(key: str, path: str = "/get_response") -> tuple[int, str | None]:
        headers = {"Authorization": f"Bearer {key}"}
        sent = {"user_input": "Hi", "prompt_type": "Chat"}
        response = client.post(path, data=sent, headers=headers)
        return response.status_code, response.headers.get("Retry-After")

    assert [ask(ONE)[0] for _ in range(3)] == [200, 200, 429]
    assert ask(ONE, "/v1/chat/completions")[1] is not None
    assert ask(TWO)[0] == 200
    for _ in range(5):
        assert client.get("/models", headers={"Authorization": f"Bearer {ONE}"}).status_code == 200


@pytest.mark.parametrize("proxy", [None, "127.0.0.1", "192.0.2.1"])
def test_only_the_proxy_of_the_settings_says_who_asks(proxy: str | None) -> None:
    settings = Settings(
        cache_dir=EMPTY_CACHE, store=None, base=None, client_per_minute=1,
        trusted_proxy=proxy, hosts="kex.example.org",
    )  # fmt: skip
    with Serving(settings, {"Embedded": ScriptedModel(["fine"])}) as serving:

        def ask(client: str) -> int:
            headers = {
                "X-Forwarded-For": client,
                "X-Forwarded-Host": "kex.example.org",
                "X-Forwarded-Proto": "https",
                "Origin": "https://kex.example.org",
            }
            return post(serving.url, b"user_input=Hi&prompt_type=Chat", headers=headers)[0]

        found = [ask("192.0.2.7"), ask("192.0.2.7"), ask("192.0.2.8")]
    # Without the proxy's word the origin is another site's.
    assert found == ([200, 429, 200] if proxy == "127.0.0.1" else [403, 403, 403])


def test_without_a_proxy_nobody_chooses_an_address() -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, base=None, client_per_minute=1)
    with Serving(settings, {"Embedded": ScriptedModel(["fine"])}) as serving:
        found = [
            post(serving.url, b"user_input=Hi&prompt_type=Chat", headers={"X-Forwarded-For": one})
            for one in ("192.0.2.7", "192.0.2.8")
        ]
    assert [status for status, _, _ in found] == [200, 429]
    assert int(found[1][2]["Retry-After"]) > 0
