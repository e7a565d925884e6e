"""What a bug report needs to say of the machine and the settings; no secret and no content.

Tests nothing and loads nothing.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from pydantic import SecretStr

from cli.language import say
from models.gpus import count_cards
from settings import VERSION, Settings

ROOT = Path(__file__).parents[len(__name__.split(".")) - 1]
_INSTALLED = __name__.startswith("kex.")
# Instructions that decide which kernels the engines have.
_INSTRUCTIONS = (
    "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8",
    "asimddp", "i8mm", "bf16",
)  # fmt: skip


def kex() -> str:
    """Version, and where it comes from: `0.1.0 (55fad63)`, `0.1.0 (installed)`."""
    if _INSTALLED:
        return f"{VERSION} ({say('doctor_installed')})"
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command
            command, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return VERSION  # a copy without its history, or a machine without git
    return f"{VERSION} ({done.stdout.strip()})"


def python() -> str:
    libc = " ".join(platform.libc_ver()).strip()
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return ", ".join(part for part in (platform.python_version(), system, libc) if part)


def processor() -> str:
    """`AMD EPYC 9B14, 2 cores, avx2 fma avx512f`."""
    name, flags = platform.processor(), set[str]()
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""  # not Linux
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in ("flags", "Features"):
            flags = set(value.split())
    known = " ".join(one for one in _INSTRUCTIONS if one in flags)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [name, say("doctor_cores", count=cores or 1), known]
    if count_cards():
        parts.append(say("doctor_cards", count=count_cards()))
    return ", ".join(part for part in parts if part)


def memory() -> str:
    """Installed and available memory; the latter where the system says."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return f"{total:.1f} GB"
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    if found is None:
        return f"{total:.1f} GB"
    return say("doctor_memory", total=total, available=int(found[1]) * 1024 / 1e9)


def packages() -> dict[str, str]:
    """The packages that Kex depends on and their installed versions; empty if one is missing."""
    return {one.name: _version(one.name) for one in _wanted()}


def wrong_packages() -> list[str]:
    """Those that are missing or of another version than Kex was tested with."""
    return [
        f"{one.name} {_version(one.name) or say('doctor_missing')} ({one.specifier})"
        for one in _wanted()
        if not _version(one.name) or not one.specifier.contains(_version(one.name))
    ]


def _wanted() -> list[Requirement]:
    if _INSTALLED:
        lines: Iterable[str] = metadata.requires("kex") or ()
    else:
        text = (ROOT / "requirements-embedded.txt").read_text(encoding="utf-8")
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
    found = [Requirement(line) for line in lines if line]
    here = {"extra": ""}
    return [one for one in found if one.marker is None or one.marker.evaluate(here)]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def changed_settings(settings: Settings) -> dict[str, str]:
    """The settings that are not the default, by their variables, as they may be shown."""
    plain = Settings.model_construct()
    shown: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        value, default = getattr(settings, name), getattr(plain, name)
        if _plain(value) != _plain(default):
            shown[str(field.validation_alias or f"KEX_{name.upper()}")] = shown_value(value)
    return shown


def hide_home(text: str) -> str:
    """With `~` for the home folder, whose name is often its owner's."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _plain(value: Any) -> Any:
    """Comparable: `~` is the home folder in a default, and spelled out in a setting."""
    return hide_home(str(value)) if isinstance(value, Path | str) else value


def shown_value(value: Any) -> str:
    """Without keys and passwords, and without the name of the user in paths."""
    if isinstance(value, SecretStr):
        return say("doctor_secret")
    if value is None:
        return "off"
    text = _plain(value) if isinstance(value, Path | str) else str(value)
    if "://" not in text:
        return str(text)
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
    except ValueError:  # no valid address: its secret cannot be located
        return say("doctor_secret")


def facts(settings: Settings | None) -> Mapping[str, Any]:
    """All of it by name; `settings` None where they cannot be read."""
    return {
        "kex": kex(),
        "python": python(),
        "processor": processor(),
        "memory": memory(),
        "packages": packages(),
        "settings": {} if settings is None else changed_settings(settings),
    }
