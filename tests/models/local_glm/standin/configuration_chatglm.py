"""The configuration as transformers keeps it."""

from __future__ import annotations

from transformers import PretrainedConfig


class ChatGLMConfig(PretrainedConfig):  # type: ignore[misc]  # transformers has no types
    model_type = "chatglm"
