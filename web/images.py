"""Checks an uploaded picture before anything decodes it; its bytes are passed on as they came."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import IO

import PIL.Image

from errors import InputError, TooLarge
from models.base import Image
from wording import message

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
# Pillow's name for a JPEG with more pictures after the first one, as many phones write it.
MEDIA_TYPES = {**FORMATS, "MPO": "image/jpeg"}
MAX_PIXELS = 50_000_000  # a 10,000 × 10,000 PNG of 1 MB takes 780 MB to decode


def read_image(stream: IO[bytes], max_bytes: int) -> Image:
    """A PNG, JPEG or WebP of at most `max_bytes` bytes and MAX_PIXELS pixels, by its header."""
    data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise TooLarge(message("errors.image_too_large", limit=max_bytes), field="image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            with PIL.Image.open(BytesIO(data), formats=list(FORMATS)) as picture:
                width, height = picture.size
                media_type = MEDIA_TYPES[picture.format or ""]
    except (OSError, PIL.Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(message("errors.image_unreadable"), field="image") from error
    if width * height > MAX_PIXELS:
        raise InputError(
            message("errors.image_too_many_pixels", width=width, height=height, limit=MAX_PIXELS),
            field="image",
        )
    return Image(data, media_type)
