"""Builds the kernels with the machine's C compiler, once, and loads them.

The library is stored under a name made of the sources' hash and of the machine, so that another
processor or another version of Kex builds its own. It gets its name after it has passed its
self-test.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"
FLAGS = (
    "-O3", "-std=gnu11", "-fPIC", "-shared", "-pthread", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math",
)  # fmt: skip
# All instructions of the machine; compilers for ARM call it so.
NATIVE = ("-mcpu=native",) if platform.machine() in ("arm64", "aarch64") else ("-march=native",)
BUILD_SECONDS, TEST_SECONDS = 120, 30


class NoLibrary(RuntimeError):
    """The kernels cannot be built or do not work; the message says why, in English."""


_INT, _FLOAT, _POINTER, _SIZE = ctypes.c_int, ctypes.c_float, ctypes.c_void_p, ctypes.c_size_t
# What engine.c offers: result and arguments.
_FUNCTIONS: dict[str, tuple[type | None, list[type]]] = {
    "kex_isa": (ctypes.c_char_p, []),
    "kex_max_batch": (_INT, []),
    "kex_tile_bytes": (_SIZE, [_INT]),
    "kex_tile": (_INT, [_INT, _POINTER, _INT, _INT, _POINTER]),
    "kex_multiply": (None, [_INT, _POINTER, _INT, _INT, _POINTER, _INT, _POINTER]),
    "kex_exp": (None, [_POINTER, _INT, _POINTER]),
    "kex_open": (_POINTER, [_POINTER]),
    "kex_close": (None, [_POINTER]),
    "kex_set_matrix": (None, [_POINTER, _INT, _INT, _INT, _INT, _INT, _POINTER, _POINTER]),
    "kex_set_norm": (None, [_POINTER, _INT, _INT, _POINTER]),
    "kex_set_embeddings": (None, [_POINTER, _INT, _POINTER]),
    "kex_set_low_rank": (
        None, [_POINTER, _INT, _INT, _INT, _POINTER, _POINTER, _INT, _FLOAT]
    ),
    "kex_copy": (None, [_POINTER, _INT, _INT, _INT]),
    "kex_forward": (
        None,
        [_POINTER, _INT, _POINTER, _POINTER, _POINTER, _POINTER, _INT, _POINTER, _POINTER],
    ),
    "kex_best": (_INT, [_POINTER, _INT, _POINTER]),
    "kex_log_sum_exp": (ctypes.c_double, [_POINTER, _INT]),
}  # fmt: skip


def build(folder: Path, flags: Sequence[str] = NATIVE) -> Path:
    """The library's file in `folder`, built now where it is not there yet; raises NoLibrary."""
    path = _path(folder, flags)
    if path.is_file():
        return path
    compiler = _compiler()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        made = Path(temporary) / path.name
        command = [*compiler, *FLAGS, *flags, "-o", str(made), str(KERNELS / "engine.c"), "-lm"]
        try:
            subprocess.run(  # noqa: S603  # the user's own compiler over our own source
                command, check=True, capture_output=True, text=True, timeout=BUILD_SECONDS
            )
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout or "").strip().splitlines()
            reason = said[0] if said else f"exit status {error.returncode}"
            raise NoLibrary(f"{compiler[0]} cannot build the engine: {reason}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoLibrary(f"{compiler[0]} cannot build the engine: {error}") from error
        if not made.is_file():
            raise NoLibrary(f"{compiler[0]} built nothing.")
        _test(made)
        os.replace(made, path)
    return path


def _path(folder: Path, flags: Sequence[str]) -> Path:
    ending = ".dylib" if sys.platform == "darwin" else ".so"
    return folder / f"kex-engine-{_key(KERNELS, tuple(flags))}{ending}"


def obstacle(folder: Path) -> str:
    """Why `build` would fail, as far as a look can tell; empty where nothing speaks against it."""
    if _path(folder, NATIVE).is_file():
        return ""
    try:
        _compiler()
    except NoLibrary as error:
        return str(error)
    return ""


def _test(made: Path) -> None:
    """Raises NoLibrary where the library computes something else, or crashes."""
    command = [sys.executable, "-m", f"{__package__}.selftest", str(made)]
    root = Path(__file__).parents[len(__name__.split(".")) - 1]
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, cwd=root, capture_output=True, text=True, timeout=TEST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoLibrary(f"the engine's self-test did not end: {error}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = said[-1] if said else f"it ended with {done.returncode}"
        raise NoLibrary(f"the engine failed its self-test: {reason}")


def _compiler() -> list[str]:
    named = os.environ.get("CC", "").split()
    if named:
        return named
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return [found]
    raise NoLibrary("no C compiler was found: install gcc or clang (Debian: apt install gcc)")


@cache
def _key(kernels: Path, flags: tuple[str, ...]) -> str:
    """Of the sources, the flags and the processor."""
    digest = hashlib.sha256()
    for source in sorted(kernels.iterdir()):
        digest.update(source.read_bytes())
    digest.update(" ".join((*FLAGS, *flags, platform.machine(), _processor())).encode())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """What decides which instructions the machine has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def load(path: Path) -> ctypes.CDLL:
    """The library with its functions typed; raises NoLibrary."""
    try:
        library = ctypes.CDLL(str(path))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise NoLibrary(f"the engine's library cannot be loaded: {error}") from error
    return library
