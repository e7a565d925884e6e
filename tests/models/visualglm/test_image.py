"""Pictures: transparency, orientation, size, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib

import PIL.Image
import pytest
import torch

from errors import InputError
from models.visualglm.image import MAX_PIXELS, MEAN, STD, decode, preprocess, resize


def encoded(picture: PIL.Image.Image, form: str = "PNG", **more: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **more)
    return buffer.getvalue()


def test_each_channel_is_normalised() -> None:
    found = preprocess(PIL.Image.new("RGB", (30, 20), (255, 0, 102)), 28)
    assert found.shape == (3, 28, 28) and found.dtype == torch.float32
    for channel, value in enumerate((1.0, 0.0, 0.4)):
        wanted = (value - MEAN[channel]) / STD[channel]
        assert torch.allclose(found[channel], torch.full((28, 28), wanted), atol=1e-5)


def test_transparency_is_dropped_not_blended() -> None:
    clear = PIL.Image.new("RGBA", (9, 9), (200, 10, 30, 0))
    assert torch.equal(preprocess(clear, 14), preprocess(clear.convert("RGB"), 14))
    assert resize(clear, 14).getpixel((7, 7)) == (200, 10, 30)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "CMYK", "I;16"])
def test_every_mode_becomes_three_channels(mode: str) -> None:
    assert preprocess(PIL.Image.new(mode, (8, 8)), 14).shape == (3, 14, 14)


def test_proportions_are_not_kept() -> None:
    wide = PIL.Image.linear_gradient("L").rotate(90).resize((300, 20))
    assert resize(wide, 28).size == (28, 28)


def test_a_photo_stands_upright() -> None:
    picture = PIL.Image.new("RGB", (40, 20))
    picture.paste((255, 255, 255), (0, 0, 20, 20))  # the left half is white
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    found = decode(encoded(picture, "JPEG", exif=exif, quality=95))
    assert found.size == (20, 40)
    pixels = preprocess(found, 28)
    assert float(pixels[0, 3].mean()) > 1 > 0 > float(pixels[0, -3].mean())  # white is above


def test_the_first_frame_counts() -> None:
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    found = decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert resize(found, 8).getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("data", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="cannot be decoded") as caught:
        decode(data)
    assert caught.value.field == "image"


def test_a_torn_picture_is_refused() -> None:
    whole = encoded(PIL.Image.effect_noise((64, 64), 50))
    with pytest.raises(InputError, match="cannot be decoded"):
        decode(whole[: len(whole) // 2])


@pytest.mark.parametrize("side", [8_000, 60_000])
def test_a_bomb_is_refused_unread(side: int) -> None:
    """A PNG of a few bytes that says it has more pixels than memory has room for."""
    assert side * side > MAX_PIXELS
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n"
    for kind, body in parts:
        png += struct.pack(">I", len(body)) + kind + body
        png += struct.pack(">I", zlib.crc32(kind + body))
    with pytest.raises(InputError):
        decode(png)
