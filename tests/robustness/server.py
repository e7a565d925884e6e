"""`kex serve` as a process of its own, with a scripted model in place of `Embedded`.

A text that is one of its cues decides how long the answer takes; any other is answered at once.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.request import urlopen

import models.registry
from models.base import GenerateRequest
from tests import EMPTY_CACHE, ROOT
from tests.scripted_model import Step
from tests.web.scripted_server import Closing

CUES: dict[str, Sequence[Step]] = {
    "slow": ["a", *[step for _ in range(200) for step in (0.1, "b")]],
    "silent": [60.0],
    "two seconds": ["be", 2.0, "gun"],
    "short": ["a", 0.2, "b"],
}


def script(request: GenerateRequest) -> Sequence[Step]:
    return CUES.get(request.messages[-1].content, ["fine"])


@dataclass(frozen=True)
class Served:
    """A server that runs: where it is, and what the system knows of it."""

    process: subprocess.Popen[str]
    url: str
    log: IO[str]  # what it writes to standard error

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def resident(self) -> float:
        """Its memory in MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def figure(self, name: str, model: str = "Embedded") -> float:
        """A figure of /metrics of that model."""
        with urlopen(f"{self.url}/metrics", timeout=20) as response:
            text = response.read().decode()
        found = re.search(rf'^{name}{{model="{model}"}} (\S+)$', text, re.MULTILINE)
        assert found, name
        return float(found[1])


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    """A server of its own; `settings` are environment variables."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    default = {"KEX_CACHE_DIR": str(EMPTY_CACHE), "KEX_STORE": "off", "KEX_BASE": "off",
               "KEX_PORT": "0"}  # fmt: skip
    with TemporaryFile("w+", encoding="utf-8") as log:  # a pipe that nobody reads would fill
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.robustness.server"],
            cwd=ROOT, env={**clean, **default, **settings},
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield Served(process, found.group(), log)
        finally:
            process.kill()
            process.communicate()


if __name__ == "__main__":
    from cli.main import main

    models.registry.FACTORIES = {**models.registry.FACTORIES, "Embedded": lambda _: Closing(script)}
    main(["serve"])
