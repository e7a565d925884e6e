"""tokenizer.json and prompts.json: what the official tokenizer and its prompts make of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.positions import padded_batch
from models.visualglm.text.chat import Prompt, Round, build_prompt, process_response
from models.visualglm.text.tokenizer import Tokenizer
from verification.golden.report import Report

Row = Mapping[str, Any]


class Tally:
    """Exact comparisons of one group, each with the name that it gets where it fails."""

    def __init__(self) -> None:
        self.compared = 0
        self.differing: list[str] = []

    def compare(self, name: str, ours: object, theirs: object) -> None:
        self.compared += 1
        if ours != theirs:
            self.differing.append(f"{name}: {_short(ours)} and not {_short(theirs)}")

    def fields(self, name: str, row: Row, ours: Mapping[str, object]) -> None:
        """Compare what the row has of these fields."""
        for field, value in ours.items():
            if row.get(field) is not None:
                self.compare(f"{name} {field}", value, row[field])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:77]}…"


def check_tokenizer(raw: Mapping[str, Any], tokenizer: Tokenizer, report: Report) -> None:
    groups: dict[str, Callable[[Tally], None]] = {
        "vocabulary": lambda tally: _vocabulary(raw, tokenizer, tally),
        "strings": lambda tally: _strings(raw["strings"], tokenizer, tally),
        "pairs": lambda tally: _pairs(raw["pairs"], tokenizer, tally),
        "decode": lambda tally: _decode(raw["decode"], tokenizer, tally),
        "batch": lambda tally: _batch(raw["batch"], tokenizer, tally),
    }
    for name, check in groups.items():
        if name == "vocabulary" or raw.get(name):
            _group(f"tokenizer.json {name}", check, report)


def check_prompts(
    raw: Mapping[str, Any], tokenizer: Tokenizer, image_length: int, report: Report
) -> None:
    """`image_length`: the places that a picture takes in the full-size model."""
    groups: dict[str, Callable[[list[Row], Tally], None]] = {
        "image_model_prompts": lambda rows, tally: _images(rows, tokenizer, image_length, tally),
        "text_model_prompts_build_inputs": lambda rows, tally: _texts(rows, tokenizer, tally),
        "process_response": _responses,
    }
    for name, check in groups.items():
        if raw.get(name):
            _group(f"prompts.json {name}", partial(check, raw[name]), report)


def _group(name: str, check: Callable[[Tally], None], report: Report) -> None:
    tally = Tally()
    try:
        check(tally)
    except (LookupError, TypeError, ValueError) as error:
        tally.compared += 1
        tally.differing.append(f"not laid out as it should be: {error!r}")
    report.group(name, tally.compared, tally.differing)


def _vocabulary(raw: Row, tokenizer: Tokenizer, tally: Tally) -> None:
    for field in ("sp_vocab_size", "tokenizer_len", "vocab_size"):
        if field in raw:
            tally.compare(field, len(tokenizer), raw[field])
    own = {
        "bos_token": tokenizer.sop_id, "eos_token": tokenizer.eop_id,
        "mask_token": tokenizer.mask_id, "gmask_token": tokenizer.gmask_id,
        "pad_token": tokenizer.pad_id, "unk_token": tokenizer.unk_id,
    }  # fmt: skip
    for name, (piece, number) in raw.get("special", {}).items():
        if name in own:
            tally.compare(name, [tokenizer.pieces([own[name]])[0], own[name]], [piece, number])


def _strings(rows: list[Row], tokenizer: Tokenizer, tally: Tally) -> None:
    for row in rows:
        text, ids = row["text"], row["ids"]
        whole = row.get("ids_with_special", ids)
        tally.fields(
            repr(text),
            row,
            {
                "ids": tokenizer.encode(text),
                "pieces": tokenizer.pieces(ids),
                "ids_with_special": encode_prompt(tokenizer, text),
                "decoded": tokenizer.decode(ids),
                "decoded_with_special": tokenizer.decode(whole),
                "decoded_skip_special": tokenizer.decode(whole, skip_special=True),
                "decoded_no_cleanup": tokenizer.decode(ids, clean_up=False),
            },
        )


def _pairs(rows: list[Row], tokenizer: Tokenizer, tally: Tally) -> None:
    for row in rows:
        a, b = row["a"], row["b"]
        tally.fields(
            repr(a),
            row,
            {
                "a_ids": tokenizer.encode(a),
                "b_ids": tokenizer.encode(b),
                "single": encode_prompt(tokenizer, a),
                "pair": encode_prompt(tokenizer, a, b),
            },
        )


def _decode(rows: list[Row], tokenizer: Tokenizer, tally: Tally) -> None:
    for row in rows:
        ids = row["ids"]
        tally.fields(
            repr(ids),
            row,
            {
                "pieces": tokenizer.pieces(ids),
                "decoded": tokenizer.decode(ids),
                "skip_special": tokenizer.decode(ids, skip_special=True),
            },
        )


def _batch(row: Row, tokenizer: Tokenizer, tally: Tally) -> None:
    rows = [
        [token for token, real in zip(ids, mask, strict=True) if real]
        for ids, mask in zip(row["input_ids"], row["attention_mask"], strict=True)
    ]
    ids, attention = pad(tokenizer, rows)
    config = replace(
        VisualGLMConfig(),
        pad_token_id=tokenizer.pad_id,
        mask_token_id=tokenizer.mask_id,
        gmask_token_id=tokenizer.gmask_id,
        bos_token_id=tokenizer.sop_id,
        eos_token_id=tokenizer.eop_id,
    )
    padded, positions, _ = padded_batch(rows, config)
    tally.compare("ids of the network's batch", torch.equal(padded, torch.tensor(ids)), True)
    tally.fields(
        "batch",
        row,
        {
            "input_ids": ids,
            "attention_mask": attention,
            "position_ids": positions.tolist(),
        },
    )


def _images(rows: list[Row], tokenizer: Tokenizer, image_length: int, tally: Tally) -> None:
    """As the official code does it, and as Kex asks, which differ for a user's own `<img>` only."""
    for row in rows:
        case, query = row.get("case", repr(row["query"])), row["query"]
        history = [(question, answered) for question, answered in row["history"]]
        places = image_length if row["has_image"] else None
        # How long the picture's path was shows where a misplaced picture was put.
        path = row["image_position"] - row["prompt_after"].rfind("<img>") - len("<img>")
        for neutralise in (False, True):
            said = query + "".join(question + answered for question, answered in history)
            if neutralise and set(said) & set("<["):  # special strings are obeyed officially
                continue
            prompt = build_prompt(
                tokenizer, query, history, places, neutralise=neutralise, path_length=path
            )
            tally.compare(f"{case} input_ids", [list(prompt.ids)], row["input_ids"])
            start = prompt.image_start or 0
            tally.compare(f"{case} pre_image_length", start, row["pre_image_length"])


