"""Brings VisualGLM-6B's checkpoint from the model hub into its folder, and checks what lies there.

A file is believed by its SHA-256 alone: the hub's announcement when it comes, the folder's lock
file ever after. Knows no command line; `models.weights.download` knows how bytes travel.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from errors import WeightsError
from models.local_glm.lock_file import LOCK_FILE, Lock
from models.weights.download import Offer, ask_hub, from_hub, hub_arrived, sha256_of
from models.weights.verified_files import VerifiedFiles, print_line
from wording import message

CONFIG = "config.json"
INDEX = "pytorch_model.bin.index.json"
TOKENIZER = "ice_text.model"
_FIELD = "KEX_GLM_PATH"


@dataclass(frozen=True)
class Repository:
    """A checkpoint on the hub; `pinned` are files of which only one version is right."""

    name: str
    licence: str
    pinned: Mapping[str, str] = field(default_factory=dict)


VISUALGLM_6B = Repository(
    name="THUDM/visualglm-6b",
    licence=(message("terminal.glm_licence")),
    # An older vocabulary of 130,000 pieces is about; the model does not go with it.
    pinned={TOKENIZER: "5e974d9a69c242ce014c88c2b26089270f6198f3c0b700a887666cd3e816f17e"},
)


class GlmStore(VerifiedFiles):
    """The checkpoint in `folder`. `say` gets one line for each thing worth telling."""

    def __init__(
        self,
        folder: Path,
        hf_endpoint: str,
        repository: Repository = VISUALGLM_6B,
        *,
        say: Callable[[str], None] = print_line,
    ) -> None:
        super().__init__(folder, _FIELD, say)
        self.repository = repository
        self._endpoint = hf_endpoint
        self._staging = self.folder / ".kex-hub"

    def complete(self) -> bool:
        """Whether every file of the checkpoint is here as it was locked; asks nobody.

        Cheap, unless a file's time changed: then its hash is computed.
        """
        lock = Lock(self.folder)
        if not all(self._intact(lock, name) for name in (CONFIG, INDEX, TOKENIZER)):
            return False
        return all(self._intact(lock, name) for name in self._names())

    def get(self, *, update: bool = False) -> Path:
        """The folder with every file, fetched if need be; a second process waits for the first.

        `update` takes the hub's files of today in place of those that the lock file names. Raises
        WeightsError with the reason, and leaves what has arrived for the next call to go on from.
        """
        with self.filling(".kex-get.lock"):
            return self._get(update)

    def _get(self, update: bool) -> Path:
        lock = Lock(self.folder)
        small = [n for n in (CONFIG, INDEX, TOKENIZER) if update or not self._intact(lock, n)]
        first = {name: self._ask(name) for name in small}
        if update:  # and not before the hub has answered: an offline folder stays usable
            lock.keep_only(set())
        for name, offer in first.items():
            self._bring(name, offer, lock, update)
        names = self._names()
        offers = {n: self._ask(n) for n in names if not self._intact(lock, n)}
        self.require_space(sum(map(self._to_come, offers, offers.values())))
        for name, offer in offers.items():
            self._bring(name, offer, lock, update)
        lock.keep_only(set(names))
        shutil.rmtree(self._staging, ignore_errors=True)
        return self.folder

    def _names(self) -> list[str]:
        """Every file of the checkpoint, once its index is here."""
        from models.visualglm.checkpoint.reader import read_index

        return [CONFIG, INDEX, TOKENIZER, *sorted(set(read_index(self.folder / INDEX).values()))]

    def _intact(self, lock: Lock, name: str) -> bool:
        return name in lock.files and lock.hash_of(name) == lock.files[name].sha256

    def _ask(self, name: str) -> Offer:
        try:
            offer = ask_hub(self.repository.name, name, self._endpoint)
        except WeightsError as error:
            raise self._failed(name, error.message) from error
        if offer.size is None:
            raise self._failed(name, message("errors.weights_no_size"))
        return offer

    def _failed(self, name: str, reason: str) -> WeightsError:
        return WeightsError(
            message("errors.glm_fetch_failed", name=name, endpoint=self._endpoint, reason=reason),
            field="HF_ENDPOINT",
        )

    def _bring(self, name: str, offer: Offer, lock: Lock, update: bool) -> None:
        """Bring one file, check it against all that is known of it, and lock it."""
        locked = lock.files.get(name)
        wanted = self.repository.pinned.get(name) or (locked.sha256 if locked else None)
        if wanted and offer.sha256 and offer.sha256 != wanted:
            raise self._changed(name, offer.sha256, wanted)
        own = None if locked else lock.hash_of(name)  # lies here, and nobody knows where from
        if own and own == (offer.sha256 or wanted):
            lock.add(name, own)
            return
        if locked and (self.folder / name).exists():
            self._say(message("terminal.weights_wrong_file", path=self.folder / name))
        if own and offer.sha256 and not update:
            raise self._foreign(name, own, offer.sha256)
        staged, found = self._fetch(name, offer)
        if wanted and found != wanted:
            shutil.rmtree(self._staging / name, ignore_errors=True)
            raise self._changed(name, found, wanted)
        if own and own != found and not update:
            raise self._foreign(name, own, found)
        os.replace(staged, self.folder / name)
        lock.add(name, found)
        shutil.rmtree(self._staging / name, ignore_errors=True)

    def _fetch(self, name: str, offer: Offer) -> tuple[Path, str]:
        """Fetch into a folder of the file's own; its path there, and its SHA-256."""
        staging = self._staging / name
        staging.mkdir(parents=True, exist_ok=True)
        self._say(message("terminal.weights_fetching", name=name))
        try:
            staged = from_hub(self.repository.name, name, offer.size or 0, self._endpoint, staging)
        except WeightsError as error:
            raise self._failed(name, error.message) from error
        found = sha256_of(staged)
        if offer.sha256 and found != offer.sha256:
            shutil.rmtree(staging, ignore_errors=True)
            raise self._failed(
                name,
                message("errors.glm_wrong_hash", found=found, wanted=offer.sha256),
            )
        return staged, found

    def _changed(self, name: str, found: str, wanted: str) -> WeightsError:
        remedy = (
            message("errors.glm_pinned_remedy")
            if name in self.repository.pinned
            else message("errors.glm_update_remedy")
        )
        return WeightsError(
            message("errors.glm_changed", name=name, found=found, wanted=wanted, remedy=remedy),
            field=_FIELD,
        )

    def _foreign(self, name: str, own: str, found: str) -> WeightsError:
        return WeightsError(
            message("errors.glm_foreign", path=self.folder / name, own=own, found=found),
            field=_FIELD,
        )

    def _to_come(self, name: str, offer: Offer) -> int:
        """The bytes of a file that have not arrived yet."""
        size, staging = offer.size or 0, self._staging / name
        return size - (min(hub_arrived(staging, name), size) if staging.exists() else 0)

    def verify(self) -> Path:
        """Check every byte against the lock file, and every tensor's shape against config.json.

        Raises WeightsError naming what is wrong. A folder without a lock file, one that was not
        fetched by Kex, has its tensors checked alone, and its vocabulary.
        """
        lock = Lock(self.folder)
        if not lock.files:
            self._say(message("terminal.weights_no_lock", lock_file=LOCK_FILE))
        wanted = {name: noted.sha256 for name, noted in lock.files.items()}
        for name, sha256 in {**wanted, **self.repository.pinned}.items():
            self._verify_hash(self.folder / name, sha256, message("errors.glm_get_remedy"))
        check_layout(self.folder)
        return self.folder


def check_layout(folder: Path) -> None:
    """Raise WeightsError unless config.json can be read and all its tensors are there.

    Headers only: no weights are read.
    """
    from models.visualglm.checkpoint.reader import CheckpointReader, check_entries
    from models.visualglm.config import read_config

    config = read_config(folder)
    check_entries(CheckpointReader(folder), config)
