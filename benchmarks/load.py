"""Many clients at a server with the built-in model, for minutes or hours: rows 1 and 20 of
docs/reliability.md.

Starts `kex serve` and asks it from so many clients at a time, each as soon as its last answer has
come; one that finds no place waits as Retry-After says, at most five seconds. Every tenth request
is left in the middle. Prints times of answers, how /health answers beside them, memory, and a
verdict; the exit code is 1 where it fails.

    python benchmarks/load.py [--clients 1,4,16,64] [--minutes 5]
    python benchmarks/load.py --soak [--clients 6] [--minutes 120]

httpx2, which Kex needs anyway, is enough for this: the clients must leave in the middle of a stream
and read its events, which is code of our own with any load generator.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import httpx2

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "training" / "gold" / "dev.jsonl"
LONGEST_WAIT = 5.0  # seconds that a refused client waits
HEALTH_EVERY = 0.1  # seconds
MEMORY_EVERY = 5.0  # seconds
WARM_UP = 0.1  # of the time, before memory and times count
HEALTH_LIMIT, SLOPE_LIMIT, DRIFT_LIMIT = 0.1, 1.0, 0.10  # seconds, MB an hour, share


@dataclass
class Seen:
    """What a run met; times in seconds, `at` since its start."""

    answers: list[tuple[float, float]] = field(default_factory=list)  # at, seconds
    statuses: Counter[str] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)  # at, MB


class Run:
    """`clients` at a time for `seconds`, at the server of this URL and process."""

    def __init__(self, url: str, process: int, clients: int, seconds: float) -> None:
        self._url, self._process = url, process
        self._port = int(url.rpartition(":")[2])
        self._clients, self._seconds = clients, seconds
        self._began = time.monotonic()
        rows = map(json.loads, GOLD.read_text(encoding="utf-8").splitlines())
        self._texts = [row["text"] for row in rows]
        self.seen = Seen()

    @property
    def _at(self) -> float:
        return time.monotonic() - self._began

    async def play(self) -> Seen:
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=self._url, timeout=900, limits=limits) as client:
            watching = [asyncio.create_task(one) for one in (self._watch(), self._weigh())]
            asking = (self._ask_on(client, number) for number in range(self._clients))
            await asyncio.gather(*asking)
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        return self.seen

    async def _ask_on(self, client: httpx2.AsyncClient, number: int) -> None:
        dice = random.Random(number)  # noqa: S311  # the same load each time
        while self._at < self._seconds:
            try:
                pause = await self._ask(client, dice)
            except httpx2.HTTPError as error:
                self.seen.statuses[f"broken: {type(error).__name__}"] += 1
                pause = 1.0
            await asyncio.sleep(pause)

    async def _ask(self, client: httpx2.AsyncClient, dice: random.Random) -> float:
        """One request; returns the seconds to wait until the next one."""
        fields = {"user_input": dice.choice(self._texts)}
        fields["prompt_type"] = dice.choice(["KE1", "KE1", "KE2", "KE3", "Chat"])
        if fields["prompt_type"] == "Chat":
            fields["max_tokens"] = "60"
        streams, leaves = dice.random() < 0.5, dice.random() < 0.1
        headers = {"Accept": "text/event-stream"} if streams or leaves else {}
        began = time.monotonic()
        async with client.stream("POST", "/get_response", data=fields, headers=headers) as response:
            ended, tail = False, b""  # the last event may be longer than any piece
            if leaves and response.status_code == 200:
                await asyncio.sleep(dice.random())
                self.seen.statuses["left"] += 1
                return 0.0
            async for piece in response.aiter_bytes():
                ended = ended or b"event: done" in tail + piece
                tail = piece[-20:]
        status = response.status_code
        if status == 503 and "retry-after" in response.headers:
            self.seen.statuses["503 with Retry-After"] += 1
            return min(float(response.headers["retry-after"]), LONGEST_WAIT)
        if status == 200 and streams and not ended:
            self.seen.statuses["a stream without its end"] += 1
            return 0.0
        self.seen.statuses[str(status)] += 1
        if status == 200:
            self.seen.answers.append((self._at, time.monotonic() - began))
        return 0.0

    async def _watch(self) -> None:
        """How long /health takes, on a connection of its own each time, as a balancer asks it."""
        while True:
            began = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(b"GET /health HTTP/1.0\r\n\r\n")
            answer = await reader.read()
            self.seen.health.append(time.monotonic() - began)
            writer.close()
            if b" 200 " not in answer[:20]:
                self.seen.statuses["/health failed"] += 1
            await asyncio.sleep(max(0.0, HEALTH_EVERY - (time.monotonic() - began)))

    async def _weigh(self) -> None:
        while True:
            text = Path(f"/proc/{self._process}/status").read_text(encoding="ascii")
            resident = int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024
            self.seen.memory.append((self._at, resident))
            await asyncio.sleep(MEMORY_EVERY)


def percentile(values: Sequence[float], share: int) -> float:
    """The `share`th percentile; the value itself where there is only one."""
    return quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else values[0]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares: how much the second grows per second of the first."""
    count = len(points)
    x, y = (sum(one[axis] for one in points) / count for axis in (0, 1))
    spread = sum((a - x) ** 2 for a, _ in points)
    return sum((a - x) * (b - y) for a, b in points) / spread if spread else 0.0


