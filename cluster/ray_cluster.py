"""A cluster of Ray: joined, and what a model needs of it. Ray itself is an extra."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import InputError
from settings import Settings
from wording import message

ROOT = Path(__file__).parent.parent
REACH_SECONDS = 5.0
# Of the folder that is sent to the nodes: what none of them needs, or what is not of the project.
EXCLUDES = [
    ".git", ".venv", "node_modules", "tests", "docs", "benchmarks", "training", "**/__pycache__"
]  # fmt: skip


@contextmanager
def joined(address: str | None) -> Iterator[None]:
    """In the cluster at `address`; None starts one of this machine alone, which ends with it.

    Raises InputError without Ray, or where no cluster answers.
    """
    try:
        import ray
    except ImportError as error:
        raise InputError(message("errors.cluster_ray_missing"), field="engine") from error
    try:
        _reach(address)
        ray.init(
            address=address,
            log_to_driver=False,
            include_dashboard=False if address is None else None,
            runtime_env={"working_dir": str(ROOT), "excludes": EXCLUDES},
            namespace="kex",
            logging_level=logging.ERROR,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            message("errors.cluster_no_address", reason=str(error)), field="address"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def needs(model: str, settings: Settings) -> dict[str, float]:
    """What one actor with this model takes of the cluster: CPU, GPU."""
    if model == "Local-GLM" and settings.glm_device.startswith("cuda"):
        return {"GPU": 1.0}
    if model == "Embedded":
        return {"CPU": float(settings.embedded_threads or 2)}
    return {"CPU": 1.0}


def _reach(address: str | None) -> None:
    """Raises OSError where nothing listens: Ray itself would try for minutes."""
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdigit() and "//" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()
