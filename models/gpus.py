"""Whether the machine has a CUDA card, without loading torch: asks the driver itself."""

from __future__ import annotations

import ctypes
import functools
import sys

from wording import message

_DRIVERS = {"win32": "nvcuda.dll"}


@functools.cache
def count_cards() -> int:
    """CUDA cards that this process may use; 0 where there is no driver."""
    try:
        driver = ctypes.CDLL(_DRIVERS.get(sys.platform, "libcuda.so.1"))
    except OSError:
        return 0
    found = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(found)) != 0:
        return 0
    return found.value


def missing_card(device: str) -> str | None:
    """Why nothing can run on `device` (`cuda`, `cuda:1`, `cpu`), or None."""
    if device == "cpu":
        return None
    number = int(device.partition(":")[2] or 0)
    cards = count_cards()
    if number < cards:
        return None
    return (
        message("errors.gpu_no_such_card", number=number, cards=cards)
        if cards
        else message("errors.gpu_none")
    )
