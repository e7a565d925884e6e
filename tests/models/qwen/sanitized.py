"""Runs the tiny network over a library with sanitizers: `python -m tests.models.qwen.sanitized`.

Arguments: the library and an empty folder. In a process of its own: the sanitizer has to be there
before Python, and ends the process at the first fault.
"""

from __future__ import annotations

import sys
from pathlib import Path

from models.qwen.gguf import read_gguf
from models.qwen.library import load
from models.qwen.network import Network, Token
from models.qwen.weights import tiles_of
from tests.models.qwen.tiny import tiny_adapter, tiny_qwen


def main(library_path: Path, folder: Path) -> None:
    library = load(library_path)
    gguf = read_gguf(tiny_qwen(folder / "tiny.gguf"))
    tiles = tiles_of(gguf, library, None, "tiny", 2)
    network = Network(gguf, tiles, library, context=300, sequences=2, threads=2)
    network.add_adapter(0, tiny_adapter(folder / "adapter.gguf"))
    for count, adapter in ((1, -1), (network.max_batch, 0), (7, 0)):
        batch = [Token(at % 200, at, at % 2, adapter, wanted=True) for at in range(count)]
        network.forward(batch)
    network.copy(0, 1, 300)
    network.forward([Token(5, 299, 1, wanted=True)])
    network.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
