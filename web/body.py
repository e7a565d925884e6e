"""Reads the body of a request into plain fields: urlencoded and multipart forms, and JSON.

Knows what a well-formed body is, not which fields there are.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from errors import InputError, TooLarge, UnsupportedMedia
from models.base import Image
from settings import Settings
from validation import field_error, has_surrogate
from web.images import read_image
from wording import message

MAX_FIELDS = 50  # a form has twenty; more is an attack on the parser
# A form that carries bytes which are no UTF-8 is refused, not repaired.
_NOT_UTF8 = "{} is not valid UTF-8: send the text encoded in UTF-8."


def read_body(request: Request, settings: Settings) -> tuple[dict[str, Any], Image | None]:
    """The fields by name, and the picture where a form has one; blank fields are left out.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    check_charset(request)
    try:
        if request.mimetype == "application/x-www-form-urlencoded":
            return _urlencoded(request.get_data(cache=False)), None
        if request.mimetype == "multipart/form-data":
            return _multipart(request, settings)
        if request.mimetype == "application/json":
            value = parse_json(request.get_data(cache=False))
            if "image" in value:
                raise InputError(
                    "image is a file part of a multipart form, not a JSON field.", field="image"
                )
            return value, None
    except RequestEntityTooLarge as error:
        raise TooLarge(
            f"The request is larger than {request.max_content_length:,} bytes or has more than "
            f"{MAX_FIELDS} parts: send less.",
            field="user_input",
        ) from error
    raise UnsupportedMedia(
        f"Content-Type {request.mimetype[:80]!r} is not read here: use "
        "application/x-www-form-urlencoded, multipart/form-data or application/json.",
        field="Content-Type",
    )


def read_json(request: Request, field: str) -> dict[str, Any]:
    """The body of a route that takes nothing but JSON.

    A form of another site's page could be sent without asking; this type makes the browser ask.
    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415); `field` is named where the
    body as a whole is wrong.
    """
    check_charset(request)
    if request.mimetype != "application/json":
        raise UnsupportedMedia(
            f"Content-Type {request.mimetype[:80]!r} is not read here: use application/json.",
            field="Content-Type",
        )
    try:
        return parse_json(request.get_data(cache=False), field)
    except RequestEntityTooLarge as error:
        raise TooLarge(
            f"The request is larger than {request.max_content_length:,} bytes: send less.",
            field=field,
        ) from error


def check_charset(request: Request) -> None:
    """UnsupportedMedia for a body that is not plain UTF-8."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8") or request.content_encoding:
        raise UnsupportedMedia(
            "The body must be plain UTF-8: no other charset, no Content-Encoding.",
            field="Content-Type",
        )


def _urlencoded(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeDecodeError as error:
        raise InputError(_NOT_UTF8.format("The form"), field="user_input") from error
    except ValueError as error:
        raise InputError(f"The form has more than {MAX_FIELDS} fields.") from error
    return _once(pairs)


def _multipart(request: Request, settings: Settings) -> tuple[dict[str, Any], Image | None]:
    pairs = [(name, value) for name, values in request.form.lists() for value in values]
    for name, value in pairs:
        if "\ufffd" in value:  # what the form parser puts in place of bytes it cannot decode
            raise InputError(
                f"{name[:40]} holds bytes that are not UTF-8, or the replacement character "
                "U+FFFD: send the text encoded in UTF-8, without it.",
                field=name[:40],
            )
    for name in request.files:
        if name != "image":
            raise InputError(
                f"{name[:40]!r} is no file field: only `image` takes a file.", field=name[:40]
            )
    uploads = [file for file in request.files.getlist("image") if _was_chosen(file)]
    if len(uploads) > 1:
        raise InputError("image was sent more than once: send one picture.", field="image")
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
            raise InputError(f"{name[:40]} was sent more than once.", field=name[:40])
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
        raise InputError(_NOT_UTF8.format("The JSON"), field=field) from error
    except RecursionError as error:
        raise InputError("The JSON is nested too deep.") from error
    except ValueError as error:
        raise InputError(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f'The JSON must be an object, such as {{"{field}": …}}.')
    _check_surrogates(value, field)
    return value


def _pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _check_surrogates(value: dict[str, Any], field: str) -> None:
    """JSON can spell halves of characters; no text has them and no engine takes them."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        for name, part in value.items():
            if has_surrogate(json.dumps(part, ensure_ascii=False)):
                field = name
        raise field_error(field, message("errors.lone_surrogate")) from error
