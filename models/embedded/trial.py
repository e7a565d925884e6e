"""Whether llama.cpp can open a file: `python -m models.embedded.trial PATH THREADS`.

llama.cpp ends the whole process over some damaged or hostile files (an assertion in C++). So a file
of the user's own is opened once in a process that may end; a file of known hash needs no trial.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from errors import KexError, Unavailable
from redaction import bare_environment
from settings import Settings
from wording import message

SECONDS = 120  # for a large file on a slow disk
_ENDED = 3


def require_opens(path: Path, key: str, cache: Path, threads: int) -> None:
    """Raises Unavailable where llama.cpp cannot open the file; `key` names the file's content.

    What opened once is noted in `cache` and not tried again.
    """
    known = f"{key} {metadata.version('xllamacpp')}".encode()
    note = cache / f"llama-opens-{hashlib.sha256(known).hexdigest()[:16]}"
    if note.is_file():
        return
    command = [sys.executable, "-m", __name__, str(path), str(threads)]
    root = Path(__file__).parents[len(__name__.split(".")) - 1]
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, cwd=root, capture_output=True, text=True, errors="replace", timeout=SECONDS,
            check=False, env=bare_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _damaged(path, f"llama.cpp: {SECONDS} s") from error
    if done.returncode == _ENDED:
        raise Unavailable(
            message("states.embedded_load_failed", name=path.name, reason=done.stdout.strip())
        )
    if done.returncode:
        raise _damaged(path, f"llama.cpp: {done.returncode}")
    with suppress(OSError):  # it only saves time
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()


def _damaged(path: Path, reason: str) -> Unavailable:
    return Unavailable(message("states.embedded_damaged", name=path.name, reason=reason))


def main(path: Path, threads: int) -> None:
    from models.embedded.llama_engine import LlamaEngine

    settings = Settings(
        _env_file=None,  # it may hold keys
        embedded_slots=1, embedded_context=2048, embedded_warm=False,
    )  # fmt: skip
    try:
        LlamaEngine(path, None, settings, threads).close()
    except KexError as error:
        print(error.message)
    except (ImportError, RuntimeError, ValueError) as error:
        print(error)
    else:
        return
    sys.exit(_ENDED)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
