"""The self-tests of `kex doctor`: each says ok, warning, failed or skipped, and what to do."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from cli.doctor.facts import hide_home, wrong_packages
from cli.doctor.samples import TEXT, samples
from cli.language import locale_language, say
from documents.reading import read
from errors import KexError
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from models.base import Model
from models.embedded.model import Embedded
from models.registry import NAMES, Registry
from settings import Settings, unknown_variables
from wording import localised

Status = Literal["ok", "warning", "failed", "skipped"]

LOW_SPACE = 1e9  # bytes; a backup or a download would soon fail
_SERVER_SECONDS = 3.0


@dataclass(frozen=True)
class Check:
    """`detail` is one sentence; where something is wrong, it or a second one says what to do."""

    name: str
    status: Status
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "status": self.status, "detail": self.detail}


def checks(settings: Settings, registry: Registry, *, thorough: bool) -> Iterator[Check]:
    """One after the other, so that a slow one is seen coming.

    `thorough` also asks the service behind `ChatGpt`, which may charge for it, and loads
    `Local-GLM`.
    """
    work: list[tuple[str, Callable[[], Check]]] = [
        ("packages", _packages),
        ("settings", _settings),
        ("KEX_CACHE_DIR", partial(_folder, "KEX_CACHE_DIR", settings.cache_dir)),
        ("KEX_STORE", partial(_conversations, settings.store)),
        ("KEX_BASE", partial(_base, settings.base)),
        ("server", partial(_server, settings)),
    ]
    for name in samples():
        title = say("doctor_reader", ending=name.rpartition(".")[2])
        work.append((title, partial(_reader, title, name)))
    for name in reversed(NAMES):
        work.append((name, partial(_model, registry, settings, name, thorough)))
    for name, check in work:
        try:
            found = check()
        except KexError as error:  # its message has the remedy
            found = Check(name, "failed", localised(error.message, locale_language()))
        except Exception as error:  # a broken part must not keep the others from being tested
            detail = say("doctor_unexpected", kind=type(error).__name__, reason=str(error))
            found = Check(name, "failed", detail)
        yield replace(found, detail=hide_home(found.detail))


def _packages() -> Check:
    wrong = wrong_packages()
    if wrong:
        return Check("packages", "warning", say("doctor_packages", names=", ".join(wrong)))
    return Check("packages", "ok")


def _settings() -> Check:
    unknown = [localised(one, locale_language()) for one in unknown_variables()]
    return Check("settings", "warning" if unknown else "ok", " ".join(unknown))


def _folder(name: str, folder: Path) -> Check:
    """Whether files can be made there, and whether its disk has room."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Check(name, "failed", say("doctor_unwritable", path=nearest, setting=name))
    free = shutil.disk_usage(nearest).free
    detail = say("doctor_free", path=folder, free=free / 1e9)
    if free < LOW_SPACE:
        return Check(name, "warning", f"{detail} {say('doctor_low_space', setting=name)}")
    return Check(name, "ok", detail)


def _conversations(path: Path | None) -> Check:
    if path is None:
        return Check("KEX_STORE", "skipped", say("doctor_off"))
    if not path.exists():
        return _folder("KEX_STORE", path.parent)
    from storage.conversations.migrations import KIND
    from storage.database.sqlite import check

    check(path, KIND)
    writable = _folder("KEX_STORE", path.parent)
    size = say("doctor_database", path=path, size=path.stat().st_size)
    return Check("KEX_STORE", writable.status, size if writable.status == "ok" else writable.detail)


def _base(address: str | None) -> Check:
    if address is None:
        return Check("KEX_BASE", "skipped", say("doctor_off"))
    from storage.database.sqlite import check
    from storage.knowledge_base.base import Base
    from storage.knowledge_base.database import KIND

    if "://" not in address:
        path = Path(address)
        if not path.exists():
            return Check("KEX_BASE", "skipped", say("doctor_no_base"))
        check(path, KIND)
        size = say("doctor_database", path=path, size=path.stat().st_size)
        return Check("KEX_BASE", "ok", size)
    base = Base(address)
    try:
        return Check("KEX_BASE", "ok", say("doctor_sources", count=base.status().sources))
    finally:
        base.close()


def _server(settings: Settings) -> Check:
    """What answers at KEX_HOST and KEX_PORT, if anything does."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # asks, binds nothing
    place = f"{host}:{settings.port}"
    connection = http.client.HTTPConnection(host, settings.port, timeout=_SERVER_SECONDS)
    try:
        connection.request("GET", "/ready")
        response = connection.getresponse()
        if response.getheader("Server") != "kex":
            return Check("server", "warning", say("doctor_other_server", place=place))
        state = json.loads(response.read())
    except ConnectionRefusedError:
        return Check("server", "skipped", say("doctor_no_server", place=place))
    except (OSError, http.client.HTTPException, ValueError):
        return Check("server", "warning", say("doctor_silent_server", place=place))
    finally:
        connection.close()
    status: Status = "ok" if response.status == 200 else "warning"
    told = say("doctor_server", place=place, model=state["model"], status=state["status"])
    return Check("server", status, f"{told} {state['detail']}".rstrip())


def _reader(title: str, name: str) -> Check:
    data, column, wanted = samples()[name]
    started = time.monotonic()
    text = read(name, data, column).text
    if text != wanted:
        return Check(title, "failed", say("doctor_wrong_text", found=repr(text)))
    return Check(title, "ok", f"{time.monotonic() - started:.1f} s")


def _model(registry: Registry, settings: Settings, name: str, thorough: bool) -> Check:
    """Asks the model for the triples of a sentence."""
    model = registry.get(name)
    state = model.state()
    detail = localised(state.detail, locale_language())
    if state.status == "unavailable":
        needed = name == settings.default_model
        return Check(name, "failed" if needed else "skipped", detail)
    if name != "Embedded" and not thorough:
        return Check(name, "skipped", f"{detail} {say('doctor_use_all')}".strip())
    started = time.monotonic()
    model.load()
    loaded = time.monotonic()
    task = make_task("KE1", TEXT, lang="en", max_tokens=min(256, settings.max_tokens))
    *_, answer = extract(task, model)
    assert isinstance(answer, Answer)  # noqa: S101  # its last event
    told = say(
        "doctor_model",
        engine=localised(model.state().detail, locale_language()) or name,
        loading=loaded - started,
        answering=time.monotonic() - loaded,
        tokens=answer.usage.completion_tokens or 0,
    )
    if answer.items:
        return Check(name, "ok", told)
    why = say("doctor_other_weights" if _is_foreign(model, settings) else "doctor_empty_answer")
    return Check(name, "warning", f"{told} {why}")


def _is_foreign(model: Model, settings: Settings) -> bool:
    return isinstance(model, Embedded) and settings.embedded_path is not None
