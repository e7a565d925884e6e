"""`kex doctor` finds what is broken, names the remedy, and shows no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.doctor import checks as checks_module
from cli.doctor.facts import changed_settings, shown_value
from cli.doctor.samples import samples
from cli.main import main
from settings import Settings
from tests.scripted_model import ScriptedModel

CANARY = "canary7f3a"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KEX_GLM_PATH", str(tmp_path / "glm"))
    monkeypatch.setenv("KEX_PORT", "9")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *words])


def statuses(result: Result) -> dict[str, str]:
    return {one["name"]: one["status"] for one in json.loads(result.stdout)["checks"]}


def detail(result: Result, name: str) -> str:
    (found,) = [one for one in json.loads(result.stdout)["checks"] if one["name"] == name]
    return str(found["detail"])


def test_without_weights_the_readers_work_and_the_model_has_its_remedy() -> None:
    result = run("--format", "json")
    assert result.exit_code == 1
    found = statuses(result)
    for ending in ("txt", "csv", "pdf", "docx"):
        assert found[f"file .{ending}"] == "ok"
    assert found["Embedded"] == "failed" and "models get Embedded" in detail(result, "Embedded")
    assert found["ChatGpt"] == found["Local-GLM"] == "skipped"
    assert found["KEX_STORE"] == found["KEX_BASE"] == found["server"] == "skipped"
    report = json.loads(result.stdout)
    assert report["kex"].startswith("0.") and report["packages"]["flask"]
    assert report["settings"]["KEX_PORT"] == "9"


def test_the_model_that_serves_is_tried(smollm2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without knowledge: it runs, and the doctor says that it finds nothing useful."""
    monkeypatch.setenv("KEX_EMBEDDED_PATH", str(smollm2))
    monkeypatch.setenv("KEX_EMBEDDED_CONTEXT", "8192")
    result = run()
    (line,) = [one for one in result.stdout.splitlines() if "] Embedded" in one]
    assert line.startswith(("[ok]", "[warning]")), result.stdout
    assert "llama.cpp" in line  # the engine, and why it is not Kex's own
    assert result.exit_code == 0
    assert "Settings: KEX_PORT=9" in result.stdout or "KEX_PORT=9" in result.stdout


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"sk-{CANARY}")
    monkeypatch.setenv("KEX_REPLICA_KEY", CANARY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://ann:{CANARY}@127.0.0.1:9/v1?key={CANARY}")
    monkeypatch.setenv("KEX_BASE", f"postgresql://ann:{CANARY}@127.0.0.1:9/kex?password={CANARY}")
    monkeypatch.setenv("KEX_EMBEDDED_URL", f"http://ann:{CANARY}@127.0.0.1:9")
    for words in ((), ("--format", "json"), ("--all",)):
        result = run(*words)
        assert CANARY not in result.output
        assert "127.0.0.1:9" in result.output  # the address itself is what helps
    text = run().stdout
    assert "OPENAI_API_KEY=(set)" in text and "OPENAI_BASE_URL=http://127.0.0.1:9/v1" in text


def test_addresses_and_paths_are_shown_without_names() -> None:
    assert shown_value(Path.home() / "kex.db") == "~/kex.db"
    assert shown_value(f"http://u:{CANARY}@[::1") == "(set)"
    settings = Settings(store=Path.home() / ".local/share/kex/kex.db", base="~/b")
    assert changed_settings(settings) == {
        "KEX_BASE": "~/b", "KEX_CACHE_DIR": str(settings.cache_dir),
        "KEX_PORT": "9", "KEX_GLM_PATH": str(settings.glm_path),
    }  # fmt: skip


def test_a_wrong_setting_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_PORT", "many")
    result = run("--format", "json")
    assert result.exit_code == 1
    assert statuses(result) == {"settings": "failed"}
    assert "KEX_PORT" in detail(result, "settings")


def test_a_damaged_database_and_an_unwritable_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = tmp_path / "kex.db"
    store.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    monkeypatch.setenv("KEX_STORE", str(store))
    monkeypatch.setenv("KEX_CACHE_DIR", "/proc/cache")
    monkeypatch.setenv("KEX_BASE", str(tmp_path / "none.db"))
    result = run("--format", "json")
    found = statuses(result)
    assert found["KEX_STORE"] == "failed" and "restore" in detail(result, "KEX_STORE")
    assert found["KEX_BASE"] == "skipped" and "base import" in detail(result, "KEX_BASE")
    assert store.read_bytes().endswith(b"\xff" * 5000)


def test_a_part_that_breaks_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ScriptedModel):
        def state(self) -> None:  # type: ignore[override]
            raise KeyError("inside")

    monkeypatch.setattr("models.registry.FACTORIES", {"Embedded": lambda _: Broken()})
    monkeypatch.setattr(checks_module, "NAMES", ("Embedded",))
    data = {"sample.txt": (b"other", None, "text")}
    monkeypatch.setattr(checks_module, "samples", lambda: data)
    result = run("--format", "json")
    assert statuses(result)["file .txt"] == "failed"
    assert "'other'" in detail(result, "file .txt")
    assert "KeyError: 'inside'" in detail(result, "Embedded")


def test_every_kind_of_file_has_a_sample() -> None:
    from documents.reading import ENDINGS

    covered = {"." + name.rpartition(".")[2] for name in samples()}
    assert set(ENDINGS) - covered == {".md", ".tsv"}  # read as .txt and .csv are
