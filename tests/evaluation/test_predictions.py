from __future__ import annotations

from pathlib import Path

import pytest

from errors import InputError
from evaluation.predictions import FILE, Predictions
from folders import claim
from tests.evaluation.rows import predicted, row


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    first = predicted(row(tmp_path, "KE1", []), pred=(("a", "r", "b"), ("", "", "")))
    with Predictions(tmp_path) as written:
        written.add(first)
        assert (tmp_path / FILE).read_bytes().endswith(b"}\n")  # before it is closed
    with Predictions(tmp_path) as written:
        assert written.get("a", "f") == first
        assert written.get("a", "other settings") is None
        written.add(first.model_copy(update={"seconds": 9.0}))
    with Predictions(tmp_path) as written:
        again = written.get("a", "f")
        assert again is not None and again.seconds == 9.0


def test_half_a_line_goes(tmp_path: Path) -> None:
    first = predicted(row(tmp_path, "KE2", {}), pred={"PER": ("a",)})
    with Predictions(tmp_path) as written:
        written.add(first)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + whole[: len(whole) // 2])
    with Predictions(tmp_path) as written:
        assert written.get("a", "f") == first
    assert (tmp_path / FILE).read_bytes() == whole


def test_a_line_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 1 is not a prediction"):
        Predictions(tmp_path)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with claim(folder):
        with pytest.raises(InputError, match="Another run"), claim(folder):
            pass
    with claim(folder):
        assert folder.is_dir()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be created"), claim(tmp_path / "file" / "folder"):
        pass
