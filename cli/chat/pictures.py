"""A picture that a person names on the terminal: a path, as typed or dropped there, or a URL."""

from __future__ import annotations

import http.client
import urllib.request
from pathlib import Path

from errors import InputError
from models.base import Image
from web.images import read_image
from wording import message

URL_SECONDS = 30.0


def open_picture(place: str, max_bytes: int) -> Image:
    """The picture at `place`; InputError says what is wrong with it.

    A terminal puts quotes around a path that is dropped on it.
    """
    place = place.strip()
    if len(place) > 1 and place[0] == place[-1] and place[0] in "'\"":
        place = place[1:-1]
    try:
        if place.lower().startswith(("http://", "https://")):
            # The scheme is checked above, and the address is the user's own.
            with urllib.request.urlopen(place, timeout=URL_SECONDS) as response:  # noqa: S310
                return read_image(response, max_bytes)
        with Path(place).expanduser().open("rb") as file:
            return read_image(file, max_bytes)
    except InputError as error:
        raise type(error)(
            message("errors.located", place=place, reason=error.message), field="image"
        ) from error
    except (OSError, ValueError, RuntimeError, http.client.HTTPException) as error:
        # RuntimeError: `~nobody`; ValueError: a NUL in the path, a port that is no number.
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            message("errors.cli_image_unreadable", place=place, reason=reason), field="image"
        ) from error
