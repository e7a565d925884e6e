"""Kex's entry: `create_app` for WSGI servers and tests, and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from models.registry import Registry
    from settings import Settings


def create_app(settings: Settings | None = None, registry: Registry | None = None) -> Flask:
    """The Flask application. Importing or making it loads no model."""
    # Not above: the command line has to be there before they are loaded (cli/start.py).
    from models.registry import Registry
    from settings import load_settings
    from web.application import make_application

    settings = settings or load_settings()
    return make_application(settings, registry or Registry(settings))


if __name__ == "__main__":
    from cli.start import start

    start()
