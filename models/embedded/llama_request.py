"""What `Embedded` says to llama.cpp, and what llama.cpp answers, chunk by chunk."""

from __future__ import annotations

from typing import Any

from errors import InputError, ModelFailed, TooLarge
from models.base import Chunk, Finish, GenerateRequest, Progress, Text, Usage
from models.thread_stream import Sink
from wording import message

RANDOM_SEED = 2**32 - 1  # llama.cpp's word for a seed of its own choice
LOWEST = -50.0  # a token's log probability: what the form forced may have none at all


def payload(request: GenerateRequest) -> dict[str, Any]:
    """The request in the words of llama.cpp's chat completions."""
    body: dict[str, Any] = {
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,
    }
    if request.tuned:
        body["lora"] = [{"id": 0, "scale": 1.0}]
    if request.logprobs:
        body |= {"logprobs": True, "top_logprobs": 1}
    sampling = request.sampling
    if sampling.top_p is not None:
        body["top_p"] = sampling.top_p
    if sampling.top_k is not None:
        body["top_k"] = sampling.top_k
    if sampling.repetition_penalty is not None:
        body["repeat_penalty"] = sampling.repetition_penalty
    if sampling.seed is not None:
        body["seed"] = sampling.seed % RANDOM_SEED
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if request.grammar is not None:
        body["grammar"] = request.grammar
    elif request.json_schema is not None:
        body["json_schema"] = dict(request.json_schema)
    return body


def check_grammar(grammar: str | None) -> None:
    """llama.cpp answers unconstrained, without a word, when it cannot compile a grammar."""
    if grammar is None:
        return
    import llguidance

    complaint = llguidance.LLMatcher.validate_grammar(grammar.removeprefix("%llguidance {}\n"))
    if complaint:
        raise InputError(message("errors.embedded_grammar", complaint=complaint), field="schema")


class LlamaAnswer:
    """Collects what llama.cpp calls back with; exceptions would be swallowed there."""

    def __init__(self, sink: Sink[Chunk]) -> None:
        self._sink = sink
        self._error: dict[str, Any] | None = None
        self._reason: str | None = None
        self._usage = Usage()

    def on_chunk(self, chunk: dict[str, Any]) -> bool:
        """True tells llama.cpp to stop."""
        if "error" in chunk:
            self._error = chunk["error"]
            return True
        progress = chunk.get("prompt_progress")
        if progress and progress["total"]:
            self._sink.put(Progress(progress["processed"] / progress["total"]))
        for choice in chunk.get("choices", []):
            text = choice.get("delta", {}).get("content")
            if text:
                self._sink.put(Text(text, _logprob(choice)))
            self._reason = choice.get("finish_reason") or self._reason
        usage = chunk.get("usage")
        if usage:
            self._usage = Usage(usage["prompt_tokens"], usage["completion_tokens"])
        return self._sink.stopped

    def finish(self) -> Finish:
        if self._error is not None:
            if self._error.get("type") == "exceed_context_size_error":
                raise TooLarge(
                    message(
                        "errors.embedded_prompt_too_long",
                        tokens=self._error.get("n_prompt_tokens"),
                        limit=self._error.get("n_ctx"),
                    ),
                    field="user_input",
                )
            raise ModelFailed(message("errors.embedded_failed", reason=self._error.get("message")))
        if self._reason is None:
            raise ModelFailed(message("errors.embedded_cut"))
        return Finish("length" if self._reason == "length" else "stop", self._usage)


def _logprob(choice: dict[str, Any]) -> float | None:
    """The logarithm of the probability of a chunk's tokens."""
    tokens = (choice.get("logprobs") or {}).get("content")
    return sum(max(token["logprob"], LOWEST) for token in tokens) if tokens else None
