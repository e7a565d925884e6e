"""What the routes work with: one object of each for an application."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from models.registry import Registry
from settings import Settings
from storage.conversations.lazy import LazyStore
from storage.knowledge_base.lazy import LazyBase
from web.figures import Metrics
from web.stream import Runner

_NAME = "kex"


@dataclass(frozen=True)
class Services:
    """`text_bytes` bounds the text fields of a body, `body_bytes` any body, in bytes."""

    settings: Settings
    registry: Registry
    runner: Runner
    metrics: Metrics
    conversations: LazyStore
    knowledge_base: LazyBase
    text_bytes: int
    body_bytes: int


def install(app: Flask, services: Services) -> None:
    app.extensions[_NAME] = services


def services_of(app: Flask) -> Services:
    """Those of an application."""
    services: Services = app.extensions[_NAME]
    return services


def services() -> Services:
    """Those of the application that handles the request."""
    return services_of(current_app)
