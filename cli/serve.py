"""`kex serve`: the page and the route on a port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.language import locale_language, say
from errors import StoreFailed
from extraction.prompting.messages import warm_prefixes
from log_lines import configure
from models.registry import Registry
from settings import Settings, load_settings, unknown_variables
from web.doors.hosts import check_address
from wording import localised

if TYPE_CHECKING:  # the other commands need no database
    from storage.conversations.lazy import LazyStore


@click.command()
@click.option("--host", help="Address to bind (KEX_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (KEX_PORT); 0 takes a free one.")
def serve_command(host: str | None, port: int | None) -> None:
    """Serve the page and POST /get_response."""
    settings = load_settings()
    changes = {"host": host, "port": port}
    settings = settings.model_copy(update={k: v for k, v in changes.items() if v is not None})
    check_address(settings)
    configure(settings)
    registry = Registry(settings)
    _load_default(settings, registry)  # beside the imports, which take as long
    from web.application import make_application  # Flask and waitress only where they serve
    from web.server import serve
    from web.services import services_of

    app = make_application(settings, registry)
    services = services_of(app)
    store = services.conversations
    try:
        serve(app, settings, lambda url: _announce(url, settings, registry, store), registry.close)
    finally:
        registry.close()
        store.close()
        services.knowledge_base.close()
    click.echo(say("serve_stopped"))


def _announce(url: str, settings: Settings, registry: Registry, store: LazyStore) -> None:
    """Say where the page is, and what it lacks."""
    for warning in unknown_variables():
        click.echo(localised(warning, locale_language()), err=True)
    if store.on:
        try:
            store.get()
        except StoreFailed as error:
            click.echo(say("serve_no_store", reason=error.message), err=True)
    state = registry.get(settings.default_model).state()
    if state.status == "unavailable":
        click.echo(
            say("serve_model_unavailable", model=settings.default_model, detail=state.detail),
            err=True,
        )
    click.echo(say("serve_url", url=url))


def _load_default(settings: Settings, registry: Registry) -> None:
    """Begin to load what serves here and is not loaded by the first request."""
    if (
        settings.default_model == "Embedded"
        and settings.embedded_preload
        and settings.embedded_url is None  # where it runs elsewhere, it is loaded there
    ):
        model = registry.get("Embedded")
        if model.state().status == "idle":
            registry.preload("Embedded", warm_prefixes(model.capabilities))
    if settings.glm_preload and registry.get("Local-GLM").state().status == "idle":
        registry.preload("Local-GLM", ())
