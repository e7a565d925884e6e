"""The long form of what tests/robustness tries briefly: kills, damaged files, hostile weights.

    python benchmarks/faults.py [--only 9,14,17] [--quick]

Prints a line with the verdict of each scenario and what was counted; exit code 1 where one does not
hold. The numbers are those of docs/reliability.md. Scenarios 10, 13, 15 and 19 are run by pytest as
they are: they have no longer form.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # before this folder, whose corpus.py is no package

from tests.robustness.checkpoints import try_ggufs
from tests.robustness.damaged_files import BOMBS, outcome, try_files
from tests.robustness.killing import KILLINGS

TESTS = {
    "10": "tests/robustness/test_addresses.py",
    "13": "tests/page/test_hostile_markup.py",
    "15": "tests/robustness/test_storage_faults.py",
    "19": "tests/robustness/test_cut_utf8.py",
}
Run = Callable[[Path], Counter[str]]


def damaged(kind: str, pieces: int, flips: int, _folder: Path) -> Counter[str]:
    return try_files(kind, pieces, flips)


def bombs(_folder: Path) -> Counter[str]:
    return Counter(outcome(kind, make()) for kind, make in BOMBS.values())


def tested(path: str, _folder: Path) -> Counter[str]:
    """How the tests of the file ended."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path]
    done = subprocess.run(  # noqa: S603  # our own tests
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    last = (done.stdout.strip().splitlines() or [""])[-1]
    assert done.returncode == 0, last  # noqa: S101  # as the other scenarios say it
    return Counter({last: 1})


def scenarios(quick: bool) -> Mapping[str, Mapping[str, Run]]:
    """Number → part → what runs it in a folder of its own."""
    kills, pieces, flips, changes = (10, 10, 20, 200) if quick else (100, 50, 1000, 2000)
    files: dict[str, Run] = {
        kind: partial(damaged, kind, pieces, flips) for kind in ("pdf", "docx", "csv", "png")
    }
    killings: dict[str, Run] = {name: partial(_kill, name, kills) for name in KILLINGS}
    return {
        "9": {**files, "bombs": bombs},
        "14": killings,
        "17": {"GGUF": lambda folder: try_ggufs(folder, changes)},
        **{number: {path: partial(tested, path)} for number, path in TESTS.items()},
    }


def _kill(name: str, kills: int, folder: Path) -> Counter[str]:
    return KILLINGS[name](folder, kills)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="numbers of scenarios, separated by commas")
    parser.add_argument("--quick", action="store_true", help="as few as the tests try")
    options = parser.parse_args()
    known = scenarios(options.quick)
    chosen = [number.strip() for number in options.only.split(",") if number.strip()] or list(known)
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        parser.error(f"--only: there is no scenario {unknown[0]} here: use {', '.join(known)}")
    failed = 0
    for number in chosen:
        for part, run in known[number].items():
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                try:
                    found = ", ".join(
                        f"{name} {count}" for name, count in run(Path(folder)).items()
                    )
                    verdict = "holds"
                except AssertionError as error:
                    found, verdict = str(error)[:500], "FAILS"
                    failed += 1
            seconds = time.monotonic() - began
            print(f"{number} {part}: {verdict} in {seconds:.0f} s: {found}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
