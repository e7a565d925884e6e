"""Bodies of requests: what is well formed, what is refused, and which field the error names."""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from errors import InputError, KexError, TooLarge, UnsupportedMedia
from models.base import Image
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import FORM, multipart, picture, post
from web.body import MAX_FIELDS, parse_json, read_body, read_json

JSON = "application/json"
TEXT = "鲁迅生于绍兴。"
Part = tuple[str, str | None, bytes]


@pytest.fixture
def settings() -> Settings:
    return Settings(cache_dir=EMPTY_CACHE, max_image_bytes=2000)


@pytest.fixture
def app(settings: Settings) -> Flask:
    """Flask alone, with limits that a test can reach."""
    app = Flask("body")
    app.config["MAX_CONTENT_LENGTH"] = 5000
    app.config["MAX_FORM_MEMORY_SIZE"] = 3000
    app.config["MAX_FORM_PARTS"] = MAX_FIELDS
    return app


@pytest.fixture
def client(serving: Serving) -> FlaskClient:
    return serving.app.test_client()


def read(
    app: Flask, settings: Settings, body: bytes, content_type: str, **headers: str
) -> tuple[dict[str, Any], Image | None]:
    with app.test_request_context(
        method="POST", data=body, content_type=content_type, headers=headers
    ):
        return read_body(request, settings)


def refused(
    app: Flask, settings: Settings, body: bytes, content_type: str, **headers: str
) -> KexError:
    with pytest.raises(InputError) as caught:
        read(app, settings, body, content_type, **headers)
    return caught.value


