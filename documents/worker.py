"""The process that opens a PDF or Word file: `python -m documents.worker KIND SECONDS`.

The file comes on stdin, the answer goes to stdout as JSON: {"document": …} or
{"error": [code, text, key, values]}. What the file makes of its reader stays in here: bounded in
memory and time, with no setting of Kex.
"""

from __future__ import annotations

import importlib
import json
import logging
import resource
import sys
import traceback
from dataclasses import asdict
from typing import Any

from documents.document import FILE
from errors import KexError, TooLarge, UnreadableDocument
from wording import Message, message

MAX_MEMORY = 800_000_000  # bytes of address space; Linux keeps to it, macOS does not
# By name, so that a PDF's process does not import what Word files need.
READERS = {"pdf": (".pdf.reader", "read_pdf"), "docx": (".word", "read_word")}


def main(kind: str, seconds: int) -> None:
    """Read one file."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU, then SIGKILL
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()  # readers quote the file in their warnings
    json.dump(_answer(kind, sys.stdin.buffer.read()), sys.stdout)


def _answer(kind: str, data: bytes) -> dict[str, Any]:
    module, function = READERS[kind]
    read = getattr(importlib.import_module(module, __package__), function)
    try:
        return {"document": asdict(read(data))}
    except KexError as error:
        return _failed(error)
    except MemoryError:
        return _failed(
            TooLarge(
                message("errors.documents_memory"),
                field=FILE,
            )
        )
    except Exception as error:  # a damaged file may raise anything in its reader
        where = traceback.extract_tb(error.__traceback__)[-1]
        sys.stderr.write(f"{type(error).__name__} at {where.filename}:{where.lineno}\n")
        return _failed(
            UnreadableDocument(
                message("errors.documents_damaged", kind=type(error).__name__),
                field=FILE,
            )
        )


def _failed(error: KexError) -> dict[str, Any]:
    text = error.message
    key, values = (text.key, dict(text.values)) if isinstance(text, Message) else (None, {})
    return {"error": [error.code, text, key, values]}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
