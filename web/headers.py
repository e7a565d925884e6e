"""Security headers on every answer, and no work for pages of other sites."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Request, Response, request

from errors import CrossSite
from wording import message

HEADERS = {
    "Content-Security-Policy": (
        # blob: for pictures that the page shows before they are sent
        "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app: Flask) -> None:
    """Install both."""
    app.before_request(_refuse_cross_site)
    app.after_request(_add_headers)


def _refuse_cross_site() -> None:
    """Browsers say where a post comes from; curl and scripts say nothing and pass."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("cross-site", "same-site") or (site is None and _foreign_origin(request)):
        raise CrossSite(message("errors.web_cross_site"))


def _foreign_origin(request: Request) -> bool:
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != request.host
    except ValueError:  # no address at all
        return True


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
