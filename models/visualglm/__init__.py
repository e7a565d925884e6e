"""VisualGLM-6B as a small PyTorch network over the official checkpoint.

Reading order: `config`, then `network/` (rotary, positions, language, vision, model, cache,
quantisation), `text/` (tokenizer, chat, response), `engine/` (sampling, slots, engine), `image`,
and `checkpoint/` (layout, names, reader, loading, pretrained, conversion, memory_plan).
"""
