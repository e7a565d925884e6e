"""A whole folder of golden vectors, from its checkpoints to its texts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from errors import InputError, KexError
from models.visualglm.config import VisualGLMConfig
from models.visualglm.text.tokenizer import VOCABULARY_FILE, Tokenizer
from verification.golden.cases import Folder
from verification.golden.checkpoints import Checkpoints, check_alike
from verification.golden.decoding import check_forced, check_greedy
from verification.golden.eye import check_eye
from verification.golden.language import check_language
from verification.golden.pictures import Pictures, check_pictures, check_pixels
from verification.golden.processors import check_processors
from verification.golden.quantised import check_quantised
from verification.golden.report import Report
from verification.golden.rotary import check_rotary
from verification.golden.sampled import check_sampled
from verification.golden.shapes import check_shapes, official_config, read_json
from verification.golden.text import check_prompts, check_tokenizer
from verification.golden.vectors import Vectors
from wording import message

MAIN = ""  # the stem of the checkpoints that lm, vision and quant belong to
_KNOWN = ("image", "vision", "lm", "quant", "sampling")


def verify(folder: Path) -> Report:
    """Compare everything that the folder holds.

    Raises InputError for a folder without any vectors.
    """
    if not folder.is_dir() or not any(folder.glob("*.npz")):
        raise InputError(message("errors.verification_no_vectors", folder=folder), field="--golden")
    with _one_thread():
        return _verify(folder)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The networks are tiny: threads would only wait for each other, for minutes on a busy CPU."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _verify(folder: Path) -> Report:
    report = Report()
    checkpoints, pictures = Checkpoints(folder, report), Pictures(folder)
    check_alike(checkpoints, report)
    files = {path.stem: path for path in sorted(folder.glob("*.npz"))}
    for name in _KNOWN:
        if name not in files:
            report.remark(f"No {name}.npz.")
    vectors = {name: Vectors(path, report) for name, path in files.items()}
    _check_main(folder, vectors, checkpoints, pictures)
    for name, own in vectors.items():
        if name not in _KNOWN and checkpoints.has(name):
            _check_language_file(folder, Folder(own, checkpoints, name, None), pictures)
    check_shapes(folder, checkpoints, report)
    _check_texts(folder, report)
    return report


def _check_main(
    folder: Path, vectors: dict[str, Vectors], checkpoints: Checkpoints, pictures: Pictures
) -> None:
    if "image" in vectors:
        check_pictures(vectors["image"], pictures)
    seen = None
    if "vision" in vectors:
        check_eye(vectors["vision"], checkpoints, MAIN, pictures)
        seen = vectors["vision"].get("pixel_values")
    if "sampling" in vectors:
        check_processors(vectors["sampling"])
    cases = Folder(vectors["lm"], checkpoints, MAIN, seen) if "lm" in vectors else None
    if checkpoints.has(MAIN):
        if cases is not None:
            _check_language_file(folder, cases, pictures)
        if "quant" in vectors:
            check_quantised(Folder(vectors["quant"], checkpoints, MAIN, seen), cases)


def _check_language_file(folder: Path, file: Folder, pictures: Pictures) -> None:
    for match in file.vectors.matching(r".+\.pixel_values"):
        check_pixels(file.vectors, match[0], pictures)
    check_language(file)
    check_forced(file)
    check_greedy(file)
    check_sampled(file, folder)
    check_rotary(file)


def _check_texts(folder: Path, report: Report) -> None:
    path = folder / VOCABULARY_FILE
    if not path.is_file():
        report.remark(f"No {VOCABULARY_FILE}: tokenizer.json and prompts.json are not checked.")
        return
    try:
        tokenizer = Tokenizer(path)
    except KexError as error:
        report.group(VOCABULARY_FILE, 1, [error.message])
        return
    if (folder / "tokenizer.json").is_file():
        check_tokenizer(read_json(folder / "tokenizer.json"), tokenizer, report)
    else:
        report.remark("No tokenizer.json.")
    if (folder / "prompts.json").is_file():
        config = official_config(folder) or VisualGLMConfig()
        raw = read_json(folder / "prompts.json")
        check_prompts(raw, tokenizer, config.image_length, report)
    else:
        report.remark("No prompts.json.")
