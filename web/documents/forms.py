"""Reads the form of POST /documents: one file, checked for its size alone, and a column."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Request
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge

from documents.document import FILE
from errors import InputError, TooLarge, UnsupportedMedia
from settings import Settings
from web.body import MAX_FIELDS, check_charset
from wording import message

_REMEDY = message("errors.upload_remedy")


class UploadForm(BaseModel):
    """The parts of the form; any other one is refused."""

    file: bytes
    column: str | None = None


@dataclass(frozen=True)
class Upload:
    """The file under the name that it was sent with."""

    name: str
    data: bytes
    column: str | None


def read_upload(request: Request, settings: Settings) -> Upload:
    """The file and the column that a request brings.

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
    texts = UploadForm.model_fields.keys() - {FILE}
    for name in [*(name for name, _ in fields if name not in texts),
                 *(name for name, _ in files if name != FILE)]:  # fmt: skip
        shown = (name or "")[:40]  # a part without a name has None
        raise InputError(
            message("errors.upload_unknown_part", name=shown, remedy=_REMEDY), field=shown
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
    return Upload(name, data, column or None)


def _too_large(settings: Settings) -> TooLarge:
    return TooLarge(
        message("errors.upload_too_large", limit=settings.max_file_bytes, parts=MAX_FIELDS),
        field=FILE,
    )