# Python reads numbers of so many digits before 3.10.7: then the field is too large.
LONG = None if hasattr(sys, "get_int_max_str_digits") else "turn"
BAD: list[tuple[str, bytes, str, int, str | None]] = [
    ("twice", b"user_input=a&user_input=b", FORM, 400, "user_input"),
    ("twice blank", b"user_input=a&user_input=", FORM, 400, "user_input"),
    ("bytes", b"user_input=\xff\xfe", FORM, 400, "user_input"),
    ("percent", b"user_input=%ff", FORM, 400, "user_input"),
    ("percent surrogate", b"user_input=%ed%a0%80", FORM, 400, "user_input"),
    ("huge", b"user_input=" + b"a" * 12_000_000, FORM, 413, "user_input"),
    ("fields", b"&".join(b"f%d=1" % i for i in range(60)), FORM, 400, None),
    ("media", b"hello", "text/plain", 415, "Content-Type"),
    ("no media", b"hello", "", 415, "Content-Type"),
    ("no json", b"{", JSON, 400, None),
    ("nothing", b"", JSON, 400, None),
    ("no object", b"[]", JSON, 400, None),
    ("null", b"null", JSON, 400, None),
    ("two objects", b'{"user_input": "a"} {}', JSON, 400, None),
    ("json nan", b'{"user_input": "a", "temperature": NaN}', JSON, 400, None),
    ("json infinity", b'{"user_input": "a", "temperature": -Infinity}', JSON, 400, None),
    ("json overflow", b'{"user_input": "a", "temperature": 1e999}', JSON, 400, "temperature"),
    ("json long number", b'{"user_input": "a", "turn": ' + b"9" * 5000 + b"}", JSON, 400, LONG),
    ("json bytes", b'{"user_input": "\xff"}', JSON, 400, "user_input"),
    ("json utf-16", '{"user_input": "a"}'.encode("utf-16"), JSON, 400, "user_input"),
    ("surrogate", b'{"user_input": "\\ud800"}', JSON, 400, "user_input"),
    ("surrogate key", b'{"\\ud800": 1, "user_input": ""}', JSON, 400, "user_input"),
    ("inner surrogate", b'{"user_input": "a", "schema": ["\\udc00"]}', JSON, 400, "schema"),
    ("json twice", b'{"user_input": "a", "user_input": "b"}', JSON, 400, None),
    ("inner twice", b'{"user_input": "a", "schema": {"b": 1, "b": 2}}', JSON, 400, None),
    ("charset", b"user_input=a", FORM + "; charset=gbk", 415, "Content-Type"),
    ("deep", b'{"user_input": ' + b"[" * 200_000, JSON, 400, None),
    ("url", b'{"user_input": "a", "image": "http://x"}', JSON, 400, "image"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "media", "status", "field"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_bodies(
    serving: Serving,
    scripted: ScriptedModel,
    body: bytes,
    media: str,
    status: int,
    field: str | None,
) -> None:
    got, answer, _ = post(serving.url, body, media)
    assert got == status
    assert set(answer["error"]) == {"code", "message", "field"}
    assert answer["error"]["field"] == field
    assert len(answer["error"]["message"]) > 15
    assert scripted.requests == []


def _depth_that_is_read() -> int:
    """The deepest JSON that this Python reads: since 3.12 the limit of recursion is another."""
    least, most = 1, 200_000
    while most - least > 1:
        depth = (least + most) // 2
        try:
            json.loads("[" * depth + "]" * depth)
            least = depth
        except RecursionError:
            most = depth
    return least


@pytest.mark.parametrize("path", ["/get_response", "/tokenize", "/export"])
def test_no_depth_of_json_is_an_error_of_the_server(client: FlaskClient, path: str) -> None:
    """Reading and writing JSON reach the limit of recursion at different depths."""
    limit = _depth_that_is_read()
    for depth in range(limit - 60, limit + 5):
        body = f'{{"user_input": {"[" * depth}{"]" * depth}}}'
        response = client.post(path, data=body, content_type=JSON)
        assert response.status_code == 400, depth
    assert "nested too deeply" in response.get_json()["error"]["message"]


def test_a_form_is_read_as_it_was_sent(app: Flask, settings: Settings) -> None:
    fields = {"user_input": TEXT + " &=+%\n😀", "schema": "出生地"}
    expected = (fields, None)
    assert read(app, settings, urlencode(fields).encode(), FORM) == expected
    assert read(app, settings, json.dumps(fields).encode(), JSON) == expected
    assert read(app, settings, json.dumps(fields, ensure_ascii=False).encode(), JSON) == expected
    parts: list[Part] = [(name, None, value.encode()) for name, value in fields.items()]
    assert read(app, settings, *multipart(parts)) == expected


def test_blank_fields_are_left_out_except_the_text(app: Flask, settings: Settings) -> None:
    assert read(app, settings, b"user_input=&schema=&lang=zh", FORM)[0] == {
        "user_input": "",
        "lang": "zh",
    }
    parts: list[Part] = [("user_input", None, b""), ("schema", None, b"")]
    assert read(app, settings, *multipart(parts))[0] == {"user_input": ""}
    assert read(app, settings, b'{"schema": ""}', JSON)[0] == {"schema": ""}


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_utf8_may_be_named(app: Flask, settings: Settings, charset: str) -> None:
    for body, media in ((b"user_input=a", FORM), (b'{"user_input": "a"}', JSON)):
        assert read(app, settings, body, f"{media}; charset={charset}")[0] == {"user_input": "a"}


@pytest.mark.parametrize("media", [FORM, JSON, "multipart/form-data; boundary=xx"])
def test_other_encodings_are_refused(app: Flask, settings: Settings, media: str) -> None:
    for content_type, headers in (
        (f"{media}; charset=latin-1", {}),
        (media, {"Content-Encoding": "gzip"}),
    ):
        error = refused(app, settings, b"user_input=a", content_type, **headers)
        assert isinstance(error, UnsupportedMedia)
        assert error.field == "Content-Type"


def test_a_mark_of_utf8_before_json_is_skipped() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": "\xe9\xb2\x81"}') == {"a": "鲁"}


def test_whole_characters_in_two_escapes_are_read() -> None:
    assert parse_json(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}


@pytest.mark.parametrize("count", [MAX_FIELDS, MAX_FIELDS + 1])
def test_as_many_fields_as_the_limit_says(app: Flask, settings: Settings, count: int) -> None:
    fields = {f"f{number}": "1" for number in range(count)}
    parts: list[Part] = [(name, None, b"1") for name in fields]
    for body, media in ((urlencode(fields).encode(), FORM), multipart(parts)):
        app.config["MAX_CONTENT_LENGTH"] = 1_000_000
        if count == MAX_FIELDS:
            assert read(app, settings, body, media)[0] == fields
        else:
            assert str(MAX_FIELDS) in refused(app, settings, body, media).message


@pytest.mark.parametrize("media", [FORM, JSON])
def test_a_body_over_the_limit(app: Flask, settings: Settings, media: str) -> None:
    """Only a form with parts may have a picture, and so be larger than a text."""
    error = refused(app, settings, b"user_input=" + b"a" * 3000, media)
    assert isinstance(error, TooLarge)
    assert "3,000" in error.message


def test_text_parts_over_the_limit(app: Flask, settings: Settings) -> None:
    """A body may be larger than its text, as a picture needs room."""
    assert read(app, settings, *multipart([("user_input", None, b"a" * 2900)]))
    error = refused(app, settings, *multipart([("user_input", None, b"a" * 3100)]))
    assert isinstance(error, TooLarge)


def test_a_picture_is_part_of_a_multipart_form(app: Flask, settings: Settings) -> None:
    data = picture(8, 8)
    parts: list[Part] = [("user_input", None, b"a"), ("image", "a.png", data)]
    assert read(app, settings, *multipart(parts)) == (
        {"user_input": "a"},
        Image(data, "image/png"),
    )


def test_a_form_of_a_browser_without_a_chosen_file(app: Flask, settings: Settings) -> None:
    parts: list[Part] = [("user_input", None, b"a"), ("image", "", b"")]
    assert read(app, settings, *multipart(parts)) == ({"user_input": "a"}, None)
    # A picture without a name is still a picture.
    parts[1] = ("image", "", picture(8, 8))
    assert read(app, settings, *multipart(parts))[1] == Image(picture(8, 8), "image/png")


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([("user_input", None, b"\xff")], "user_input"),
        ([("user_input", None, TEXT.encode("gbk"))], "user_input"),
        ([("user_input", None, b"a"), ("user_input", None, b"b")], "user_input"),
        ([("user_input", "a.txt", b"a")], "user_input"),
        ([("image", "a.png", picture(8, 8)), ("image", "b.png", picture(8, 8))], "image"),
        ([("image", "a.png", b"")], "image"),
        ([("x" * 100, "a.png", b"")], "x" * 40),
    ],
)
def test_bad_parts(app: Flask, settings: Settings, parts: list[Part], field: str) -> None:
    error = refused(app, settings, *multipart(parts))
    assert (error.status, error.field) == (400, field)


def test_a_route_of_json_alone_reads_nothing_else(app: Flask) -> None:
    for body, media, kind in (
        (b"user_input=a", FORM, UnsupportedMedia),
        (b'{"a": 1}', "text/plain", UnsupportedMedia),
        (b'{"a": 1}', f"{JSON}; charset=gbk", UnsupportedMedia),
        (b'{"a": "' + b"a" * 5000 + b'"}', JSON, TooLarge),
        (b"\xff", JSON, InputError),
    ):
        with (
            app.test_request_context(method="POST", data=body, content_type=media),
            pytest.raises(kind) as caught,
        ):
            read_json(request, "answers")
        assert caught.value.field == ("Content-Type" if kind is UnsupportedMedia else "answers")
    with app.test_request_context(method="POST", data=b'{"a": 1}', content_type=JSON):
        assert read_json(request, "answers") == {"a": 1}
