"""The OpenAPI document of an application: its routes, as Flask knows them, with what they take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from errors import CrossSite, KexError, NoKey
from settings import VERSION, Settings
from web.doors.keys import OPEN_PATHS
from web.openapi.answers import Error
from web.openapi.openai_answers import OpenAIError
from web.openapi.operations import (
    EVENTS,
    EXCEPTIONS,
    JSON,
    OPERATIONS,
    Errors,
    Operation,
)
from web.openapi.schemas import Schema, Schemas, describe
from wording import Lang, text

TAGS = ("extraction", "files", "openai", "conversations", "base", "server")
_METHODS = ("GET", "POST", "PATCH", "DELETE")
_PARAMETER = re.compile(r"<(?:(?P<kind>\w+)(?:\(max=(?P<most>\w+)\))?:)?(?P<name>\w+)>")


def make_document(app: Flask, settings: Settings, lang: Lang) -> Schema:
    """OpenAPI 3.1; the texts are in `lang`, the limits are those of the settings."""
    return _Maker(settings, lang).document(app)


class _Maker:
    def __init__(self, settings: Settings, lang: Lang) -> None:
        self._lang = lang
        self._settings = settings
        forms = [form for one in OPERATIONS.values() for form in one.bodies.values()]
        queries = [one.query for one in OPERATIONS.values() if one.query]
        answers = [
            answer
            for one in OPERATIONS.values()
            for answer in (*one.answers.values(), *one.also.values())
            if answer is not None
        ]
        self._schemas = Schemas([*forms, *queries], [*answers, Error, OpenAIError], lang)
        self._used = self._schemas.components
        for name in ("ExtractionForm", "MultipartForm", "TokenizeForm"):
            properties = self._used[name]["properties"]
            properties["user_input"]["maxLength"] = settings.max_chars
            for one in properties.get("max_tokens", {}).get("anyOf", ()):
                if one["type"] == "integer":
                    one["maximum"] = settings.max_tokens

    def document(self, app: Flask) -> Schema:
        paths: dict[str, Schema] = {}
        order = list(OPERATIONS)
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in EXCEPTIONS]
        for rule in sorted(rules, key=lambda rule: order.index(rule.endpoint)):
            path = _PARAMETER.sub(r"{\g<name>}", rule.rule)
            for method in _METHODS:
                if method in (rule.methods or ()):
                    paths.setdefault(path, {})[method.lower()] = self._operation(rule)
        names = set(_references(paths))
        while more := {one for name in names for one in _references(self._used[name])} - names:
            names |= more
        keyed = self._settings.api_key is not None
        scheme = {"type": "http", "scheme": "bearer"}
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Kex",
                "version": VERSION,
                "description": text(self._lang, "api.about"),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "tags": [{"name": tag, "description": self._text(f"tag.{tag}")} for tag in TAGS],
            "paths": paths,
            "components": {
                "schemas": {name: one for name, one in self._used.items() if name in names},
                **({"securitySchemes": {"key": scheme}} if keyed else {}),
            },
            **({"security": [{"key": []}]} if keyed else {}),
        }

    def _text(self, key: str) -> str:
        return text(self._lang, f"api.{key}")

    def _operation(self, rule: Rule) -> Schema:
        one = OPERATIONS[rule.endpoint]
        made: Schema = {
            "operationId": rule.endpoint.partition(".")[2]
            if rule.endpoint.startswith("kex.")
            else rule.endpoint.replace(".", "_"),
            "tags": [one.tag],
            "summary": self._text(f"route.{rule.endpoint}"),
        }
        parameters = [*self._path(rule), *self._query(one)]
        if parameters:
            made["parameters"] = parameters
        if one.bodies:
            made["requestBody"] = {"required": True, "content": self._bodies(one)}
        return made | {"responses": self._responses(rule, one)}

    def _path(self, rule: Rule) -> Iterator[Schema]:
        for found in _PARAMETER.finditer(rule.rule):
            schema: Schema = {"type": "string", "minLength": 1}
            if found["kind"] == "int":
                schema = {"type": "integer", "minimum": 0, "maximum": int(found["most"])}
            yield self._parameter("path", found["name"], schema, rule.endpoint, required=True)

    def _query(self, one: Operation) -> Iterator[Schema]:
        if one.query is None:
            return
        form = self._schemas.as_strings(self._schemas.of_form(one.query))
        for name, schema in form["properties"].items():
            required = name in form.get("required", ())
            yield self._parameter("query", name, schema, one.query.__name__, required=required)

    def _parameter(
        self, place: str, name: str, schema: Schema, owner: str, *, required: bool
    ) -> Schema:
        schema.pop("description", None)
        described = describe(self._lang, owner, name)
        return {
            "name": name,
            "in": place,
            "required": required,
            **({"description": described} if described else {}),
            "schema": schema,
        }

    def _bodies(self, one: Operation) -> Schema:
        content: Schema = {}
        for kind, form in one.bodies.items():
            schema = self._schemas.of_form(form)
            content[kind] = {"schema": schema if kind == JSON else self._schemas.as_strings(schema)}
            if one.example:
                content[kind]["example"] = dict(one.example)
        return content

    def _door(self, rule: Rule) -> type[KexError]:
        """What a request meets before its route: a key is wanted, or the server's name."""
        keyed = self._settings.api_key is not None and rule.rule not in OPEN_PATHS
        return NoKey if keyed else CrossSite

    def _responses(self, rule: Rule, one: Operation) -> Schema:
        responses: Schema = {str(one.status): self._answer(one.status, one.answers)}
        for status, answer in one.also.items():
            responses[str(status)] = self._answer(status, {JSON: answer} if answer else {})
        errors: dict[int, set[str]] = {}
        kinds: Errors = (KexError, self._door(rule), *one.errors)
        for kind in kinds:
            errors.setdefault(kind.status, set()).add(kind.code)
        shape = OpenAIError if rule.rule.startswith("/v1/") else Error
        content = {JSON: {"schema": self._schemas.of_answer(shape)}}
        for status, codes in sorted(errors.items()):
            listed = ", ".join(f"`{code}`" for code in sorted(codes))
            responses[str(status)] = {
                "description": f"{self._text(f'status.{status}')} ({listed})",
                "content": content,
            }
        return responses

    def _answer(self, status: int, answers: Any) -> Schema:
        made: Schema = {"description": self._text(f"status.{status}")}
        content = {
            kind: {"schema": schema} if (schema := self._shape(kind, one)) else {}
            for kind, one in answers.items()
        }
        return made | ({"content": content} if content else {})

    def _shape(self, kind: str, answer: Any) -> Schema | None:
        """None for events: OpenAPI 3.1 has no schema for a stream of them."""
        if kind == EVENTS:
            return None
        return {"type": "string"} if answer is None else self._schemas.of_answer(answer)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _references(part)
