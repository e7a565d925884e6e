"""VisualGLM-6B as a small PyTorch network over the official checkpoint.

Reading order: config → tokenizer → chat → image → vision → positions → rotary → cache →
language → model → sampling → generate (the plain loop) → quantize → checkpoint → memory →
engine (the same loop for many requests). Knows torch, sentencepiece, pillow, the standard library
and the project's `errors`; nothing of triples, prompts, HTTP, or of any transformers.
"""