def faults(seen: Seen) -> list[str]:
    """What row 1 forbids and this run met."""
    good = {"200", "503 with Retry-After", "left"}
    found = [f"{count} x {name}" for name, count in seen.statuses.items() if name not in good]
    slow = percentile(seen.health, 99)
    if slow > HEALTH_LIMIT:
        found.append(f"/health p99 {1000 * slow:.0f} ms")
    return found


def row(clients: int, seen: Seen, seconds: float) -> str:
    times = [took for _, took in seen.answers]
    figures = " ".join(f"{percentile(times, share):7.2f}" for share in (50, 95, 99))
    refused = seen.statuses["503 with Retry-After"]
    memory = max(mb for _, mb in seen.memory)
    return (
        f"{clients:7} {len(times):8} {60 * len(times) / seconds:8.1f} {figures} {refused:6}"
        f" {seen.statuses['left']:5} {1000 * percentile(seen.health, 99):8.0f} {memory:8.0f}"
    )


def lasting(seen: Seen, seconds: float) -> tuple[float, float]:
    """Row 20: MB an hour after the warm-up, and by which share p95 of the last third of the time
    is above that of the first."""
    start = WARM_UP * seconds
    growth = 3600 * slope([one for one in seen.memory if one[0] > start])
    third = (seconds - start) / 3
    first = [took for at, took in seen.answers if start < at <= start + third]
    last = [took for at, took in seen.answers if at > seconds - third]
    return growth, percentile(last, 95) / percentile(first, 95) - 1


def start(folder: str, port: int) -> tuple[subprocess.Popen[str], str]:
    """The server and its URL, once its model is ready."""
    settings = {"KEX_PORT": str(port), "KEX_STORE": f"{folder}/kex.db", "KEX_BASE": "off"}
    with open(f"{folder}/log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "app.py", "serve"], cwd=ROOT, env={**os.environ, **settings},
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    line = process.stdout.readline() if process.stdout else ""
    found = re.search(r"http://\S+", line)
    if found is None:
        process.kill()
        raise SystemExit(f"The server did not start: {line}{Path(folder, 'log').read_text()}")
    url = found.group()
    while httpx2.get(f"{url}/ready").status_code != 200:
        time.sleep(0.2)
    return process, url


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clients", default=None, help="numbers of clients; [1,4,16,64], or [6]")
    parser.add_argument("--minutes", type=float, default=None, help="of each; [5], or [120]")
    parser.add_argument("--soak", action="store_true", help="watch memory and times for hours")
    given = parser.parse_args()
    counts = [
        int(one) for one in (given.clients or ("6" if given.soak else "1,4,16,64")).split(",")
    ]
    seconds = 60 * (given.minutes or (120 if given.soak else 5))
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(folder, 0)
        print("clients  answers  per min     p50     p95     p99    503  left   health       MB")
        print("                               s       s       s               p99 ms     most")
        try:
            for clients in counts:
                seen = asyncio.run(Run(url, process.pid, clients, seconds).play())
                print(row(clients, seen, seconds), flush=True)
                bad += [f"{clients} clients: {one}" for one in faults(seen)]
                if given.soak:
                    growth, drift = lasting(seen, seconds)
                    print(f"memory {growth:+.2f} MB an hour, p95 {100 * drift:+.1f}%")
                    if growth > SLOPE_LIMIT:
                        bad.append(f"memory grows by {growth:.2f} MB an hour")
                    if drift > DRIFT_LIMIT:
                        bad.append(f"p95 has grown by {100 * drift:.0f}%")
        finally:
            process.terminate()
            status = process.wait(60)
    if status != 0:
        bad.append(f"the server ended with {status}")
    print("holds" if not bad else "does not hold: " + "; ".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
