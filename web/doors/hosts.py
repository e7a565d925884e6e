"""Which addresses a server without a key answers to.

A page of another site may give its own name the address of this machine (DNS rebinding); its
browser then takes both for one site. Such requests name a host that is not this server's.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from errors import InputError
from settings import Settings
from wording import message


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach a server that binds `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(settings: Settings) -> None:
    """InputError where other machines would reach a server that wants no key."""
    if settings.api_key or settings.allow_no_key or is_loopback(settings.host):
        return
    raise InputError(message("errors.serve_no_key", host=settings.host), field="KEX_HOST")


def is_own(host: str, settings: Settings) -> bool:
    """Whether `host`, as the request names it, can be this server's: an IP address, localhost, the
    address that it binds, or one of KEX_HOSTS."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # "[" and the like
        return False
    if name == "localhost" or name in (settings.host.lower(), *settings.host_names):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
