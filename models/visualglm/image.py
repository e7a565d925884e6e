"""From a picture to the numbers that the eye takes: decode, resize, normalise as CLIP does."""

from __future__ import annotations

import warnings
from io import BytesIO

import PIL.Image
import torch
from PIL import ImageOps
from torch import Tensor

from errors import InputError
from wording import message

MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training pictures, red, green, blue
STD = (0.26862954, 0.26130258, 0.27577711)
MAX_PIXELS = 50_000_000  # decoding takes four bytes each


def decode(data: bytes) -> PIL.Image.Image:
    """The first frame of an encoded picture, upright as its EXIF data says.

    The official code ignores EXIF: a photo held sideways is read sideways there. Raises InputError
    for what is no picture or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            picture = PIL.Image.open(BytesIO(data))
        if picture.width * picture.height > MAX_PIXELS:
            raise InputError(
                message(
                    "errors.image_too_many_pixels",
                    width=picture.width,
                    height=picture.height,
                    limit=MAX_PIXELS,
                ),
                field="image",
            )
        return ImageOps.exif_transpose(picture)
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise InputError(message("errors.image_undecodable"), field="image") from (error)


def resize(picture: PIL.Image.Image, size: int) -> PIL.Image.Image:
    """To `size` × `size` pixels, bicubic; transparency dropped, proportions not kept."""
    return picture.convert("RGB").resize((size, size), PIL.Image.Resampling.BICUBIC)


def preprocess(picture: PIL.Image.Image, size: int) -> Tensor:
    """float32 [3, size, size], each channel (value / 255 − mean) / std."""
    raw = bytearray(resize(picture, size).tobytes())
    pixels = torch.frombuffer(raw, dtype=torch.uint8).view(size, size, 3)
    channels = pixels.permute(2, 0, 1).float() / 255  # [3, size, size]
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return (channels - mean) / std
