"""`kex replicas`: a model on a cluster of Ray, for other Kex to use."""

from __future__ import annotations

import threading

import click

from cli.language import say
from log_lines import configure
from models.registry import NAMES
from settings import ModelName, load_settings


@click.command("replicas")
@click.option("--model", "name", type=click.Choice(NAMES), help="Default: KEX_DEFAULT_MODEL.")
@click.option("--address", help="Where the cluster is (auto, ray://…).  [default: this machine]")
@click.option("--least", type=click.IntRange(1), default=1, show_default=True,
              help="Fewest replicas.")  # fmt: skip
@click.option("--most", type=click.IntRange(1), default=4, show_default=True,
              help="Most replicas.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def replicas_command(
    name: ModelName | None, address: str | None, least: int, most: int, host: str, port: int
) -> None:
    """Serve replicas of a model on a Ray cluster.

    They have one address; long queues start more.

    Other Kex name the address in KEX_EMBEDDED_URL or KEX_LOCAL_GLM_URL. Needs
    requirements-ray.txt. Ends with Ctrl-C.
    """
    if least > most:
        raise click.UsageError(say("replicas_least"))
    settings = load_settings()
    configure(settings)
    from cluster.ray_cluster import joined
    from cluster.replicas import Scale, run_replicas
    from web.doors.hosts import check_address

    check_address(settings.model_copy(update={"host": host}))
    chosen = name or settings.default_model
    slots = {"Embedded": settings.embedded_slots, "Local-GLM": settings.glm_slots}
    with joined(address):
        scale = Scale(least, most, slots.get(chosen, 4))
        url = run_replicas(chosen, settings, scale, host, port)
        click.echo(say("replicas_url", model=chosen, url=url))
        threading.Event().wait()
