"""VisualGLM-6B as a small PyTorch network over the official checkpoint.

Reading order: config → tokenizer → chat → image → vision → positions → rotary → cache →
language → model → sampling → generate (the plain loop) → slots, engine (the same for many
requests) → stream, response (ids as text) → quantize → layout, names, safetensors, checkpoint,
loading, pretrained, convert (files) → memory → random_weights. Knows torch, sentencepiece, pillow,
the standard library and the project's `errors`; nothing of triples, prompts, HTTP, or of any
transformers.
"""
