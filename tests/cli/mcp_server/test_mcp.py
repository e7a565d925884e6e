"""`app.py mcp`, asked by the SDK's own client over the pipes of a real process."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("mcp", reason="pip install -r requirements-mcp.txt")

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from storage.knowledge_base.base import Base
from tests import EMPTY_CACHE, ROOT
from tests.cli.mcp_server.scripted_mcp import NOISE
from tests.corpus.service import Service
from tests.storage.knowledge_base.arrivals import entities, triples

APP = ["app.py", "mcp"]
SCRIPTED = ["-m", "tests.cli.mcp_server.scripted_mcp"]
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def environment(**more: str) -> dict[str, str]:
    return {
        "KEX_STORE": "off",
        "KEX_BASE": "off",
        "KEX_CACHE_DIR": str(EMPTY_CACHE),
        "LANG": "C",
    } | more


def ask(
    arguments: list[str], env: dict[str, str], talk: Callable[[Client], Awaitable[None]]
) -> None:
    """Run the server, and the talk with it."""

    async def run() -> None:
        server = StdioServerParameters(
            command=sys.executable, args=arguments, env=env, cwd=str(ROOT)
        )
        with anyio.fail_after(100):
            async with Client(server) as client:
                await talk(client)

    anyio.run(run)


def answer(result: CallToolResult) -> Any:
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]  # a text
    return result.structured_content


def complaint(result: CallToolResult) -> str:
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]  # a text


@pytest.fixture
def base(tmp_path: Path) -> str:
    path = str(tmp_path / "base.db")
    made = Base(path)
    text = "鲁迅出生于绍兴。"
    arrivals = [
        triples("a", text, ("鲁迅", "出生地", "绍兴")),
        entities("b", text, {"人物": ["鲁迅"]}),
    ]
    list(made.take_in(arrivals))
    made.close()
    return path


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.mark.parametrize("page", ["docs/mcp.md", "docs/zh/mcp.md"])
def test_the_lines_to_paste_start_it_from_any_folder(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    [lines] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    lines = lines.replace("/path/to/kex/.venv/bin/python", sys.executable)
    pasted = json.loads(lines.replace("/path/to/kex", str(ROOT)))["mcpServers"]["kex"]

    async def talk(client: Client) -> None:
        tools = (await client.list_tools()).tools
        listed = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", text, re.MULTILINE)
        told = {name: set(re.findall(r"`([a-z_]+)`", taken)) for name, taken in listed}
        assert told == {tool.name: set(tool.input_schema["properties"]) for tool in tools}

    async def run() -> None:
        server = StdioServerParameters(
            command=pasted["command"],
            args=pasted["args"],
            env=environment(**pasted["env"]),
            cwd=str(tmp_path),
        )
        with anyio.fail_after(100):
            async with Client(server) as client:
                await talk(client)

    anyio.run(run)


def test_the_tools_tell_a_model_what_they_take() -> None:
    async def talk(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == {"extract", "find_entity", "entity", "around", "sources"}
        for tool in tools.values():
            assert tool.description
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
        given = tools["extract"].input_schema
        assert given["required"] == ["text"]
        assert given["properties"]["prompt_type"]["enum"] == ["KE1", "KE2", "KE3"]
        assert "context" not in given["properties"]

    ask(APP, environment(), talk)


def test_extraction_by_a_service(service: Service) -> None:
    env = environment(
        KEX_DEFAULT_MODEL="ChatGpt", OPENAI_API_KEY="sk-canary", OPENAI_BASE_URL=service.url
    )

    async def talk(client: Client) -> None:
        text = "Ann 12 lives in Leeds."
        found = answer(await client.call_tool("extract", {"text": text}))
        [triple] = found["knowledge"]["triples"]
        head = triple["head"]
        assert text[head["start"] : head["end"]] == "Ann 12"
        assert found["model"] == "ChatGpt"
        typed = {"text": text, "prompt_type": "KE2", "schema": ["person"]}
        assert answer(await client.call_tool("extract", typed))["knowledge"]["entities"]

    ask(APP, env, talk)


def test_the_knowledge_base(base: str) -> None:
    async def talk(client: Client) -> None:
        found = answer(await client.call_tool("find_entity", {"name": "鲁迅"}))
        identity = {"id": found["entities"][0]["id"]}
        card = answer(await client.call_tool("entity", identity))
        assert card["triples"][0]["tail"]["name"] == "绍兴"
        near = answer(await client.call_tool("around", {**identity, "depth": 2}))
        assert near["whole"] is True
        listed = answer(await client.call_tool("sources", {"limit": 1}))
        assert listed["next"]
        rest = answer(await client.call_tool("sources", {"limit": 1, "after": listed["next"]}))
        ids = {one["id"] for one in (*listed["sources"], *rest["sources"])}
        assert ids == {"a", "b"}
        source = answer(await client.call_tool("sources", {"id": "a"}))
        assert source["text"] == "鲁迅出生于绍兴。"

    ask(APP, environment(KEX_BASE=base), talk)


def test_what_is_wrong_is_said(base: str) -> None:
    async def talk(client: Client) -> None:
        said = complaint(await client.call_tool("entity", {"id": "999"}))
        assert "999" in said
        said = complaint(await client.call_tool("extract", {"text": "Ann lives in Leeds."}))
        assert "OPENAI" in said
        said = complaint(await client.call_tool("extract", {"text": "a" * 51}))
        assert said.endswith(
            "The text has 51 characters and the limit is 50: send it in parts, or raise "
            "KEX_MAX_CHARS."
        )
        assert "around" in complaint(await client.call_tool("around", {"id": "1", "depth": 9}))

    env = environment(KEX_BASE=base, KEX_DEFAULT_MODEL="ChatGpt", KEX_MAX_CHARS="50")
    ask(APP, env, talk)


def test_without_a_base_a_model_reads_how_to_make_one() -> None:
    async def talk(client: Client) -> None:
        assert "KEX_BASE" in complaint(await client.call_tool("find_entity", {"name": "a"}))

    ask(APP, environment(), talk)


def test_progress_is_told_and_a_cancelled_call_stops_the_model(tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    told: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)

    async def talk(client: Client) -> None:
        sent = {"text": "Ann lives in Leeds."}
        found = answer(await client.call_tool("extract", sent, progress_callback=note))
        assert len(found["knowledge"]["triples"]) == 1
        with anyio.move_on_after(2):
            await client.call_tool("extract", {"text": "SLOW: Ann lives in Leeds."})
            raise AssertionError("it is answered after a minute")
        with anyio.fail_after(10):
            while not stopped.exists():
                await anyio.sleep(0.05)

    ask([*SCRIPTED, str(stopped)], environment(PYTHONPATH=str(ROOT)), talk)
    assert told


def test_nothing_but_the_protocol_is_on_standard_output(tmp_path: Path) -> None:
    call = {"name": "extract", "arguments": {"text": "Ann lives in Leeds."}}
    messages = [
        HELLO,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    with subprocess.Popen(
        [sys.executable, *SCRIPTED, str(tmp_path / "stopped")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(PYTHONPATH=str(ROOT)), cwd=ROOT, text=True,
    ) as server:  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        for one in messages:
            server.stdin.write(json.dumps(one) + "\n")
        server.stdin.flush()
        lines = [server.stdout.readline() for _ in range(2)]
        server.stdin.close()
        rest, errors = server.stdout.read(), server.stderr.read()
    assert server.returncode == 0
    assert [json.loads(line)["id"] for line in lines] == [1, 2]
    assert rest == ""
    assert errors.count(NOISE) == 2


def test_ctrl_c_ends_it_soon() -> None:
    with subprocess.Popen(
        [sys.executable, *APP], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(), cwd=ROOT, text=True,
    ) as server:  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(HELLO) + "\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "kex"
        server.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert server.wait(10) == 130
        assert time.monotonic() - began < 4


def test_a_missing_sdk_is_named() -> None:
    code = "import sys; sys.modules['mcp'] = None\nfrom cli.main import main; main(['mcp'])"
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, env=environment(PYTHONPATH=str(ROOT)), cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "pip install -r requirements-mcp.txt" in done.stderr
    assert done.stdout == ""
