"""POST /tokenize: how many tokens a text has for a model, said before it is sent."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from errors import TooLarge
from settings import ModelName
from web.body import read_json
from web.form import Form, validate
from web.services import services
from wording import message

blueprint = Blueprint("tokens", __name__)


class TokenizeForm(Form):
    user_input: str
    model_type: ModelName | None = None


@blueprint.post("/tokenize")
def tokenize() -> Response:
    """By the model's own tokenizer; null while it is not loaded, or keeps that to itself.

    `context` is how many tokens a question and its answer may have together, null if unknown.
    """
    settings = services().settings
    fields = validate(TokenizeForm, read_json(request, "user_input"))
    if len(fields.user_input) > settings.max_chars:
        raise TooLarge(
            message(
                "errors.web_text_too_long", length=len(fields.user_input), limit=settings.max_chars
            ),
            field="user_input",
        )
    model = services().registry.get(fields.model_type or settings.default_model)
    counts = services().runner.run(lambda: model.count_tokens([fields.user_input]))
    return jsonify(
        model=model.name,
        tokens=counts[0] if counts else None,
        context=model.capabilities.context_tokens,
    )
