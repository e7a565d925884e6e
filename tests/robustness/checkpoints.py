"""GGUF files with absurd counts, lengths, types and shapes (scenario 17).

`python -m tests.robustness.checkpoints FOLDER FIRST LAST` tries the changes FIRST … LAST of one
small file: one line of JSON for each, [number, outcome, detail], before the next is begun. Run as a
process, so that the one which tries survives what the file does to it.
"""

from __future__ import annotations

import json
import random
import signal
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from errors import KexError
from models.base import GenerateRequest, Message
from models.embedded.model import Embedded
from models.qwen.gguf import GgufError
from settings import Settings
from tests import ROOT
from tests.models.qwen.tiny import tiny_qwen

ABSURD = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)
WIDTHS = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}
MEMORY = 3_000_000_000  # bytes of address space for the process that opens them
SECONDS = 20  # that one file may take


def changed(whole: bytes, number: int) -> bytes:
    """The change of this number: always the same one for the same file."""
    draw = random.Random(number)
    head = whole.index(b"output_norm.weight") + 64  # counts, metadata, names and shapes
    data = bytearray(whole)
    kind = number % 4
    if kind == 0:  # a number that no file has
        size = draw.choice(list(WIDTHS))
        at = draw.randrange(4, head - size)
        value = draw.choice(ABSURD) & (2 ** (8 * size) - 1)
        struct.pack_into(WIDTHS[size], data, at, value)
    elif kind == 1:  # a number of the file, a little off
        at = draw.randrange(4, head - 8)
        value = int.from_bytes(data[at : at + 4], "little") + draw.choice((-1, 1, 16, 256))
        struct.pack_into("<I", data, at, value & 0xFFFFFFFF)
    elif kind == 2:  # some flipped bits
        for _ in range(draw.randrange(1, 9)):
            data[draw.randrange(4, head)] ^= 1 << draw.randrange(8)
    else:
        del data[draw.randrange(4, len(data)) :]
    return bytes(data)


def attempt(path: Path, folder: Path) -> tuple[str, str]:
    """What opening the file, and asking it for a few tokens, comes to."""
    settings = Settings(
        cache_dir=folder / "cache", embedded_path=path, embedded_engine="own",
        embedded_slots=1, embedded_context=2048, embedded_threads=1,
    )  # fmt: skip
    model = Embedded(settings)
    try:
        model.load()
        for _ in model.generate(GenerateRequest((Message("user", "ab 19"),), 4)):
            pass
    except KexError as error:
        return "refused", error.message
    except GgufError as error:
        return "escaped", repr(error)
    except Exception as error:  # what must not happen: no sentence for people
        return "escaped", repr(error)
    finally:
        model.close()
    return "answered", ""


def main(folder: Path, first: int, last: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    whole = tiny_qwen(folder / "whole.gguf").read_bytes()
    path = folder / "changed.gguf"
    for number in range(first, last):
        print(json.dumps([number, "begun", ""]), flush=True)
        path.write_bytes(changed(whole, number))
        signal.alarm(SECONDS)
        outcome, detail = attempt(path, folder)
        signal.alarm(0)
        print(json.dumps([number, outcome, detail]), flush=True)
        for tiles in (folder / "cache" / "engine").glob("tiles-*"):
            tiles.unlink()


def outcomes(folder: Path, count: int) -> Iterator[tuple[int, str, str]]:
    """Each change with its outcome; `crashed` with the signal where the process ended of it."""
    first = 0
    while first < count:
        command = [sys.executable, "-m", "tests.robustness.checkpoints", str(folder)]
        done = subprocess.run(
            [*command, str(first), str(count)], cwd=ROOT, capture_output=True, text=True
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        yield from ((number, *rest) for number, *rest in lines if rest[0] != "begun")
        if not lines:
            raise RuntimeError(done.stderr)
        number, outcome, _ = lines[-1]
        if outcome == "begun":
            yield number, "crashed", f"{done.returncode}: {done.stderr.strip()[-300:]}"
        first = number + 1


def try_ggufs(folder: Path, count: int) -> Counter[str]:
    """Outcomes of so many changes; AssertionError names the first that was not answered for."""
    found: Counter[str] = Counter()
    for number, outcome, detail in outcomes(folder, count):
        found[outcome] += 1
        assert outcome in ("refused", "answered"), f"change {number} {outcome}: {detail}"
        assert outcome == "answered" or detail.strip(), f"change {number}: refused without a word"
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
