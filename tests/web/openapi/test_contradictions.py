"""Schemathesis sends what the document allows and what it forbids, and checks the answers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.config import SchemathesisConfig

from app import create_app
from models.base import GenerateRequest
from models.registry import Registry
from settings import Settings
from storage.knowledge_base.base import Base
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.storage.knowledge_base.arrivals import triples
from web.services import services_of

EXAMPLES = 20  # requests for each operation, beside those that cover each limit of a schema
REFUSED = (400, 404, 405, 409, 413, 415, 422, 503)
ANSWERS = {
    "triples": '{"triples":[]}',
    "facts": '{"entities":[]}',
}


def script(request: GenerateRequest) -> list[str]:
    """An empty answer in the form that is asked for."""
    form = str(request.json_schema or "")
    return [next((said for name, said in ANSWERS.items() if name in form), "{}")]


# Schemathesis makes a test of each operation when the tests are collected, before any fixture.
FOLDER = tempfile.TemporaryDirectory(prefix="kex-openapi-")
SETTINGS = Settings(
    cache_dir=EMPTY_CACHE,
    store=Path(FOLDER.name) / "kex.db",
    base=str(Path(FOLDER.name) / "base.db"),
)
APP = create_app(SETTINGS, Registry(SETTINGS, {"Embedded": ScriptedModel(script)}))
schema = schemathesis.openapi.from_wsgi(
    "/openapi.json",
    APP,
    config=SchemathesisConfig.from_dict(
        {
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "checks": {
                # No schema says that offsets fit a text, or that `after` is an answer's `next`.
                "positive_data_acceptance": {"enabled": False},
                # 413 is not among its own.
                "negative_data_rejection": {"expected-statuses": [*REFUSED]},
            },
        }
    ),
)


@pytest.fixture(scope="module", autouse=True)
def stores() -> Iterator[None]:
    """A base with a source; both databases are closed and removed at the end."""
    base = Base(str(SETTINGS.base))
    list(base.take_in([triples("a", "鲁迅出生于绍兴。", ("鲁迅", "出生地", "绍兴"))]))
    base.close()
    yield
    services_of(APP).conversations.close()
    services_of(APP).knowledge_base.close()
    FOLDER.cleanup()


@schema.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_the_document_says(case: schemathesis.Case[Any]) -> None:
    # Schemathesis 4.30, of Python 3.10, makes forms that are a number, and cannot send them.
    assume(case.media_type != "multipart/form-data" or not isinstance(case.body, int | float))
    answer = case.call()
    assert answer.status_code < 500
    case.validate_response(answer)
