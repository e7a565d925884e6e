"""The form of an answer: the same shape as grammar, as JSON schema, and as written-out JSON.

Local models are held to the grammar and write compact arrays, a third fewer tokens than objects;
services behind an API are held to the JSON schema, whose strict mode allows objects only. The
trained prompts write KE1's relation last: it is chosen best when both ends are known
(docs/prompts.md); a triple or a fact that the text denies, doubts or plans ends with that word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from knowledge.items import MARKS, PromptType
from knowledge.text.language import HAN
from knowledge.text.spans import Lang

Style = Literal["arrays", "trained", "objects"]

MAX_ITEMS = 60  # per chunk and list: ends a loop of the model inside the form, never mid-item
MAX_ENTITIES = 3  # KE3 without an entity: how many main entities are answered at most

# As the prompt files name them; the trained ones say it in their own words.
SHAPES: dict[PromptType, dict[Style, str]] = {
    "KE1": {
        "arrays": '{"triples":[["head","relation","tail"],…]}',
        "objects": '{"triples":[{"head":"…","relation":"…","tail":"…"},…]}',
    },
    "KE2": {
        "arrays": '{"class":["entity",…],…}',
        "objects": '{"class":["entity",…],…}',
    },
    "KE3": {
        "arrays": '{"entities":[{"entity":"…","facts":[["key","value"],…]}]}',
        "objects": '{"entities":[{"entity":"…","facts":[{"key":"…","value":"…"},…]}]}',
    },
}

# A Han character, a word of any other script, or one other character: strings of an answer begin
# and end at the borders of these, so no English word is cut.
_PIECE = re.compile(f"[{HAN}]|(?:(?![{HAN}])\\w)+|[\\s\\S]")

MAX_FREE = 200  # characters of a string that is no piece of the text
_FIRST, _NEXT = r'[^"\\\s\x00-\x1f]|\\["\\]', r'[^"\\\x00-\x1f]|\\["\\bfnrt]'
_ANY = f"/({_FIRST})({_NEXT}){{0,{MAX_FREE - 1}}}/"


def write_answer(prompt_type: PromptType, style: Style, answer: Any) -> str:
    """An answer given as plain data (see task.Example) as the JSON that a model should write."""
    data = answer
    if prompt_type == "KE1":
        if style == "trained":
            answer = [(head, tail, relation) for head, relation, tail in answer]
        data = {"triples": [_row(("head", "relation", "tail"), row, style) for row in answer]}
    elif prompt_type == "KE3":
        cards = answer if isinstance(answer, list) else [answer]
        data = {
            "entities": [
                {
                    "entity": card["entity"],
                    "facts": [_row(("key", "value"), fact, style) for fact in card["facts"]],
                }
                for card in cards
            ]
        }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _row(names: tuple[str, ...], values: Iterable[str], style: Style) -> Any:
    return dict(zip(names, values, strict=True)) if style == "objects" else list(values)


def grammar(
    prompt_type: PromptType,
    lang: Lang,
    source: str | None,
    labels: Iterable[str],
    entity: str | None,
    style: Style = "arrays",
) -> str:
    """A llguidance grammar (Lark) for compact answers whose strings are pieces of `source`, or
    any strings where that is None.

    `labels` are the classes of KE2 (all of them, in order), or the only relations (KE1) or keys
    (KE3) allowed; none allows any short phrase. KE3 with an `entity` answers that one alone.
    """
    names = list(labels)
    phrase, between = _phrase(lang), ' "\\",\\"" '
    mark = "mark?" if style == "trained" and prompt_type != "KE2" else ""
    lines = ["%llguidance {}", _start(prompt_type, names, entity)]
    if prompt_type == "KE1":
        parts = "PIECE label PIECE" if style != "trained" else "PIECE PIECE label"
        lines.append(f'item: "[\\"" {parts.replace(" ", between)} "\\"" {mark} "]"')
    elif prompt_type == "KE2":
        lines.append('item: "\\"" PIECE "\\""')
    else:
        lines.append(f'item: "[\\"" label{between}PIECE "\\"" {mark} "]"')
    if mark:
        lines.append('mark: ",\\"" (' + " | ".join(map(json.dumps, MARKS)) + ') "\\""')
    if prompt_type != "KE2":
        lines.append("label: " + (" | ".join(literal(n) for n in names) if names else "PHRASE"))
        if not names:
            lines.append(f"PHRASE: {phrase}")
    lines.append(f'items: item ("," item){{0,{MAX_ITEMS - 1}}}')
    lines.append("PIECE: " + (_ANY if source is None else _piece_of(source)))
    return "\n".join(lines) + "\n"


def _piece_of(source: str) -> str:
    """Any piece of the text, but neither nothing nor one that begins with white space."""
    pieces = [_escaped(piece) for piece in _PIECE.findall(source)]
    substring = json.dumps({"substring_chunks": pieces}, ensure_ascii=False)
    return f"%regex {substring} & /(?s:[^\\s].*)/"


def _start(prompt_type: PromptType, names: list[str], entity: str | None) -> str:
    if prompt_type == "KE1":
        return 'start: "{\\"triples\\":[" items? "]}"'
    if prompt_type == "KE2":
        lists = ' "," '.join(f'"\\"" {literal(name)} "\\":[" items? "]"' for name in names)
        return f'start: "{{" {lists} "}}"'
    card = 'card: "{\\"entity\\":\\"" %s "\\",\\"facts\\":[" items? "]}"'
    if entity is not None:
        return 'start: "{\\"entities\\":[" card "]}"\n' + card % literal(entity)
    more = f'("," card){{0,{MAX_ENTITIES - 1}}}'
    return f'start: "{{\\"entities\\":[" card {more} "]}}"\n' + card % "PIECE"


def _phrase(lang: Lang) -> str:
    longest = 12 if lang == "zh" else 40
    inner, edge = r'[^"\\\x00-\x1f]', r'[^"\\\x00-\x20]'
    return f"/{edge}({inner}{{0,{longest - 2}}}{edge})?/"


def _escaped(text: str) -> str:
    """As it stands inside a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def literal(text: str) -> str:
    """A Lark string that matches `text` as it stands inside a JSON string."""
    return json.dumps(_escaped(text), ensure_ascii=False)


def json_schema(
    prompt_type: PromptType, labels: Mapping[str, str], entity: str | None = None
) -> dict[str, Any]:
    """The answer's form as strict JSON schema: an object, all properties required, none added."""
    text = {"type": "string"}
    label: dict[str, Any] = {"type": "string", "enum": list(labels)} if labels else text
    if prompt_type == "KE1":
        triple = _object({"head": text, "relation": label, "tail": text})
        return _object({"triples": _list(triple)})
    if prompt_type == "KE2":
        return _object({name: _list(text) for name in labels})
    fact = _object({"key": label, "value": text})
    name: dict[str, Any] = {"type": "string", "enum": [entity]} if entity else text
    return _object({"entities": _list(_object({"entity": name, "facts": _list(fact)}))})


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}
