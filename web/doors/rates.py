"""How much one client may ask for: requests per minute and per day (UTC).

A client is an API key or, without keys, an IP address (of IPv6, the /64 network that a provider
gives to one customer). Counts are in memory; a restart resets them.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from errors import ClientLimited
from wording import message

MOST_CLIENTS = 10_000  # the one that was silent for longest is forgotten
DAY = 86_400


@dataclass
class _Client:
    """`left` requests may come at once, as of `at`; `asked` came on `day`. Times in seconds."""

    left: float
    at: float
    day: int
    asked: int = 0


class ClientRates:
    """Thread-safe; `per_minute` and `per_day` are counts of requests, 0 for no limit."""

    def __init__(
        self, per_minute: int, per_day: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._per_minute, self._per_day = per_minute, per_day
        self._clock = clock
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, client: str) -> None:
        """One more request of `client`; raises ClientLimited, which says when to come back."""
        if not (self._per_minute or self._per_day):
            return
        with self._lock:
            self._count(client, self._clock())

    def _count(self, client: str, now: float) -> None:
        day = int(now // DAY)
        one = self._clients.setdefault(client, _Client(self._per_minute, now, day))
        self._clients.move_to_end(client)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        if one.day != day:
            one.day, one.asked = day, 0
        if self._per_day and one.asked >= self._per_day:
            raise ClientLimited(
                message("errors.client_per_day", limit=self._per_day),
                retry_after=math.ceil((day + 1) * DAY - now),
            )
        if self._per_minute:
            # A clock that was set back gives nothing, and takes nothing.
            passed = max(0.0, now - one.at)
            one.left = min(self._per_minute, one.left + passed * self._per_minute / 60)
            one.at = now
            if one.left < 1:
                raise ClientLimited(
                    message("errors.client_per_minute", limit=self._per_minute),
                    retry_after=math.ceil((1 - one.left) * 60 / self._per_minute),
                )
            one.left -= 1
        one.asked += 1


def client_of_address(address: str) -> str:
    """The client behind an IP address; what is no address counts as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:  # as a socket of both kinds shows IPv4
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
