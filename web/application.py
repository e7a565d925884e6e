"""Puts the HTTP edge together: routes, errors, headers, limits."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from models.registry import Registry
from settings import Settings
from storage.conversations.lazy import LazyStore
from storage.knowledge_base.lazy import LazyBase
from web import errors, headers, pages
from web.body import MAX_FIELDS
from web.conversations import routes as conversations
from web.documents import routes as documents
from web.doors import checks
from web.extract import routes as extract
from web.extract import token_routes
from web.figures import Metrics
from web.knowledge_base import routes as knowledge_base
from web.logs import requests
from web.metrics import routes as metrics
from web.openai import routes as openai
from web.openai.forms import body_limit as openai_body_limit
from web.openapi import routes as openapi
from web.replica import routes as replica
from web.services import Services, install
from web.stream import Runner

ROOT = Path(__file__).parent.parent

FORM_OVERHEAD = 1_000_000  # bytes of a body beside text and image: examples, schema, boundaries
BYTES_PER_CHAR = 12  # an astral character is four bytes in UTF-8, each three in a form


class _Json(DefaultJSONProvider):
    ensure_ascii = False  # curl shows Chinese as Chinese
    sort_keys = False


def make_application(settings: Settings, registry: Registry) -> Flask:
    """A Flask application; loads no model."""
    app = Flask(
        "kex",
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
        static_url_path="/static",
    )
    text_bytes = settings.max_chars * BYTES_PER_CHAR + FORM_OVERHEAD
    app.config["MAX_CONTENT_LENGTH"] = text_bytes + settings.max_image_bytes
    # Werkzeug's own limit for a form's text fields; ours on the text says more.
    app.config["MAX_FORM_MEMORY_SIZE"] = text_bytes
    app.config["MAX_FORM_PARTS"] = MAX_FIELDS
    app.json = _Json(app)
    runner = Runner(settings.max_concurrent, settings.request_timeout)
    services = Services(
        settings=settings,
        registry=registry,
        runner=runner,
        metrics=Metrics(runner.gates, registry),
        conversations=LazyStore(settings.store),
        knowledge_base=LazyBase(settings.base),
        text_bytes=text_bytes,
        body_bytes=max(
            openai_body_limit(settings, text_bytes),
            settings.max_file_bytes + documents.FORM_OVERHEAD,
        ),
    )
    install(app, services)
    for resource in (
        extract, token_routes, knowledge_base, conversations, documents, openai, openapi, metrics
    ):  # fmt: skip
        app.register_blueprint(resource.blueprint)
    if settings.replica:
        app.register_blueprint(replica.blueprint)
    requests.register(app)
    errors.register(app)
    headers.register(app)
    checks.register(app, settings)
    pages.register(app)
    metrics.register(app)
    return app
