from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from errors import InputError
from settings import Settings, load_settings, unknown_variables
from tests import ROOT


def variables() -> dict[str, object]:
    """Every environment variable that Kex reads, with its default."""
    return {
        str(field.validation_alias or f"KEX_{name.upper()}"): field.default
        for name, field in Settings.model_fields.items()
    }


@pytest.mark.parametrize("page", ["docs/settings.md", "docs/zh/settings.md"])
def test_the_page_lists_each_setting_and_no_other(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    rows = [
        line.split("|")
        for line in text.splitlines()
        if line.startswith(("| `KEX_", "| `OPENAI_", "| `HF_"))
    ]
    listed = {row[1].strip().strip("`"): row[2].strip().strip("`") for row in rows}
    expected = {name: "" if value is None else str(value) for name, value in variables().items()}
    assert listed == {name: value or "–" for name, value in expected.items()}


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_PORT", "8080")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("KEX_EMBEDDED_PATH", "")
    settings = load_settings()
    assert settings.port == 8080
    assert settings.openai_api_key == SecretStr("sk-canary")
    assert settings.embedded_path is None
    assert "sk-canary" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEX_PORT", "many"),
        ("KEX_DEFAULT_MODEL", "GPT"),
        ("KEX_MAX_CHARS", "0"),
        ("KEX_THREADS", "1"),
        ("KEX_MAX_CONCURRENT", "11"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name) as caught:
        load_settings()
    assert caught.value.field == name


def test_the_store_is_a_file_in_the_users_data_folder() -> None:
    assert Settings(store="~/kex.db").store == Path.home() / "kex.db"
    assert variables()["KEX_STORE"] == Path("~/.local/share/kex/kex.db")


@pytest.mark.parametrize("value", ["", "off", "Off "])
def test_the_store_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("KEX_STORE", value)
    assert load_settings().store is None


def test_the_env_file_is_that_of_kex_and_not_of_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEX_MAX_TOKENS=77\n", encoding="utf-8")
    program = "import settings; print(settings.ENV_FILE, settings.load_settings().max_tokens)"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("KEX_")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={**clean, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    file, value = done.stdout.split()
    assert file == str(ROOT / ".env")
    assert value != "77"


def test_an_empty_line_in_the_env_file_turns_the_store_off_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("KEX_STORE=\nKEX_PORT=\n")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    monkeypatch.delenv("KEX_STORE")
    assert load_settings().store is None
    assert load_settings().port == 5000
    monkeypatch.setenv("KEX_STORE", "/elsewhere/kex.db")
    assert load_settings().store == Path("/elsewhere/kex.db")


def test_a_server_of_databases_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_STORE", "postgresql://localhost/kex")
    with pytest.raises(InputError, match="KEX_STORE: must be the path of a file"):
        load_settings()


def test_the_base_is_a_file_or_an_address_and_its_password_is_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings(base="~/b.db").base == str(Path.home() / "b.db")
    monkeypatch.setenv("KEX_BASE", "off")
    assert load_settings().base is None
    monkeypatch.setenv("KEX_BASE", "postgresql://kex:canary@localhost/kex")
    assert load_settings().base == "postgresql://kex:canary@localhost/kex"
    assert "canary" not in repr(load_settings())
    monkeypatch.setenv("KEX_BASE", "mysql://kex:canary@localhost/kex")
    with pytest.raises(InputError, match="KEX_BASE: must be the path of a file") as caught:
        load_settings()
    assert "canary" not in caught.value.message


def test_variables_that_are_no_settings_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KEX_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KEX_PORT", "5001")
    assert unknown_variables() == []
    monkeypatch.setenv("KEX_EMBEDED_PATH", "/tmp/model.gguf")
    monkeypatch.setenv("KEX_XYZ", "1")
    first, second = unknown_variables()
    assert "KEX_EMBEDED_PATH is no setting" in first and "KEX_EMBEDDED_PATH?" in first
    assert "KEX_XYZ is no setting" in second and "docs/settings.md" in second
