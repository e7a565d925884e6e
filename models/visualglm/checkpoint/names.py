"""How this network's tensor names follow the official checkpoint's: one renaming, no exceptions."""

from __future__ import annotations

# Ours -> official. Whole names and prefixes alike; whatever matches none has the official name.
_RENAMED = (
    ("image_encoder.vit.patch_embedding.", "image_encoder.vit.mixins.patch_embedding.proj."),
    ("image_encoder.vit.ln_vision.", "image_encoder.vit.mixins.cls.ln_vision."),
    ("image_encoder.vit.class_token", "image_encoder.vit.transformer.word_embeddings.weight"),
    (
        "image_encoder.vit.position_embeddings",
        "image_encoder.vit.transformer.position_embeddings.weight",
    ),
    ("image_encoder.vit.layers.", "image_encoder.vit.transformer.layers."),
    ("image_encoder.qformer.queries", "image_encoder.qformer.transformer.word_embeddings.weight"),
    ("image_encoder.qformer.layers.", "image_encoder.qformer.transformer.layers."),
    (
        "image_encoder.qformer.final_layernorm.",
        "image_encoder.qformer.transformer.final_layernorm.",
    ),
)


def official_name(ours: str) -> str:
    """The official checkpoint's name of the parameter or buffer `ours`."""
    for own, official in _RENAMED:
        if ours == own or (own.endswith(".") and ours.startswith(own)):
            return official + ours[len(own) :]
    return ours
