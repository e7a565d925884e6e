"""Reads the body of a request into plain fields: urlencoded and multipart forms, and JSON.

Knows what a well-formed body is, not which fields there are.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from errors import InputError, TooLarge, UnsupportedMedia
from models.base import Image
from settings import Settings
from validation import field_error, has_surrogate
from web.images import read_image
from wording import message

_QUOTED = re.compile(rb"%([0-9A-Fa-f]{2})")
MAX_FIELDS = 50  # a form has twenty; more is an attack on the parser


def read_body(request: Request, settings: Settings) -> tuple[dict[str, Any], Image | None]:
    """The fields by name, and the picture where a form has one; blank fields are left out.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    check_charset(request)
    try:
        if request.mimetype != "multipart/form-data":
            _limit_to_text(request)
        if request.mimetype == "application/x-www-form-urlencoded":
            return _urlencoded(request.get_data(cache=False)), None
        if request.mimetype == "multipart/form-data":
            return _multipart(request, settings)
        if request.mimetype == "application/json":
            value = parse_json(request.get_data(cache=False))
            if "image" in value:
                raise InputError(message("errors.web_image_json"), field="image")
            return value, None
    except RequestEntityTooLarge as error:
        raise TooLarge(
            message(
                "errors.web_form_too_large", limit=request.max_content_length, parts=MAX_FIELDS
            ),
            field="user_input",
        ) from error
    raise UnsupportedMedia(
        message("errors.web_content_type_form", type=request.mimetype[:80]),
        field="Content-Type",
    )


def _limit_to_text(request: Request) -> None:
    """Bytes of a body that holds text alone; a picture needs more."""
    if request.max_form_memory_size is not None:
        request.max_content_length = request.max_form_memory_size


def read_json(request: Request, field: str, *, large: bool = False) -> dict[str, Any]:
    """The body of a route that takes nothing but JSON.

    A form of another site's page could be sent without asking; this type makes the browser ask.
    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415); `field` is named where the
    body as a whole is wrong. A body that is not `large` is at most as long as a text may be.
    """
    check_charset(request)
    if not large:
        _limit_to_text(request)
    if request.mimetype != "application/json":
        raise UnsupportedMedia(
            message("errors.web_content_type_json", type=request.mimetype[:80]),
            field="Content-Type",
        )
    try:
        return parse_json(request.get_data(cache=False), field)
    except RequestEntityTooLarge as error:
        raise TooLarge(
            message("errors.web_body_too_large", limit=request.max_content_length),
            field=field,
        ) from error


def check_charset(request: Request) -> None:
    """UnsupportedMedia for a body that is not plain UTF-8."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8") or request.content_encoding:
        raise UnsupportedMedia(
            message("errors.web_charset"),
            field="Content-Type",
        )


def _urlencoded(body: bytes) -> dict[str, Any]:
    if body.count(b"&") >= MAX_FIELDS:
        raise InputError(message("errors.web_too_many_fields", limit=MAX_FIELDS))
    try:
        pairs = [_unquoted(part) for part in body.split(b"&") if part]
    except UnicodeDecodeError as error:
        raise InputError(message("errors.web_form_not_utf8"), field="user_input") from error
    return _once(pairs)


def _unquoted(part: bytes) -> tuple[str, str]:
    """Name and value. urllib's way takes eighty bytes for each that is quoted."""
    name, _, value = part.replace(b"+", b" ").partition(b"=")
    name, value = (_QUOTED.sub(_unquote_byte, one) for one in (name, value))
    return name.decode("utf-8"), value.decode("utf-8")


def _unquote_byte(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode("ascii"))


def _multipart(request: Request, settings: Settings) -> tuple[dict[str, Any], Image | None]:
    # Werkzeug's name of a part without one is None.
    pairs = [(name or "", value) for name, values in request.form.lists() for value in values]
    for name, value in pairs:
        if "\ufffd" in value:  # what the form parser puts in place of bytes it cannot decode
            raise InputError(
                message("errors.web_field_not_utf8", name=name[:40]),
                field=name[:40],
            )
    for name in request.files:
        if name != "image":
            shown = (name or "")[:40]
            raise InputError(message("errors.web_file_field", name=shown), field=shown)
    uploads = [file for file in request.files.getlist("image") if _was_chosen(file)]
    if len(uploads) > 1:
        raise InputError(message("errors.web_one_image"), field="image")
    image = read_image(uploads[0].stream, settings.max_image_bytes) if uploads else None
    return _once(pairs), image


def _was_chosen(file: FileStorage) -> bool:
    """False for what a browser sends where no file was chosen: a part without name and content."""
    if file.filename:
        return True
    begins = file.stream.read(1)
    file.stream.seek(0)
    return bool(begins)


def _once(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A dict of the pairs without the blank ones, but for the text itself."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise InputError(message("errors.web_field_twice", name=name[:40]), field=name[:40])
        fields[name] = value
    return {name: value for name, value in fields.items() if value or name == "user_input"}


def parse_json(body: bytes, field: str = "user_input") -> dict[str, Any]:
    """A JSON object without doubled names, NaN or half characters.

    InputError names `field` where the body as a whole is wrong.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_pairs_once
        )
    except UnicodeDecodeError as error:
        raise InputError(message("errors.web_json_not_utf8"), field=field) from error
    except RecursionError as error:
        raise InputError(message("errors.web_json_depth")) from error
    except ValueError as error:
        raise InputError(message("errors.web_body_not_json", reason=error.args[0])) from error
    if not isinstance(value, dict):
        raise InputError(message("errors.web_json_no_object", field=field))
    _check_surrogates(value, field)
    return value


def _pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(message("errors.web_json_name_twice"))
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(message("errors.web_json_number", name=name))


def _check_surrogates(value: dict[str, Any], field: str) -> None:
    """JSON can spell halves of characters; no text has them and no engine takes them."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:  # writing needs a little more depth than reading
        raise InputError(message("errors.web_json_depth")) from error
    except UnicodeEncodeError as error:
        for name, part in value.items():
            if has_surrogate(json.dumps(part, ensure_ascii=False)):
                field = name
        raise field_error(field, message("errors.lone_surrogate")) from error
