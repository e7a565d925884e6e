"""How a run of a corpus is shown while it goes: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from cli.language import say
from corpus.budget import Price
from corpus.job import Progress

LINE_SECONDS = 10.0  # between two lines on a pipe
CALM_SECONDS = 5.0  # of work before an end is foretold


class Screen:
    """Takes what a run tells."""

    def __init__(self, name: str, price: Price | None, console: Console) -> None:
        self._name = name
        self._price = price
        self._console = console
        self._line_due = time.monotonic() + LINE_SECONDS
        self._began: tuple[float, float] | None = None  # when the first new outcome came, and where
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self.bar = Bar(*columns, console=console, disable=not console.is_terminal)
        self._task = self.bar.add_task(name, total=1.0)

    def share(self, share: float) -> None:
        """Where a look at all documents is."""
        self.bar.update(self._task, completed=share)

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._began is None and progress.finished:
            self._began = now, progress.share
        parts = f"{self._name}: {self._line(progress, now)}"
        self.bar.update(self._task, completed=progress.share, description=parts)
        if not self._console.is_terminal and now >= self._line_due:
            self._line_due = now + LINE_SECONDS
            self._console.print(f"{progress.share:.1%} {parts}", soft_wrap=True)

    def _line(self, progress: Progress, now: float) -> str:
        rate = progress.finished / max(now - progress.began, 0.001)
        tokens = progress.prompt_tokens, progress.completion_tokens
        parts = [
            say("corpus_documents", count=progress.skipped + progress.finished),
            f"{rate:.3g}/s",
        ]
        if progress.failed:
            parts.append(say("corpus_failed_count", count=progress.failed))
        parts.append(say("corpus_tokens", count=sum(tokens)))
        if self._price is not None:
            parts.append(say("corpus_cost", cost=self._price.of(*tokens)))
        end = self._end(progress, now)
        return say("list_separator").join([*parts, say("corpus_end", end=end)] if end else parts)

    def _end(self, progress: Progress, now: float) -> str | None:
        """When the input's end is reached at the speed so far."""
        if self._began is None or now - self._began[0] < CALM_SECONDS:
            return None
        share = progress.share - self._began[1]
        if share <= 0:
            return None
        left = (now - self._began[0]) * (1 - progress.share) / share
        end = datetime.now().astimezone() + timedelta(seconds=min(left, 1e8))
        return end.strftime("%H:%M" if left < 72_000 else "%Y-%m-%d %H:%M")


@contextmanager
def shown(name: str, price: Price | None) -> Iterator[Screen]:
    """A screen on stderr."""
    console = Console(stderr=True, markup=False, highlight=False)
    screen = Screen(name, price, console)
    with screen.bar:
        yield screen
