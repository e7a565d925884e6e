"""What an answer becomes by a person's corrections, as a pure function of both.

Every item that a person touched says so in `correction`, and the answer counts them in `corrected`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from errors import InputError, Unprocessable
from knowledge.answer_json import ItemJson, flatten, identity, rebuild, response
from knowledge.items import PromptType
from wording import message

Json = Mapping[str, Any]


Kind = Literal["edit", "delete", "add", "confirm"]


@dataclass(frozen=True)
class Correction:
    """What a person says of one item of an answer.

    `before` and `after` are items as the event stream sends them: `edit` has both, `delete` and
    `confirm` the one that stands there, `add` the new one.
    """

    kind: Kind
    before: Json | None
    after: Json | None
    at: datetime


KINDS: tuple[Kind, ...] = get_args(Kind)
PROMPT_TYPES: tuple[PromptType, ...] = get_args(PromptType)
MARK = "correction"


def corrected(answer: Json, corrections: Sequence[Correction]) -> dict[str, Any]:
    """The answer with the corrections applied in their order; untouched where there are none.

    Raises InputError for one that does not fit, Unprocessable for an answer without items.
    """
    if not corrections:
        return dict(answer)
    prompt_type = kind_of(answer)
    items = flatten(prompt_type, answer["knowledge"])
    for correction in corrections:
        _apply(prompt_type, items, correction)
    knowledge = rebuild(prompt_type, items, answer["knowledge"])
    counts = Counter(correction.kind for correction in corrections)
    return {
        **answer,
        "response": response(prompt_type, answer["lang"], knowledge),
        "knowledge": knowledge,
        "corrected": {kind: counts[kind] for kind in KINDS},
    }


def kind_of(answer: Json) -> PromptType:
    """KE1, KE2 or KE3; Unprocessable for a talk, which has no items."""
    for prompt_type in PROMPT_TYPES:
        if answer.get("prompt_type") == prompt_type:
            return prompt_type
    raise Unprocessable(message("errors.correction_no_items"), field="turn")


def standing(answer: Json, like: Json) -> ItemJson:
    """The item of the answer that has the strings of `like`, without its mark.

    Raises InputError where there is none.
    """
    prompt_type = kind_of(answer)
    items = flatten(prompt_type, answer["knowledge"])
    item = items[_find(prompt_type, items, like)]
    item.pop(MARK, None)
    return item


def _apply(prompt_type: PromptType, items: list[ItemJson], correction: Correction) -> None:
    if correction.kind == "add":
        new = _new(prompt_type, correction.after)
        _refuse_double(prompt_type, [*items, new])
        items.append(new | {MARK: "add"})
        return
    if correction.before is None:
        raise InputError(
            message("errors.correction_before_missing", kind=correction.kind), field="before"
        )
    at = _find(prompt_type, items, correction.before)
    if correction.kind == "delete":
        del items[at]
    elif correction.kind == "confirm":
        items[at].setdefault(MARK, "confirm")
    else:
        new = _new(prompt_type, correction.after)
        _refuse_double(prompt_type, [*items[:at], *items[at + 1 :], new])
        # What a person has added stays so, whatever becomes of it.
        items[at] = new | {MARK: "add" if items[at].get(MARK) == "add" else "edit"}


def _new(prompt_type: PromptType, item: Json | None) -> ItemJson:
    if item is None:
        raise InputError(message("errors.correction_after_missing"), field="after")
    identity(prompt_type, item, "after")
    return dict(item)


def _find(prompt_type: PromptType, items: Sequence[ItemJson], like: Json) -> int:
    wanted = identity(prompt_type, like)
    for at, item in enumerate(items):
        if identity(prompt_type, item) == wanted:
            return at
    raise InputError(
        message("errors.correction_not_found", item=", ".join(wanted)),
        field="before",
    )


def _refuse_double(prompt_type: PromptType, items: Sequence[ItemJson]) -> None:
    """The last one must not be there already."""
    *others, new = (identity(prompt_type, item) for item in items)
    if new in others:
        raise InputError(
            message("errors.correction_exists", item=", ".join(new)),
            field="after",
        )
