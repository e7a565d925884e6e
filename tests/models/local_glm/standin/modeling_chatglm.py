"""The model's interface: ids and a picture in, logits out; transformers' own generation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from models.visualglm.checkpoint.pretrained import load_pretrained
from models.visualglm.config import read_config
from models.visualglm.network.model import VisualGLM, empty_model
from models.visualglm.network.positions import padded_batch
from models.visualglm.text.chat import build_prompt, process_response
from verification.golden.processors import replace_invalid_officially

from .configuration_chatglm import ChatGLMConfig
from .visual import read


class InvalidScoreLogitsProcessor(LogitsProcessor):  # type: ignore[misc]  # no types
    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        return replace_invalid_officially(scores)


class ChatGLMForConditionalGenerationWithImage(PreTrainedModel):  # type: ignore[misc]  # no types
    config_class = ChatGLMConfig
    glm: VisualGLM

    @classmethod
    def from_pretrained(cls, path: str, *rest: Any, config: Any, **more: Any) -> Any:
        own = read_config(Path(path))
        made = cls(config)
        made.glm = empty_model(own)
        made.glm = load_pretrained(Path(path), torch.float16, "cpu")
        return made

    @property
    def image_encoder(self) -> Any:
        return self.glm.image_encoder

    def can_generate(self) -> bool:
        return True

    def process_response(self, text: str) -> str:
        return process_response(text)

    def build_inputs_with_image(
        self, tokenizer: Any, image_path: str, query: str, history: list[tuple[str, str]]
    ) -> dict[str, Any]:
        config = self.glm.config
        places = config.image_length if image_path else None
        prompt = build_prompt(tokenizer.own, query, history, places, neutralise=False)
        inputs: dict[str, Any] = {
            "input_ids": torch.tensor([prompt.ids]),
            "pre_image_length": prompt.image_start or 0,
        }
        if image_path:
            inputs["images"] = read(image_path, config.vit.image_size).to(self.dtype)
        return inputs

    def prepare_inputs_for_generation(self, input_ids: Tensor, **kwargs: Any) -> dict[str, Any]:
        kept = {key: kwargs.get(key) for key in ("images", "pre_image_length")}
        return {"input_ids": input_ids, **kept}

    def forward(
        self,
        input_ids: Tensor,
        images: Tensor | None = None,
        pre_image_length: int = 0,
        **more: Any,
    ) -> Any:
        ids, positions, visible = padded_batch(input_ids.tolist(), self.glm.config)
        embeds = None if images is None else self.glm.image_encoder(images)
        x = self.glm.embed(ids, embeds, pre_image_length)
        return CausalLMOutput(logits=self.glm(x, positions, visible))

    @torch.no_grad()
    def stream_generate(
        self, input_ids: Tensor, logits_processor: Any, stopping_criteria: Any, **more: Any
    ) -> Iterator[Tensor]:
        """As the official one, the sequence that ends is not yielded."""
        how = self.generation_config
        rest = how.update(**more)
        process = self._get_logits_processor(
            how, input_ids.shape[1], input_ids, None, logits_processor
        )
        warp, stop = self._get_logits_warper(how), stopping_criteria
        stop = self._get_stopping_criteria(how, stop)
        while True:
            inputs = self.prepare_inputs_for_generation(input_ids, **rest)
            scores = warp(input_ids, process(input_ids, self(**inputs).logits[:, -1].float()))
            if how.do_sample:
                token = torch.multinomial(scores.softmax(dim=-1), 1)
            else:
                token = scores.argmax(dim=-1, keepdim=True)
            input_ids = torch.cat((input_ids, token), dim=1)
            if int(token) == self.glm.config.eos_token_id or stop(input_ids, None):
                return
            yield input_ids
