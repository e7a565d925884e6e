"""What `app.py corpus` costs beside extraction, how much memory it takes, and whether it is exact.

Invents short documents (some broken, some repeated) and reads them with a scripted model:
- cost: CPU of a whole run with no extraction at all, and with Kex's own; memory on the way;
- kills: SIGKILL at random moments, each followed by the same words again; then the folder is held
  against that of an uninterrupted run, document by document, and requests are counted.

    python benchmarks/corpus.py [--documents 100000] [--kills 20] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import models.registry
from corpus.fingerprint import Options
from corpus.index import Index
from corpus.inputs.entry import Fields
from corpus.job import Progress
from corpus.job_spec import JobSpec
from corpus.run import RunOptions, run
from errors import ModelFailed
from extraction.extractor import Answer
from extraction.request.task import Task
from models.base import (
    Capabilities,
    Chunk,
    Finish,
    GenerateRequest,
    Message,
    Model,
    ModelState,
    Text,
    Usage,
)
from settings import Settings

_NAMES = re.compile(r"Text: (?:.*\n)*?.*?(\w+ \d+) lives in (\w+)")


class Scripted:
    """Answers by the text alone, at once; fails for every text with "Mallory"."""

    name = "Embedded"
    capabilities = Capabilities(
        "grammar", images=False, chunk_chars={"zh": 800, "en": 800}, parallel=4
    )

    def __init__(self, asked: Path | None = None) -> None:
        self._asked = asked.open("ab", buffering=0) if asked else None

    def state(self) -> ModelState:
        return ModelState("ready")

    def load(self) -> None:
        """It is."""

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """It has no cache."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return None

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        found = _NAMES.search(request.messages[-1].content)
        who, where = found.groups() if found else ("", "")
        if self._asked:  # one write, so that a killed process leaves whole lines
            self._asked.write(f"{who}\n".encode())
        if who.startswith("Mallory"):
            raise ModelFailed("It broke.")
        yield Text(json.dumps({"triples": [[who, "lives in", where]]}))
        yield Finish("stop", Usage(400, 20))

    def close(self) -> None:
        """It holds a file of its own."""


def write_input(path: Path, documents: int) -> None:
    """A line in a thousand is broken, has an id that was there, or a text the model fails at."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(documents):
            kind = number % 1000
            who = "Mallory" if kind == 7 else "Ann"
            id_ = f"doc-{number - 5 if kind == 11 else number}"
            text = f"{who} {number} lives in Leeds. She moved there years ago, and says it rains."
            line = json.dumps({"id": id_, "text": text})
            file.write((line[:20] if kind == 13 else line) + "\n")


def no_extraction(task: Task, _model: Model, _stop: threading.Event) -> Answer:
    """An empty answer: what is left is the corpus's own."""
    return Answer(task.prompt_type, task.lang, "Embedded", (), (), Usage(400, 20), 1, ())


def cost(source: Path, out: Path, alone: bool) -> dict[str, Any]:
    """CPU and memory of a whole run, in this process."""
    memory: list[tuple[float, float]] = []

    def tell(progress: Progress) -> None:
        memory.append((progress.share, _resident()))

    words = JobSpec(
        input=source, fields=Fields(), options=Options(types=("KE1",)), model="Embedded",
        format="jsonl", shard_size=1000,
    )  # fmt: skip
    ask = {"ask": no_extraction} if alone else {}
    began, cpu = time.monotonic(), time.process_time()
    report = run(out, words, RunOptions(4), Scripted(), Settings(), tell, **ask)
    cpu = time.process_time() - cpu
    sums = report.sums
    documents = sums.documents
    half = [mb for share, mb in memory if share <= 0.2]
    return {
        "documents": documents,
        "done": sums.done,
        "seconds": round(time.monotonic() - began, 1),
        "cpu_ms_a_document": round(1000 * cpu / documents, 3),
        "memory_mb_at_a_fifth": half[-1] if half else None,
        "memory_mb_at_the_end": memory[-1][1],
        "memory_mb_at_most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "again_with_nothing_to_do_s": _again(source, out, words),
    }


