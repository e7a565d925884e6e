"""How far a job is, whether it runs or not; reads its folder and changes nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from corpus.index import Index, translate_errors
from corpus.outputs.manifest import Sums, sums
from corpus.run import spec_of, spent
from folders import is_running

State = Literal["running", "killed", "finished", "limited", "budget", "model", "interrupted"]
_ENDS: dict[str | None, State] = {
    "whole": "finished", "limit": "limited", "budget": "budget", "model": "model",
    "interrupted": "interrupted", None: "killed",
}  # fmt: skip


@dataclass(frozen=True)
class Status:
    """`pid` is that of the run now or last; tokens are those of all runs."""

    state: State
    pid: int
    input: str
    model: str
    types: tuple[str, ...]
    sums: Sums
    shards: int
    prompt_tokens: int
    completion_tokens: int

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        return {**{k: v for k, v in found.items() if k != "sums"}, **found["sums"]}


def status_of(out: Path) -> Status:
    """InputError where there is no job."""
    spec = spec_of(out)
    with translate_errors(out), closing(Index(out)) as index:
        running = is_running(out)
        prompt, completion = spent(index)
        return Status(
            state="running" if running else _ENDS[index.get("ended")],
            pid=index.get("pid"),
            input=str(spec.input),
            model=spec.model,
            types=spec.options.types,
            sums=sums(index, spec.options.types),
            shards=len(index.shards()),
            prompt_tokens=prompt,
            completion_tokens=completion,
        )
