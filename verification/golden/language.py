"""lm.npz and its like: ids in, positions, masks, hidden states, logits and loss out."""

from __future__ import annotations

import re
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from models.visualglm.network.positions import padded_batch, position_ids
from verification.golden.cases import Folder, Prompt, Variant, image_embeds, split_variant
from verification.golden.checkpoints import FP32, Network
from verification.golden.vectors import Vectors

_RESULT = r"logits|hidden\d+|loss"
_IGNORED = -100  # a label that does not count


def check_language(folder: Folder) -> None:
    vectors = folder.vectors
    cases = {}
    for match in vectors.matching(r"(.+)\.input_ids"):
        case, ids = match[1], vectors[match[0]]
        attention = vectors.get(f"{case}.attention_mask")
        if attention is None:  # else the padded ids are computed
            vectors.given(match[0])
        with vectors.guard([n[0] for n in vectors.matching(rf"{re.escape(case)}\..+")]):
            cases[case] = folder.prompt(case, ids, attention)
            _check_inputs(folder, case, cases[case])
    vectors.given(*(match[0] for match in vectors.matching(r".+\.(labels|pre_image_length)")))
    for match in vectors.matching(r"(.+)_nopos\.position_ids"):
        if match[1] in cases:
            vectors.check(match[0], _naive_positions(folder, cases[match[1]]))
    found = {m[1] for m in vectors.matching(rf"(.+)\.(?:{_RESULT})")}
    for name in sorted(found):
        _check_results(folder, name, cases)
    _check_embeds(folder)


def _check_inputs(folder: Folder, case: str, prompt: Prompt) -> None:
    vectors = folder.vectors
    ids, positions, visible = padded_batch(prompt.rows, folder.config)
    if f"{case}.attention_mask" in vectors:
        vectors.check(f"{case}.input_ids", ids)
        # A real token sees something, padding nothing.
        vectors.check(f"{case}.attention_mask", visible[:, 0].any(dim=-1).long())
    vectors.check(f"{case}.position_ids", positions)
    vectors.check(f"{case}.attention_mask_4d_true_is_masked", ~visible)


def _naive_positions(folder: Folder, prompt: Prompt) -> Tensor:
    """Positions that count the padding too, as the official model makes them by itself."""
    ids = padded_batch(prompt.rows, folder.config)[0]
    return torch.stack([position_ids(row.tolist(), folder.config) for row in ids])


def _check_results(folder: Folder, name: str, cases: dict[str, Prompt]) -> None:
    """All results of one CASE or CASE_VARIANT."""
    vectors = folder.vectors
    names = [match[0] for match in vectors.matching(rf"{re.escape(name)}\.(?:{_RESULT})")]
    case, variant = split_variant(name)
    if f"{case}_fp16c.logits" in vectors and variant.kind != FP32:
        # Made with one network that ran in float32, in half, and in float32 again.
        variant = replace(variant, rounded_tables=True)
    naive = case.endswith("_nopos")
    case = case.removesuffix("_nopos")
    row = re.fullmatch(r"(.+)_row(\d+)_unpadded", case)
    prompt = cases.get(row[1] if row else case)
    if prompt is None:
        return
    with vectors.guard(names):
        if row:
            alone = prompt.rows[int(row[2])]
            prompt = Prompt([alone], len(alone))
        positions = _naive_positions(folder, prompt) if naive else None
        labels = vectors.get(f"{case}.labels")
        for way, network in folder.runs(variant, prompt.padded):
            with vectors.expect(names, way):
                results = run(network, prompt, positions, labels)
                for match in vectors.matching(rf"{re.escape(name)}\.({_RESULT})"):
                    if match[1] in results:
                        vectors.check(match[0], results[match[1]], variant.tolerance, way)


@torch.inference_mode()
def run(
    network: Network, prompt: Prompt, positions: Tensor | None = None, labels: Tensor | None = None
) -> dict[str, Tensor]:
    """logits [B, S, V], hiddenN [B, S, hidden], and with labels [B, S] the loss.

    The loss is the mean cross-entropy of each next token, as in training.
    """
    results: dict[str, Tensor] = {}
    ids, usual, visible = padded_batch(prompt.rows, network.config)
    x = network.model.embed(ids, image_embeds(network, prompt), prompt.start)
    where = usual if positions is None else positions
    logits = network.model(x, where, visible, None, results.__setitem__)
    results["logits"] = logits
    if labels is not None:
        guesses, wanted = logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten()
        results["loss"] = F.cross_entropy(guesses, wanted, ignore_index=_IGNORED)
    return results


def _check_embeds(folder: Folder) -> None:
    """`image_embeds_VARIANT`: the eye's last step with other weights."""
    vectors = folder.vectors
    if folder.seen is None:
        return
    prompt = Prompt([], 0, folder.seen)
    for match in vectors.matching(r"image_embeds_.+"):
        name, variant = split_variant(match[0])
        if name == "image_embeds" and variant != Variant():
            _check_embed(folder, match[0], prompt, variant)


def _check_embed(folder: Folder, name: str, prompt: Prompt, variant: Variant) -> None:
    vectors: Vectors = folder.vectors
    with vectors.guard([name]):
        for network in folder.checkpoints.networks(folder.stem, variant.kind):
            with vectors.expect([name], network.name):
                embeds = image_embeds(network, prompt)
                if embeds is not None:
                    vectors.check(name, embeds, variant.tolerance, network.name)
