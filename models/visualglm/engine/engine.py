"""The engine: one network, one KV cache, many requests.

A thread of its own runs the network. Between two steps it takes in waiting requests, as long as
slots are free, and lets go of those that ended or were cancelled; each step writes one token in
every slot at work. A slot's answer does not depend on its neighbours (tests hold it to
`generate`). Knows token ids and pixels, nothing of text.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
from collections import OrderedDict, deque
from typing import Literal

import torch
from torch import Tensor

from errors import KexError, ModelFailed, TooLarge, Unavailable
from models.visualglm.engine.sampling import NEVER, draw, process
from models.visualglm.engine.slots import End, Generation, Picture, Reading, Request, Slot, Token
from models.visualglm.network.cache import KVCache
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.positions import (
    context_length,
    mask_position,
    position_ids,
    visibility,
)
from wording import message

log = logging.getLogger(__name__)

PICTURES = 8  # encoded pictures kept; each is 256 KiB in fp16


class _Left(Exception):
    """The reader of the answer has gone while its prompt was being read."""


class Engine:
    """Runs up to `slots` requests of up to `length` tokens (prompt and answer) at a time."""

    def __init__(self, model: VisualGLM, slots: int, length: int) -> None:
        weight = model.transformer.word_embeddings.weight
        self._model, self._device = model, weight.device
        self._cache = KVCache(model.config, slots, length, weight.dtype, weight.device)
        self._slots: list[Slot | None] = [None] * slots
        self._waiting: deque[Generation] = deque()
        self._change = threading.Condition()
        self._pictures: OrderedDict[bytes, Tensor] = OrderedDict()
        self._closing = False
        self._broken: str | None = None
        self._thread = threading.Thread(target=self._run, name="visualglm", daemon=True)
        self._thread.start()
        # A process that ends while torch computes in a daemon thread is aborted.
        atexit.register(self.close)

    @property
    def broken(self) -> str | None:
        """Why the engine cannot serve any more, or None."""
        return self._broken

    @property
    def length(self) -> int:
        """Tokens of prompt and answer together that a slot holds."""
        return self._cache.length

    def submit(self, request: Request) -> Generation:
        """Stand in line for a slot. Raises TooLarge when no slot could hold the prompt, and
        Unavailable when the engine is closed or broken."""
        if len(request.ids) >= self.length:
            raise TooLarge(
                message("errors.glm_prompt_too_long", count=len(request.ids), limit=self.length),
                field="user_input",
            )
        generation = Generation(request)
        with self._change:
            if self._closing or self._broken:
                raise Unavailable(self._broken or message("errors.glm_shut_down"))
            self._waiting.append(generation)
            self._change.notify_all()
        return generation

    def ahead(self, generation: Generation) -> int:
        """How many have to end before this one is begun; 0 for one that has a slot."""
        with self._change:
            return self._waiting.index(generation) + 1 if generation in self._waiting else 0

    def close(self) -> None:
        """End what runs, and the thread. The current step is waited for."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._thread.join()
        atexit.unregister(self.close)

    # The thread

    def _run(self) -> None:
        with torch.inference_mode():
            while self._wait():
                try:
                    self._take_in()
                    self._step()
                except Exception as error:  # the engine's last resort: nobody may wait for ever
                    self._end_all(self._failed(error))
        self._end_all(Unavailable(message("errors.glm_shut_down")))

    def _wait(self) -> bool:
        """Sleep until there is something to do; False when the engine closes."""
        with self._change:
            self._change.wait_for(lambda: self._closing or self._waiting or any(self._slots))
            return not self._closing

    def _take_in(self) -> None:
        """Put the first in line into a free slot and read its prompt.

        One between two steps: those already at work wait no longer than for one prompt.
        """
        self._let_go()
        free = [number for number, slot in enumerate(self._slots) if slot is None]
        with self._change:
            if not free or not self._waiting:
                return
            generation = self._waiting.popleft()
        if generation.cancelled:
            return
        try:
            self._prefill(generation, free[0])
        except _Left:
            pass
        except KexError as error:
            generation.put(error)
        except Exception as error:
            if _out_of_memory(error):
                self._free_memory()
                generation.put(_no_room(error))
            else:
                generation.put(self._failed(error))

    def _let_go(self) -> None:
        for number, slot in enumerate(self._slots):
            if slot is not None and slot.generation.cancelled:
                self._slots[number] = None

    def _prefill(self, generation: Generation, number: int) -> None:
        """Read a prompt into slot `number` and write the first token of its answer."""
        request, config = generation.request, self._model.config
        generation.put(Reading(0.0))
        prompt = torch.tensor([request.ids], device=self._device)  # [1, S]
        images = self._encode(request.picture) if request.picture else None
        x = self._model.embed(prompt, images, request.picture.start if request.picture else 0)
        positions = position_ids(request.ids, config)[None].to(self._device)  # [1, 2, S]
        visible = visibility(request.ids, config)[None, None].to(self._device)  # [1, 1, S, S]
        window = self._cache.prompt(number, len(request.ids))

        def watch(_name: str, _value: Tensor) -> None:
            if generation.cancelled or self._closing:
                raise _Left
            generation.put(Reading(next(layers) / (config.num_layers + 1)))

        layers = itertools.count()
        hidden = self._model.transformer(x, positions, visible, window, watch)
        history = torch.zeros(self.length, dtype=torch.int64, device=self._device)
        history[: len(request.ids)] = prompt[0]
        slot = Slot(
            generation,
            history,
            mask=mask_position(request.ids, config),
            context=context_length(request.ids, config),
            filled=len(request.ids),
        )
        if request.seed is not None:
            slot.generator = torch.Generator(self._device).manual_seed(request.seed)
        self._slots[number] = slot
        self._write(number, self._model.transformer.logits(hidden[:, -1]))

    def _encode(self, picture: Picture) -> Tensor:
        """The picture as embeddings [1, image_length, hidden]; a picture seen before is known."""
        key = picture.digest
        if key not in self._pictures:
            weight = self._model.transformer.word_embeddings.weight
            pixels = picture.pixels[None].to(weight.device, weight.dtype)
            self._pictures[key] = self._model.image_encoder(pixels)
            if len(self._pictures) > PICTURES:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(key)
        return self._pictures[key]

    def _step(self) -> None:
        """Read the last token of every slot at work and write the next one."""
        self._let_go()
        last = max((n for n, slot in enumerate(self._slots) if slot is not None), default=-1)
        if last < 0:
            return
        rows = self._slots[: last + 1]  # free slots in between run along, their token is dropped
        lengths = [slot.cached if slot else 0 for slot in rows]
        width = max(lengths) + 1
        ids = torch.stack([slot.history[slot.cached] if slot else self._pad() for slot in rows])
        places = torch.tensor([slot.position if slot else (0, 0) for slot in rows])  # [B, 2]
        cached = torch.tensor(lengths, device=self._device)  # [B]
        keys = torch.arange(width, device=self._device)
        visible = (keys <= cached[:, None])[:, None, None]  # [B, 1, 1, width]
        try:
            logits = self._model.next_logits(
                self._model.embed(ids[:, None]),
                places[..., None].to(self._device),
                visible,
                self._cache.step(cached, width),
            )
        except Exception as error:
            if not _out_of_memory(error):
                raise
            self._shed(error)
            return
        for number, slot in enumerate(rows):
            if slot is not None:
                self._write(number, logits[number : number + 1])

    def _pad(self) -> Tensor:
        return torch.tensor(self._model.config.pad_token_id, device=self._device)

    def _write(self, number: int, logits: Tensor) -> None:
        """Draw a slot's next token from its logits [1, V], tell it, and end what is at its end.

        An error of one request (its form cannot go on) ends that request alone.
        """
        slot = self._slots[number]
        if slot is None:
            return
        try:
            token = self._draw(slot, logits)
        except KexError as error:
            self._slots[number] = None
            slot.generation.put(error)
            return
        request = slot.generation.request
        constraint = request.constraint
        stop = token == self._model.config.eos_token_id
        if not stop:
            slot.append(token)
            slot.generation.put(Token(token))
            stop = constraint is not None and constraint.finished
        full = slot.written >= request.max_new_tokens or slot.filled >= self.length
        if stop or full:
            self._slots[number] = None
            reason: Literal["stop", "length"] = "stop" if stop else "length"
            slot.generation.put(End(reason, len(request.ids), slot.written, slot.broken))

    def _draw(self, slot: Slot, logits: Tensor) -> int:
        request = slot.generation.request
        scores = logits.float()
        slot.broken = slot.broken or bool(scores.isnan().any())
        if request.constraint is not None:
            allowed = request.constraint.mask().to(scores.device)
            scores = scores.masked_fill(~allowed, NEVER)
        history = slot.history[None, : slot.filled]
        scores = process(scores, history, request.params, self._model.config.eos_token_id)
        token = int(draw(scores, request.params, slot.generator))
        if request.constraint is not None and token != self._model.config.eos_token_id:
            request.constraint.accept(token)
        return token

    # When something goes wrong

    def _shed(self, error: Exception) -> None:
        """Out of memory in a step: the youngest answer goes, the others try again."""
        number = min(
            (n for n, slot in enumerate(self._slots) if slot is not None),
            key=lambda n: self._slots[n].written,  # type: ignore[union-attr]  # not None, see above
        )
        slot = self._slots[number]
        self._slots[number] = None
        self._free_memory()
        if slot is not None:
            slot.generation.put(_no_room(error))

    def _free_memory(self) -> None:
        self._pictures.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _failed(self, error: Exception) -> ModelFailed:
        """What to answer to an unexpected error; a card in an error state serves no more."""
        log.error("the engine met %s", type(error).__name__, exc_info=error)
        if self._device.type == "cuda" and "CUDA" in str(error):
            self._broken = message("states.glm_card_broken")
        failure = ModelFailed(message("errors.glm_failed", kind=type(error).__name__))
        failure.__cause__ = error
        return failure

    def _end_all(self, error: KexError) -> None:
        with self._change:
            waiting = list(self._waiting)
            self._waiting.clear()
        for generation in [slot.generation for slot in self._slots if slot] + waiting:
            generation.put(error)
        self._slots = [None] * len(self._slots)


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def _no_room(error: Exception) -> ModelFailed:
    failure = ModelFailed(
        message("errors.glm_out_of_memory"),
        retry_after=10,
    )
    failure.__cause__ = error
    return failure