def _again(source: Path, out: Path, words: JobSpec) -> float:
    began = time.monotonic()
    run(out, words, RunOptions(4), Scripted(), Settings(), lambda _: None)
    return round(time.monotonic() - began, 1)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20)


def start(source: Path, out: Path, asked: Path) -> subprocess.Popen[bytes]:
    """The real command in a process of its own, over the scripted model."""
    words = ["run", source, "--out", out, "--model", "Embedded", "--shard-size", "500"]
    return subprocess.Popen(  # noqa: S603  # this very file
        [sys.executable, __file__, "child", *map(str, words)],
        env={**os.environ, "ASKED": str(asked)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kills(source: Path, folder: Path, count: int) -> dict[str, Any]:
    """As many killed runs, the moments drawn so that they fall all over the job."""
    draw = random.Random(11)  # noqa: S311  # no secret
    whole, torn = folder / "whole", folder / "torn"
    start(source, whole, folder / "asked-whole").wait()
    size, asked_torn = (folder / "asked-whole").stat().st_size, folder / "asked-torn"
    asked_torn.touch()
    rounds = 0
    for number in range(count):
        process = start(source, torn, asked_torn)
        while process.poll() is None and asked_torn.stat().st_size < size * number / count:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 2))
        rounds += process.poll() is None  # it was at work, not done
        process.send_signal(signal.SIGKILL)
        process.wait()
    code = start(source, torn, folder / "asked-torn").wait()
    asked = Counter((folder / "asked-torn").read_text().splitlines())
    once = Counter((folder / "asked-whole").read_text().splitlines())
    return {
        "kills_while_at_work": rounds,
        "last_exit_code": code,
        "manifest_lines": len(manifest(torn)),
        "same_manifest": manifest(torn) == manifest(whole),
        "same_answers": answers(torn) == answers(whole),
        "files_whole": checked(torn) and checked(whole),
        "requests_of_one_run": sum(once.values()),
        "requests_more_than_that": sum((asked - once).values()),
    }


def manifest(out: Path) -> dict[str, Any]:
    """Outcomes by id; an id that is there twice fails."""
    found: dict[str, Any] = {}
    for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for unit in row["types"].values():
            unit.pop("shard", None)  # which one depends on how the threads fell
        if row["id"] in found:
            raise SystemExit(f"{row['id']} is twice in the manifest of {out}")
        found[row["id"]] = row
    return found


def answers(out: Path) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for path in sorted((out / "answers").iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            key = (row["id"], row["prompt_type"])
            if key in found:
                raise SystemExit(f"{key} is answered twice in {out}")
            found[key] = {**row, "elapsed_ms": 0}
    return found


def checked(out: Path) -> bool:
    """Whether folder and index name the same files."""
    index = Index(out)
    names = {name for _, name in index.shards()}
    index.close()
    return names == {path.name for path in (out / "answers").iterdir()}


def measure(documents: int, count: int, folder: Path) -> dict[str, Any]:
    source = folder / "in.jsonl"
    write_input(source, documents)
    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }
    for name in ("alone", "whole"):
        done = subprocess.run(  # noqa: S603  # a process for each, so that memory is its own
            [sys.executable, __file__, "cost", name, str(source), str(folder / f"cost-{name}")],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        found["corpus_alone" if name == "alone" else "with_extraction"] = json.loads(done.stdout)
    found["kills"] = kills(source, folder, count)
    return found


def child(words: list[str]) -> None:
    """`app.py corpus` with the scripted model in place of Embedded."""
    from cli.main import main as command

    asked = Path(os.environ["ASKED"])
    models.registry.FACTORIES = {
        **models.registry.FACTORIES,
        "Embedded": lambda _: Scripted(asked),
    }
    command(["corpus", *words])


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        return child(sys.argv[2:])
    if sys.argv[1:2] == ["cost"]:
        return print(json.dumps(cost(Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[2] == "alone")))
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        written = json.dumps(measure(given.documents, given.kills, Path(folder)), indent=1)
    print(written)
    if given.out:
        given.out.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
