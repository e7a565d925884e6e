"""Uploaded pictures are checked by their headers alone."""

from __future__ import annotations

import random
import time
from io import BytesIO

import PIL.Image
import pytest

from errors import InputError, KexError, TooLarge
from models.base import Image
from models.visualglm.image import decode
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import multipart, picture, post
from web.images import FORMATS, MAX_PIXELS, read_image

LIMIT = 1_000_000


def read(data: bytes, limit: int = LIMIT) -> Image:
    return read_image(BytesIO(data), limit)


def refused(data: bytes, limit: int = LIMIT) -> KexError:
    with pytest.raises(InputError) as caught:
        read(data, limit)
    assert caught.value.field == "image"
    return caught.value


def phone_picture() -> bytes:
    """A JPEG with a second, smaller picture after the first, as many phones write it."""
    out = BytesIO()
    first, second = PIL.Image.new("RGB", (64, 48)), PIL.Image.new("RGB", (32, 24))
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue()


@pytest.mark.parametrize(("kind", "media_type"), FORMATS.items())
def test_the_bytes_are_passed_on_as_they_came(kind: str, media_type: str) -> None:
    data = picture(8, 8, kind)
    assert read(data) == Image(data, media_type)


def test_a_jpeg_of_a_phone_is_a_jpeg() -> None:
    data = phone_picture()
    assert read(data) == Image(data, "image/jpeg")
    assert decode(data).size == (64, 48)  # the first picture is the one that a model sees


def test_the_content_decides_and_no_name(serving: Serving) -> None:
    parts = [("user_input", None, b"a"), ("image", "a.png", picture(8, 8, "JPEG"))]
    status, body, _ = post(serving.url, *multipart(parts))
    assert (status, body["error"]["field"]) == (422, "image")  # the model reads text only
    parts = [("user_input", None, b"a"), ("image", "a.png", picture(8, 8, "GIF"))]
    assert post(serving.url, *multipart(parts))[0] == 400


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(kind: str) -> None:
    assert "PNG, JPEG or WebP" in refused(picture(16, 16, kind)).message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    ],
)
def test_broken_headers_are_refused(data: bytes) -> None:
    assert refused(data).status == 400


@pytest.mark.parametrize("kind", [*FORMATS, "MPO"])
@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO:UserWarning")
def test_no_damage_of_a_header_is_an_error_of_the_server(kind: str) -> None:
    whole = phone_picture() if kind == "MPO" else picture(40, 40, kind)
    drawn = random.Random(7)
    results = {"read": 0, "refused": 0}
    for length in range(min(len(whole), 200)):
        tried(whole[:length], results)
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(drawn.randint(1, 4)):
            data[drawn.randrange(min(len(data), 200))] = drawn.randrange(256)
        tried(bytes(data), results)
    assert min(results.values()) > 0  # the damage mattered, but not always


def tried(data: bytes, results: dict[str, int]) -> None:
    try:
        read(data)
        results["read"] += 1
    except InputError:
        results["refused"] += 1


def test_the_limit_of_bytes_is_inclusive() -> None:
    data = picture(8, 8)
    assert read(data, len(data)).data == data
    error = refused(data, len(data) - 1)
    assert isinstance(error, TooLarge)
    assert f"{len(data) - 1} bytes" in error.message


def test_the_limit_of_pixels_is_inclusive() -> None:
    assert MAX_PIXELS == 10_000 * 5_000
    assert read(picture(10_000, 5_000)).media_type == "image/png"
    assert "10000 × 5001 pixels" in refused(picture(10_000, 5_001)).message


def test_a_huge_picture_is_refused_by_its_header(serving: Serving) -> None:
    parts = [("user_input", None, b"a"), ("image", "a.png", picture(10_000, 10_000))]
    began = time.monotonic()
    status, body, _ = post(serving.url, *multipart(parts))
    assert (status, body["error"]["field"]) == (400, "image")
    assert time.monotonic() - began < 1  # decoding it would take longer


def test_a_bomb_beyond_pillows_own_limit_is_refused() -> None:
    header = bytearray(picture(8, 8))
    header[16:24] = (2_000_000).to_bytes(4, "big") * 2
    assert refused(bytes(header)).status == 400


def test_a_picture_is_checked_before_the_model(serving: Serving, scripted: ScriptedModel) -> None:
    for data, status in ((picture(8, 8), 422), (picture(8, 8, "BMP"), 400), (b"", 400)):
        parts = [("user_input", None, b"a"), ("image", "a.png", data)]
        got, body, _ = post(serving.url, *multipart(parts))
        assert (got, body["error"]["field"]) == (status, "image")
    assert scripted.requests == []
