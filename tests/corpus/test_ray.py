"""A corpus on a cluster of two nodes on this machine; an actor and a node die in mid-run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tests.corpus.conftest import Command, answers, manifest, outcomes, people
from tests.corpus.service import Service

pytest.importorskip("ray", reason="pip install -r requirements-ray.txt")

COUNT = 120


class Nodes:
    """A cluster of two nodes, each with room for one actor."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(ROOT / "tests/corpus/ray_nodes.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        self.address = self._said()

    def kill_one(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("kill\n")
        assert self._said() == "killed"

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _said(self) -> str:
        """The next line of its own; Ray's are longer."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if len(line.split()) == 1:
                return line.strip()
        raise AssertionError("the cluster did not start")


@pytest.fixture
def cluster() -> Iterator[Nodes]:
    nodes = Nodes()
    yield nodes
    nodes.close()


def start(corpus: Command, source: Path, out: Path, address: str, *more: str) -> Any:
    return corpus.start(
        "run", source, "--out", out, "--model", "ChatGpt", "--engine", "ray",
        "--address", address, "--parallel", "2", *more, PYTHONWARNINGS="ignore",
    )  # fmt: skip


def readers() -> list[int]:
    """The processes of the actors."""
    told = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in told.stdout.splitlines() if "ray::Reader" in line]


def wait_for(service: Service, calls: int) -> None:
    end = time.monotonic() + 120
    while service.asked.total() < calls:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.timeout(400)
def test_no_row_is_lost_or_there_twice(
    corpus: Command, service: Service, cluster: Nodes, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", COUNT), tmp_path / "out"
    service.pause = 0.2
    process = start(corpus, source, out, cluster.address)
    wait_for(service, 10)
    os.kill(readers()[0], signal.SIGKILL)
    wait_for(service, 40)
    cluster.kill_one()
    said, err = process.communicate(timeout=150)
    assert process.returncode == 0, said + err
    assert set(outcomes(out).values()) == {"done"}
    assert set(manifest(out)) == {f"d{n}" for n in range(COUNT)}
    assert len(answers(out)) == COUNT
    assert readers() == []
    # Again: there is nothing to do.
    calls = service.asked.total()
    assert corpus("run", source, "--out", out, "--model", "ChatGpt")[0]
    assert service.asked.total() == calls


def test_a_cluster_that_is_not_there_is_told(corpus: Command, tmp_path: Path) -> None:
    source, out = people(tmp_path / "in.jsonl", 2), tmp_path / "out"
    words = ["run", source, "--out", out, "--model", "ChatGpt"]
    for more, said in (
        (["--engine", "ray", "--address", "127.0.0.1:1"], "address"),
        (["--engine", "ray", "--budget", "9tokens"], "budget"),
        (["--actors", "2"], "--engine ray"),
    ):
        _, err = corpus(*words, *more, code=2, PYTHONWARNINGS="ignore")
        assert said in err
    assert not (out / "manifest.jsonl").exists()


@pytest.mark.timeout(300)
def test_more_actors_than_there_is_room_for(
    corpus: Command, cluster: Nodes, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 2), tmp_path / "out"
    process = start(corpus, source, out, cluster.address, "--actors", "3")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2, err
    assert "room for 2" in err
