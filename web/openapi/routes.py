"""GET /openapi.json: the interface for programs, and GET /docs: the same as a page for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from web import pages
from web.language import language
from web.openapi.document import make_document
from web.openapi.operations import JSON
from web.openapi.schemas import Schema
from web.services import services
from wording import Lang

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """OpenAPI 3.1, with descriptions in the reader's language."""
    return jsonify(_document(language(request)))


@blueprint.get("/docs")
def docs() -> str:
    """What is in the document, without scripts."""
    lang = language(request)
    return render_template(
        "docs.html",
        document=_document(lang),
        here=f"{request.path}?",
        curl=_curl,
        **pages.template_fields(lang),
    )


def _document(lang: Lang) -> Schema:
    """Made once for each language of an application; it takes a tenth of a second."""
    made: dict[Lang, Schema] = current_app.extensions.setdefault("kex.openapi", {})
    if lang not in made:
        made[lang] = make_document(current_app, services().settings, lang)
    return made[lang]


def _curl(path: str, media: str, example: Mapping[str, Any]) -> str:
    """The command that sends the example to this server."""
    url = request.host_url.rstrip("/") + path
    if media == JSON:
        body = shlex.quote(json.dumps(example, ensure_ascii=False))
        return f'curl {url} -H "Content-Type: {JSON}" \\\n  -d {body}'
    fields = (f"--data-urlencode {shlex.quote(f'{name}={one}')}" for name, one in example.items())
    return f"curl {url} \\\n  " + " \\\n  ".join(fields)
