"""A model for another Kex (`models.remote`), where KEX_REPLICA is on: requests in, chunks out.

Each line of an answer is a chunk as JSON; the last one is its end, or an `error`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from errors import KexError, NoKey
from extraction.prompting.messages import warm_prefixes
from models.base import Finish, Model
from models.remote.protocol import VERSION, read_request, write_capabilities, write_chunk
from settings import ModelName
from web.answering import client_gone, find_model
from web.body import read_json
from web.form import Form, validate
from web.services import services
from wording import message

blueprint = Blueprint("replica", __name__, url_prefix="/v1/replica")


class _ModelFields(Form):
    model: ModelName


class _Texts(_ModelFields):
    texts: Annotated[list[str], Field(max_length=100_000)]


class _Generate(_ModelFields):
    request: dict[str, Any]


@blueprint.before_request
def check_key() -> None:
    """Where KEX_REPLICA_KEY is set, whoever asks has to know it."""
    key = services().settings.replica_key
    if key is None:
        return
    key_sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(key_sent.encode(), key.get_secret_value().encode()):
        raise NoKey(message("errors.replica_key"), field="KEX_REPLICA_KEY")


@blueprint.post("/model")
def describe() -> Response:
    """What the model can do, and whether it can now."""
    model = _model(validate(_ModelFields, _body()).model)
    state = asdict(model.state())
    return jsonify(version=VERSION, capabilities=write_capabilities(model.capabilities), **state)


@blueprint.post("/load")
def load() -> Response:
    """Begin to load the model; `describe` tells when it is."""
    name = validate(_ModelFields, _body()).model
    registry = services().registry
    model = registry.get(name)
    if model.state().status == "idle":
        registry.preload(name, warm_prefixes(model.capabilities))
    return jsonify(asdict(model.state()))


@blueprint.post("/count")
def count() -> Response:
    """The tokens of each text, null where the model cannot tell."""
    fields = validate(_Texts, _body())
    return jsonify(counts=_model(fields.model).count_tokens(fields.texts))


@blueprint.post("/generate")
def generate() -> Response:
    """The model's answer, chunk by chunk; closed when the client has gone."""
    fields = validate(_Generate, _body())
    generate_request = read_request(fields.request)
    model = find_model(fields.model)
    metrics = services().metrics

    def lines() -> Iterator[str]:
        try:
            with closing(model.generate(generate_request)) as chunks:
                for chunk in chunks:
                    if isinstance(chunk, Finish):
                        metrics.count_tokens(model.name, chunk.usage)
                    yield json.dumps(write_chunk(chunk), ensure_ascii=False) + "\n"
        except KexError as error:
            yield _error_line(error)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = services().runner.pieces(
        lines(), client_gone(), "errors.web_generation_timeout", _error_line, model.name
    )
    return Response(stream, content_type="application/jsonl; charset=utf-8", headers=headers)


def _error_line(error: KexError) -> str:
    return json.dumps(error.to_json(), ensure_ascii=False) + "\n"


def _body() -> dict[str, Any]:
    return read_json(request, "model", large=True)


def _model(name: str) -> Model:
    return services().registry.get(name)
