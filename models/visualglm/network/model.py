"""VisualGLM: the language model, and a picture spliced into its prompt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.cache import Window
from models.visualglm.network.language import GLM, Trace
from models.visualglm.network.vision import ImageEncoder


class VisualGLM(nn.Module):
    """The whole network. Parameter names are the official ones but for those in `names`."""

    def __init__(self, config: VisualGLMConfig) -> None:
        super().__init__()
        self.config = config
        self.transformer = GLM(config)
        self.image_encoder = ImageEncoder(config)

    def embed(self, ids: Tensor, images: Tensor | None = None, start: int = 0) -> Tensor:
        """Embeddings of ids [B, S]: [B, S, hidden].

        `images` [B, image_length, hidden], as the image encoder gives them, take the places from
        `start` on; what ids stand there does not matter.
        """
        x: Tensor = self.transformer.word_embeddings(ids)
        if images is None:
            return x
        after = start + images.shape[1]
        return torch.cat((x[:, :start], images.to(x.dtype), x[:, after:]), dim=1)

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        visible: Tensor,
        window: Window | None = None,
        trace: Trace | None = None,
    ) -> Tensor:
        """Embeddings [B, S, hidden] → logits [B, S, V]; see `language.GLM.forward`."""
        hidden = self.transformer(x, positions, visible, window, trace)
        return self.transformer.logits(hidden)

    def next_logits(
        self, x: Tensor, positions: Tensor, visible: Tensor, window: Window | None = None
    ) -> Tensor:
        """As `forward`, for the last token alone: [B, V]."""
        hidden = self.transformer(x, positions, visible, window)
        return self.transformer.logits(hidden[:, -1])


def empty_model(config: VisualGLMConfig) -> VisualGLM:
    """The network without numbers (on the meta device), ready to be loaded."""
    with torch.device("meta"):
        return VisualGLM(config).eval().requires_grad_(False)
