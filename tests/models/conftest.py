"""Models behind OpenAI's API, closed after each test, and the servers they talk to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from models.chatgpt.model import ChatGpt
from settings import Settings
from tests.models.chatgpt.openai_client import KEY, Build, Play
from tests.models.chatgpt.scripted_server import (
    Reply,
    ScriptedServer,
)


@pytest.fixture
def build() -> Iterator[Build]:
    """Makes models that are closed after the test."""
    models: list[ChatGpt] = []

    def make(url: str | None, key: str | None = KEY, **more: Any) -> ChatGpt:
        secret = None if key is None else SecretStr(key)
        models.append(ChatGpt(Settings(openai_base_url=url, openai_api_key=secret, **more)))
        return models[-1]

    yield make
    for model in models:
        model.close()


@pytest.fixture
def play(build: Build) -> Iterator[Play]:
    """Makes a model and the scripted server that it talks to."""
    servers: list[ScriptedServer] = []

    def make(*replies: Reply, **settings: Any) -> tuple[ChatGpt, ScriptedServer]:
        servers.append(ScriptedServer(replies).__enter__())
        return build(servers[-1].url, **settings), servers[-1]

    yield make
    for server in servers:
        server.__exit__()
