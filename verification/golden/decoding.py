"""Token by token: the cache, teacher-forced steps, and greedy answers."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from models.visualglm.config import VisualGLMConfig
from models.visualglm.engine.sampling import GREEDY, SamplingParams
from models.visualglm.network.cache import KVCache
from models.visualglm.network.positions import padded_batch, position_ids
from verification.golden.cases import Folder, Prompt, image_embeds, split_variant
from verification.golden.checkpoints import Network
from verification.golden.report import EXACT
from verification.plain_generation import Step, generate

NEVER = -1  # as <eop>: no id is that, so the answer goes on


def steps(
    network: Network,
    prompt: Prompt,
    count: int,
    params: SamplingParams = GREEDY,
    *,
    eos: int = NEVER,
    cached: bool = True,
    forced: Tensor | None = None,
) -> list[Step]:
    """`count` steps after the prompt, or fewer if every row ends."""
    return list(
        generate(
            network.model,
            prompt.rows,
            count,
            params,
            images=image_embeds(network, prompt),
            image_start=prompt.start,
            eos=eos,
            cached=cached,
            forced=forced,
        )
    )


def sequences(prompt: Prompt, taken: list[Step], config: VisualGLMConfig) -> Tensor:
    """Prompt and answer, int64 [B, S + steps]."""
    ids = padded_batch(prompt.rows, config)[0]
    return torch.cat((ids, torch.stack([step.tokens for step in taken], dim=1)), dim=1)


def check_forced(folder: Folder) -> None:
    """`kv_CASE`: given tokens are fed one by one, with the cache and without."""
    vectors = folder.vectors
    for match in vectors.matching(r"kv_(.+)\.prompt_ids"):
        case, variant = split_variant(match[1])
        stem = f"kv_{match[1]}"
        vectors.given(match[0], f"{stem}.forced_tokens")
        parts = r"step_logits|step_position_ids|past_(?:key|value)_layer\d+"
        names = [m[0] for m in vectors.matching(rf"{re.escape(stem)}\.(?:{parts})")]
        with vectors.guard(names):
            prompt = folder.prompt(case, vectors[match[0]])
            forced = vectors[f"{stem}.forced_tokens"]
            for way, network in folder.runs(variant, prompt.padded):
                with vectors.expect(names, way):
                    vectors.check(
                        f"{stem}.step_position_ids", _positions(prompt, forced, network.config)
                    )
                    for cached in (True, False):
                        logits = _forced_logits(network, prompt, forced, cached)
                        label = f"{way}, {'with' if cached else 'without'} cache"
                        vectors.check(f"{stem}.step_logits", logits, variant.tolerance, label)
                    for name, value in _past(network, prompt).items():
                        vectors.check(f"{stem}.{name}", value, variant.tolerance, way)


def _positions(prompt: Prompt, forced: Tensor, config: VisualGLMConfig) -> Tensor:
    """Both streams of the forced tokens: int64 [B, 2, steps]."""
    whole = [row + more.tolist() for row, more in zip(prompt.rows, forced, strict=True)]
    return torch.stack([position_ids(ids, config)[:, -forced.shape[1] :] for ids in whole])


def _forced_logits(network: Network, prompt: Prompt, forced: Tensor, cached: bool) -> Tensor:
    """Logits after the prompt and after each forced token: [B, steps + 1, V]."""
    padded = torch.cat((forced, forced[:, :1]), dim=1)  # what comes after the last is not read
    taken = steps(network, prompt, padded.shape[1], cached=cached, forced=padded)
    return torch.stack([step.logits for step in taken], dim=1)


@torch.inference_mode()
def _past(network: Network, prompt: Prompt) -> dict[str, Tensor]:
    """Keys and values of the prompt in the official layout, [S, B, H, D], by the arrays' names."""
    ids, positions, visible = padded_batch(prompt.rows, network.config)
    rows, width = ids.shape
    cache = KVCache(network.config, rows, width, network.dtype)
    x = network.model.embed(ids, image_embeds(network, prompt), prompt.start)
    network.model(x, positions, visible, cache.prompt(0, width, rows))
    found = {}
    for kind, tensor in (("key", cache.keys), ("value", cache.values)):
        for layer, stored in enumerate(tensor):  # [B, H, S, D]
            found[f"past_{kind}_layer{layer}"] = stored.permute(2, 0, 1, 3)
    return found


def check_greedy(folder: Folder) -> None:
    """`greedy*` and `stream_*`: the answer without chance."""
    vectors = folder.vectors
    vectors.given(*(match[0] for match in vectors.matching(r".+\.eos_token_id")))
    for match in vectors.matching(r"(greedy(?:_.+)?)\.sequences"):
        names = [match[0], f"{match[1]}.step_logits"]
        with vectors.guard(names):
            _check_sequence(folder, match[1], names)
    for match in vectors.matching(r"stream_(.+)\.last_yield"):
        with vectors.guard([match[0]]):
            _check_stream(folder, match[1], match[0])


def prompt_length(ids: Tensor, config: VisualGLMConfig) -> int:
    """A prompt ends with its first <sop>; LookupError where the rows do not agree."""
    ends: set[int] = {row.tolist().index(config.bos_token_id) + 1 for row in ids}
    if len(ends) != 1:
        raise LookupError("the rows' prompts end at different places")
    return ends.pop()


def end_of(answer: Tensor, config: VisualGLMConfig) -> int:
    """The id that ended answers [B, n]: <eop> where a row has it and only padding after it."""
    for row in answer.tolist():
        if config.eos_token_id in row:
            rest = row[row.index(config.eos_token_id) + 1 :]
            if all(token == config.pad_token_id for token in rest):
                return config.eos_token_id
    return NEVER


def _check_sequence(folder: Folder, name: str, names: list[str]) -> None:
    vectors, config = folder.vectors, folder.config
    theirs = vectors[names[0]]
    case, variant = split_variant(name)
    logits, own_end = vectors.get(names[1]), vectors.get(f"{name}.eos_token_id")
    if logits is not None:
        length = theirs.shape[1] - logits.shape[1]
    else:
        length = prompt_length(theirs, config)
    count = theirs.shape[1] - length
    eos = end_of(theirs[:, length:], config) if own_end is None else int(own_end)
    prompt = folder.prompt(case, theirs[:, :length])
    # Room for more, to see that the answer does not only end where it was cut.
    room = count + 4 if eos != NEVER and eos in theirs[:, -1] else count
    for way, network in folder.runs(variant, prompt.padded):
        with vectors.expect(names, way):
            taken = steps(network, prompt, room, eos=eos)
            vectors.check(names[0], sequences(prompt, taken, config), EXACT, way)
            ours = torch.stack([step.logits for step in taken], dim=1)
            vectors.check(names[1], ours, variant.tolerance, way)


def _check_stream(folder: Folder, case: str, name: str) -> None:
    """The official stream keeps its last token to itself: ours without the last is the same."""
    vectors, config = folder.vectors, folder.config
    theirs = vectors[name]
    length = prompt_length(theirs, config)
    whole = vectors.get(f"greedy_{case}.sequences")
    count = (theirs.shape[1] + 1 if whole is None else whole.shape[1]) - length
    case, variant = split_variant(case)
    prompt = folder.prompt(case, theirs[:, :length])
    for way, network in folder.runs(variant, prompt.padded):
        with vectors.expect([name], way):
            taken = steps(network, prompt, count)
            vectors.check(name, sequences(prompt, taken[:-1], config), EXACT, way)
