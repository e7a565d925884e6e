"""Row 12: keys are in no log, page, answer or database, whatever goes wrong."""

from __future__ import annotations

import base64
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from pydantic import SecretStr

from log_lines import JsonLines, TextLines
from redaction import INSTEAD, redacted, secrets_of
from settings import Settings
from tests.models.chatgpt.scripted_server import Reply, ScriptedServer, answer, failure
from tests.robustness.server import served

OURS = "canary-of-kex-0123456789"
SECOND = "canary-of-a-second-client"
THEIRS = "sk-canary-of-the-service-0123"
CANARIES = (OURS, SECOND, THEIRS)


def ask(url: str, path: str, key: str | None, body: bytes | None, **headers: str) -> str:
    """All that comes back: status, headers and body."""
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return f"{response.status} {response.headers} {response.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.headers} {error.read().decode()}"


def requests(url: str) -> Iterator[tuple[str, str]]:
    """A name and what comes back, through success, failure and refusal."""
    hello = {"user_input": "Hi", "prompt_type": "Chat", "model_type": "ChatGpt"}
    begun = ask(url, "/conversations", OURS, b"{}", **{"Content-Type": "application/json"})
    hello["conversation"] = json.loads(begun[begun.index("{") :])["id"]
    chat = urlencode(hello).encode()
    for accept in ("*/*", "text/event-stream", "text/html"):
        for _ in range(5):  # each reply of the service
            yield f"chat {accept}", ask(url, "/get_response", OURS, chat, Accept=accept)
    yield "stored", ask(url, f"/conversations/{hello['conversation']}", OURS, None)
    for key in (None, "wrong-key-0123456789", OURS, SECOND):
        for path in ("/", "/models", "/metrics", "/openapi.json", "/docs", "/health", "/ready",
                     f"/nowhere/{quote('a b')}", "/v1/models"):  # fmt: skip
            yield f"GET {path}", ask(url, path, key, None)
    login = base64.b64encode(f"ada:{OURS}".encode()).decode()
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {login}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        yield "page", response.read().decode()


def test_no_key_comes_out(tmp_path: Path) -> None:
    echo = {"X-Seen": THEIRS}
    replies = [
        answer("Hello."),
        failure(401, f"Incorrect API key provided: {THEIRS}.", headers=echo),
        failure(400, f"{THEIRS} is not a key"),
        Reply((f"<p>{THEIRS}</p>".encode(),), 502),
        Reply(
            (b"data: {" + THEIRS.encode() + b"\n\n",), headers={"Content-Type": "text/event-stream"}
        ),
    ] * 3
    settings = {
        "KEX_API_KEY": f"{OURS},{SECOND}", "OPENAI_API_KEY": THEIRS, "KEX_LOG_LEVEL": "DEBUG",
        "KEX_STORE": str(tmp_path / "kex.db"), "KEX_OPENAI_RETRIES": "0",
    }  # fmt: skip
    with ScriptedServer(replies) as service:
        with served(OPENAI_BASE_URL=service.url, **settings) as server:
            seen = list(requests(server.url))
            server.process.terminate()
            output = server.process.communicate(timeout=20)[0]
            server.log.seek(0)
            log = server.log.read()
        sent = {one.headers["authorization"] for one in service.seen}
    assert sent == {f"Bearer {THEIRS}"}  # it was used
    assert {text[:3] for _, text in seen} >= {"200", "401", "404", "422", "503"}
    assert "DEBUG" in log
    stored = [path.read_bytes() for path in tmp_path.iterdir()]
    assert stored
    for canary in CANARIES:
        assert canary not in log + output
        assert not [name for name, text in seen if canary in text]
        assert not any(canary.encode() in content for content in stored)


def test_every_secret_of_the_settings_is_known() -> None:
    settings = Settings(
        api_key=SecretStr(f"{OURS},{SECOND}"), openai_api_key=SecretStr(THEIRS),
        replica_key=SecretStr("canary-of-a-replica"),
        base="postgresql://kex:canary%2Fof%20base@localhost/kex",
        embedded_url="http://ada:canary-of-embedded@host:5000",
        openai_base_url="http://ada:canary-of-address@host/v1",
    )  # fmt: skip
    secrets = secrets_of(settings)
    text = (
        f"{settings.base} {settings.embedded_url} {settings.openai_base_url} canary/of base {OURS}"
    )
    text += f" {SECOND} {THEIRS} canary-of-a-replica"
    assert "canary" not in redacted(text, secrets)
    hidden = [
        name
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    ]
    assert hidden == ["api_key", "openai_api_key", "replica_key"]  # give a new one a value above


@pytest.mark.parametrize("lines", [JsonLines, TextLines])
def test_a_log_is_redacted_with_its_arguments_and_traceback(
    lines: type[JsonLines | TextLines],
) -> None:
    formatter = lines(content=True, secrets=[OURS])
    try:
        raise ValueError(f"no {OURS}")
    except ValueError as error:
        record = logging.LogRecord(
            "a", logging.ERROR, "a.py", 1, "%s", (OURS,), (ValueError, error, error.__traceback__)
        )
    text = formatter.format(record)
    assert OURS not in text
    assert text.count(INSTEAD) >= 2


def test_keys_among_the_options_of_an_address_are_secrets() -> None:
    settings = Settings(
        base="postgresql://ada@host/kex?password=canary%2Done&sslmode=require",
        openai_base_url="http://host/v1?api-key=canary-two",
    )
    assert {"canary-one", "canary%2Done", "canary-two"} <= set(secrets_of(settings))
    assert "require" not in secrets_of(settings)


def test_a_secret_is_found_as_json_spells_it() -> None:
    secret = 'a "key" with \\ in it'
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "sent %s", (secret,), None)
    line = JsonLines(content=True, secrets=[secret]).format(record)
    assert json.loads(line)["message"] == f"sent {INSTEAD}"


def test_a_made_up_key_does_not_blot_out_texts() -> None:
    assert redacted("an example", ["x"]) == "an example"
    assert redacted("an example", [""]) == "an example"
