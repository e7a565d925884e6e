"""Documents that are files of a folder and the folders in it; `documents/` reads them later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from corpus.inputs.entry import MAX_ID, Entry, is_special
from documents.reading import ENDINGS
from wording import message

READ = tuple(ending for ending in ENDINGS if ending not in (".csv", ".tsv"))


class FolderInput:
    """Every file but hidden ones, by name; its id is its path in the folder.

    Pipes, sockets and devices are broken documents: nobody knows when they end.
    """

    def __init__(self, folder: Path, out: Path) -> None:
        self._folder = folder
        self._out = out.resolve()
        self.size = sum(1 for _ in self._files())

    def __iter__(self) -> Iterator[Entry]:
        for at, file in enumerate(self._files(), start=1):
            # A name may hold bytes that are no characters.
            name = os.fsencode(file.relative_to(self._folder).as_posix())
            id_ = name.decode("utf-8", "backslashreplace")
            if len(id_) > MAX_ID:
                yield Entry(
                    f"file {at}", at, error=message("errors.corpus_path_too_long", limit=MAX_ID)
                )
            elif is_special(file):
                yield Entry(id_, at, error=message("errors.corpus_no_regular_file"))
            elif file.suffix.lower() in READ:
                yield Entry(id_, at, file=file)
            else:
                ending = file.suffix[:20]
                key = "errors.corpus_type" if ending else "errors.corpus_no_ending"
                error = message(key, ending=ending, endings=", ".join(READ))
                yield Entry(id_, at, error=error)

    def _files(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self._folder):
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".") and Path(folder, name).resolve() != self._out
            )
            yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))
