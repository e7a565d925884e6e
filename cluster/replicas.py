"""Replicas of a model on a cluster of Ray, behind one address: Ray Serve runs Kex's application.

Each replica is a Kex with one model and `KEX_REPLICA` on; Serve gives a request to the one with the
shortest queue, and starts and ends replicas by the length of the queues. For other Kex they are one
`KEX_EMBEDDED_URL` or `KEX_LOCAL_GLM_URL`; OpenAI's route is there as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from cluster.ray_cluster import needs
from models.registry import Registry
from settings import ModelName, Settings
from web.application import make_application

UP_SECONDS = 5.0  # that queues are long before there is another replica
DOWN_SECONDS = 300.0  # that they are short before one ends: to load a model takes its time

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Scale:
    """How many replicas there are: more where each has more than `places` requests."""

    least: int
    most: int
    places: int


class Replica:
    """The application of one replica, as ASGI; `gone` tells it of clients that have left."""

    def __init__(self, name: ModelName, settings: Settings) -> None:
        from a2wsgi import WSGIMiddleware

        self._registry = Registry(settings)
        self._flask = make_application(settings, self._registry)
        wsgi: Any = self._wsgi
        self._asgi: Any = WSGIMiddleware(wsgi, workers=settings.threads)
        self._registry.get(name).load()

    def _wsgi(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        # What waitress would tell: all that works for a request looks at it.
        environ["waitress.client_disconnected"] = environ["asgi.scope"]["kex.gone"].is_set
        return self._flask(environ, start)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._asgi(scope, receive, send)
            return
        gone = threading.Event()
        read = asyncio.Event()

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            if not message.get("more_body"):
                read.set()
            return message

        async def listening() -> None:
            await read.wait()
            while not gone.is_set():
                await receiving()

        listener = asyncio.create_task(listening())
        try:
            await self._asgi({**scope, "kex.gone": gone}, receiving, send)
        finally:
            gone.set()  # also where Serve has cancelled this: its client has left
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener


def run_replicas(name: ModelName, settings: Settings, scale: Scale, host: str, port: int) -> str:
    """Start them in the cluster that was joined, and return their address once one can serve."""
    from ray import serve

    takes = needs(name, settings)
    # Serve is the gate: it counts a request as ended at its last byte, or when its client leaves,
    # and sends the next one while the thread still gives the first one's place back.
    places = 2 * settings.max_concurrent
    own = settings.model_copy(
        update={"replica": True, "default_model": name, "store": None, "base": None,
                "embedded_url": None, "local_glm_url": None,
                "max_concurrent": places, "threads": max(settings.threads, places + 2)}
    )  # fmt: skip
    deployment: Any = serve.deployment(
        name=f"kex-{name}",
        autoscaling_config={
            "min_replicas": scale.least,
            "max_replicas": scale.most,
            "target_ongoing_requests": scale.places,
            "upscale_delay_s": UP_SECONDS,
            "downscale_delay_s": DOWN_SECONDS,
        },
        max_ongoing_requests=settings.max_concurrent,
        ray_actor_options={"num_cpus": takes.get("CPU", 0), "num_gpus": takes.get("GPU", 0)},
    )
    ingress: Any = serve.ingress()
    application = deployment(ingress(Deployed)).bind(name, own)
    serve.start(http_options={"host": host, "port": port})
    serve.run(application, name=f"kex-{name}", route_prefix="/")
    return f"http://{host}:{port}"


class Deployed:
    """What Serve makes on a node: the replica, once its model is loaded."""

    def __init__(self, name: ModelName, settings: Settings) -> None:
        self._replica = Replica(name, settings)

    def __serve_build_asgi_app__(self) -> Replica:
        return self._replica