def _texts(rows: list[Row], tokenizer: Tokenizer, tally: Tally) -> None:
    for row in rows:
        history = [(question, answered) for question, answered in row["history"]]
        prompt = build_text_prompt(tokenizer, row["query"], history, neutralise=False)
        tally.compare(f"{row['query']!r} input_ids", [list(prompt.ids)], row["input_ids"])


def _responses(rows: list[Row], tally: Tally) -> None:
    for row in rows:
        tally.compare(repr(row["input"]), process_response(row["input"]), row["output"])


def build_text_prompt(
    tokenizer: Tokenizer, query: str, history: Sequence[Round], *, neutralise: bool = True
) -> Prompt:
    """The prompt of the text-only ChatGLM-6B, whose rounds are numbered.

    VisualGLM's own chat never uses it; the base class of the official code does.
    """
    text = query
    if history:
        rounds = [*history, (query, "")]
        text = "".join(
            f"[Round {number}]\n问：{question}\n答：{answered}\n"
            for number, (question, answered) in enumerate(rounds)
        ).removesuffix("\n")
    ids = tokenizer.encode(text, specials=not neutralise)
    return Prompt((*ids, tokenizer.gmask_id, tokenizer.sop_id))


def encode_prompt(tokenizer: Tokenizer, text: str, pair: str | None = None) -> list[int]:
    """`encode`, then [gMASK] <sop> where the answer begins; with a `pair`, it and <eop>."""
    ids = [*tokenizer.encode(text), tokenizer.gmask_id, tokenizer.sop_id]
    return ids if pair is None else [*ids, *tokenizer.encode(pair), tokenizer.eop_id]


def pad(
    tokenizer: Tokenizer, batch: Sequence[Sequence[int]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Rows of one length, padded on the left, and their attention: 1 real, 0 padding.

    Both are [B, S]. The positions depend on where the answer begins and are found elsewhere.
    """
    longest = max(map(len, batch), default=0)
    ids = [[tokenizer.pad_id] * (longest - len(row)) + list(row) for row in batch]
    return ids, [[0] * (longest - len(row)) + [1] * len(row) for row in batch]
