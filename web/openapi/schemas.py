"""JSON schemas of forms and answers, as an OpenAPI document refers to them.

Pydantic makes them; here they lose what is of no use to a reader of the interface, and get their
descriptions from `wording`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from wording import Lang, table

Schema = dict[str, Any]

REF = "#/components/schemas/"
BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}


class _Generator(GenerateJsonSchema):
    """An answer has every field of its type and no other one."""

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> Schema:
        return {**super().typed_dict_schema(schema), "additionalProperties": False}

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> Schema:
        made = super().dataclass_schema(schema)
        return {**made, "additionalProperties": False} if self.mode == "serialization" else made

    def field_is_required(self, field: Any, total: bool) -> bool:
        if self.mode == "serialization" and field["type"] == "dataclass-field":
            return True
        return super().field_is_required(field, total)


class Schemas:
    """The schemas of these forms and answers; `components` holds those that have a name."""

    def __init__(self, forms: Iterable[Any], answers: Iterable[Any], lang: Lang) -> None:
        self._lang = lang
        self._keys: dict[tuple[str, str], int] = {}
        adapters: list[tuple[int, Literal["validation", "serialization"], TypeAdapter[Any]]] = []
        for mode, kinds in (("validation", forms), ("serialization", answers)):
            for kind in kinds:
                if (mode, repr(kind)) not in self._keys:
                    self._keys[mode, repr(kind)] = len(adapters)
                    adapters.append((len(adapters), mode, TypeAdapter(kind)))  # type: ignore[arg-type]  # of two literals
        made, rest = TypeAdapter.json_schemas(
            adapters, ref_template=f"{REF}{{model}}", schema_generator=_Generator
        )
        self._made = {number: self._plain("", schema) for (number, _), schema in made.items()}
        self.components = {
            name: self._plain(name, schema) for name, schema in rest.get("$defs", {}).items()
        }

    def of_form(self, form: type[BaseModel]) -> Schema:
        return self._made[self._keys["validation", repr(form)]]

    def of_answer(self, answer: Any) -> Schema:
        return self._made[self._keys["serialization", repr(answer)]]

    def whole(self, schema: Schema) -> Schema:
        """What it refers to, if it is no more than a reference."""
        name = str(schema.get("$ref", ""))
        return self.components[name.removeprefix(REF)] if name else schema

    def as_strings(self, schema: Schema) -> Schema:
        """The same for a form or an address, which has neither null nor lists."""
        whole = copy.deepcopy(self.whole(schema))
        for name, one in whole["properties"].items():
            whole["properties"][name] = _as_string(one)
        return whole

    def _plain(self, owner: str, schema: Schema) -> Schema:
        """Without titles and docstrings; the properties described in the reader's language."""
        plain: Schema = _without_titles(schema)
        plain.pop("description", None)
        for name, one in plain.get("properties", {}).items():
            one.pop("description", None)
            described = describe(self._lang, owner, one.pop("$comment", name))
            if described:
                one["description"] = described
        return plain


def describe(lang: Lang, owner: str, name: str) -> str | None:
    """What the field is, where the table says it: of this owner, or wherever it occurs."""
    texts: Mapping[str, str | None] = table(lang)
    return texts.get(f"api.field.{owner}.{name}") or texts.get(f"api.field.{name}")


def _without_titles(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: {key: _without_titles(one) for key, one in part.items()}
            if name == "properties"
            else _without_titles(part)
            for name, part in value.items()
            if not (name == "title" and isinstance(part, str))
        }
    return [_without_titles(part) for part in value] if isinstance(value, list) else value


def _as_string(schema: Schema) -> Schema:
    kinds = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    rest = {name: part for name, part in schema.items() if name not in ("anyOf", "default")}
    if schema.get("default") is not None:
        rest["default"] = schema["default"]
    strings = [one for one in kinds if one.get("type") == "string"]
    [chosen] = strings[:1] or kinds[:1]
    if chosen.get("format") == "binary":
        chosen = BINARY
    return {**chosen, **rest} if "anyOf" in schema else {**rest, **chosen}
