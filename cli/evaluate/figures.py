"""The figures of an evaluation, and of two compared, as tables on the terminal."""

from __future__ import annotations

from rich.table import Table

from cli.language import say
from cli.terminal import print_table
from evaluation.report.compare import Comparison
from evaluation.report.report import Figure, Group, Report
from evaluation.scoring.metrics import METRICS, SHARES, TASKS
from knowledge.items import PromptType

SURE = 0.05  # p-values below this are marked


def print_report(report: Report) -> None:
    """One table per task: F1 with its interval, precision and recall below it; then the cost."""
    for task in TASKS:
        groups = [group for group in report.groups if group.task == task]
        if groups:
            print_table(_figures(task, groups))


def _figures(task: PromptType, groups: list[Group]) -> Table:
    table = Table(title=say("evaluate_table", task=task), title_justify="left")
    table.add_column(say("evaluate_rows_of"))
    counts = (say("evaluate_rows"), say("evaluate_failed_column"), say("evaluate_seconds"))
    for name in (*counts, *METRICS[task]):
        table.add_column(name.replace("_", " "), justify="right")
    for group in groups:
        table.add_row(
            group.name,
            str(group.rows),
            str(group.rows - group.form.valid),
            f"{group.cost.seconds / group.rows:.1f}",
            *(_cell(name, figure) for name, figure in group.metrics.items()),
        )
    return table


def _cell(metric: str, figure: Figure) -> str:
    low, high = figure.f1_range
    shown = f"{100 * figure.f1:.1f} [{100 * low:.0f}–{100 * high:.0f}]"
    if metric in SHARES:
        return shown
    return f"{shown}\nP {100 * figure.precision:.0f} R {100 * figure.recall:.0f}"


def print_comparison(comparison: Comparison) -> None:
    """One line per task, language and metric; a star where chance is an unlikely explanation."""
    table = Table(title=say("evaluate_common", count=comparison.common), title_justify="left")
    for name in (say("evaluate_task"), say("evaluate_language"), "", say("evaluate_metric")):
        table.add_column(name)
    for name in (say("evaluate_rows"), "A", "B", "B − A", say("evaluate_interval"), "p"):
        table.add_column(name, justify="right")
    for line in comparison.compared:
        apart = line.difference
        table.add_row(
            line.task,
            line.lang,
            say("evaluate_mean") if line.mean else "",
            line.metric.replace("_", " "),
            str(line.rows),
            f"{100 * line.first:.1f}",
            f"{100 * line.second:.1f}",
            f"{100 * apart.value:+.1f}",
            f"{100 * apart.interval.low:+.1f} … {100 * apart.interval.high:+.1f}",
            f"{apart.p:.4f}{'*' if apart.p < SURE else ' '}",
        )
    print_table(table)
