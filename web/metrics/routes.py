"""GET /metrics, and the count of every request."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from web.services import services

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """All figures in Prometheus's text format."""
    return Response(services().metrics.text(), content_type=CONTENT_TYPE_LATEST)


def register(app: Flask) -> None:
    """Count every request of the application."""
    app.after_request(_count)


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else None
    services().metrics.count_request(request.method, route, response.status_code)
    return response
