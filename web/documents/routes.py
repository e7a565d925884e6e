"""POST /documents: the text of a file, for whoever wants to send it on as `user_input`."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from documents.reading import read
from web.documents.forms import read_upload
from web.language import language
from web.services import services
from wording import localised

FORM_OVERHEAD = 10_000  # bytes of a form beside the file: boundaries, the column

blueprint = Blueprint("documents", __name__)


@blueprint.post("/documents")
def documents() -> Response:
    """The text of the file in the body; it is not kept."""
    settings = services().settings
    request.max_content_length = settings.max_file_bytes + FORM_OVERHEAD
    upload = read_upload(request, settings)
    document = services().runner.run(lambda: read(upload.name, upload.data, upload.column))
    found = document.to_json()
    if document.warnings:
        lang = language(request)
        found["warnings"] = [localised(warning, lang) for warning in document.warnings]
    return jsonify(name=upload.name, **found)
