"""POST /documents: the text of a file, for whoever wants to send it on as `user_input`."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Request, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from documents.document import FILE
from documents.reading import read
from errors import InputError, TooLarge, UnsupportedMedia
from settings import Settings
from web.body import MAX_FIELDS, check_charset
from web.language import language
from web.services import services
from wording import localised, message

FORM_OVERHEAD = 10_000  # bytes of a form beside the file: boundaries, the column
_REMEDY = message("errors.upload_remedy")

blueprint = Blueprint("documents", __name__)


@dataclass(frozen=True)
class _Upload:
    name: str
    data: bytes
    column: str | None


@blueprint.post("/documents")
def documents() -> Response:
    """The text of the file in the body; it is not kept."""
    settings = services().settings
    request.max_content_length = settings.max_file_bytes + FORM_OVERHEAD
    upload = _read_upload(request, settings)
    document = services().runner.run(lambda: read(upload.name, upload.data, upload.column))
    found = document.to_json()
    if document.warnings:
        lang = language(request)
        found["warnings"] = [localised(warning, lang) for warning in document.warnings]
    return jsonify(name=upload.name, **found)


def _read_upload(request: Request, settings: Settings) -> _Upload:
    """The file of a form, checked for its size alone.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    check_charset(request)
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMedia(
            message("errors.web_content_type_multipart", type=request.mimetype[:80]),
            field="Content-Type",
        )
    try:
        fields = list(request.form.items(multi=True))
        files = list(request.files.items(multi=True))
    except RequestEntityTooLarge as error:
        raise _too_large(settings) from error
    for name in [*(name for name, _ in fields if name != "column"),
                 *(name for name, _ in files if name != FILE)]:  # fmt: skip
        raise InputError(
            message("errors.upload_unknown_part", name=name[:40], remedy=_REMEDY), field=name[:40]
        )
    if len(files) != 1 or len(fields) > 1:
        raise InputError(
            message("errors.upload_count", files=len(files), fields=len(fields), remedy=_REMEDY),
            field=FILE,
        )
    [(_, file)] = files
    data = file.stream.read(settings.max_file_bytes + 1)
    if len(data) > settings.max_file_bytes:
        raise _too_large(settings)
    # Some programs send the path of the file along.
    name = (file.filename or "").rpartition("/")[2][:255]
    column = fields[0][1].strip() if fields else ""
    return _Upload(name, data, column or None)


def _too_large(settings: Settings) -> TooLarge:
    return TooLarge(
        message("errors.upload_too_large", limit=settings.max_file_bytes, parts=MAX_FIELDS),
        field=FILE,
    )
