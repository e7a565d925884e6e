"""`kex glm`: is the network what it should be, what does it need, how fast is it here?

Knows options and exit codes; the work is in `verification.golden`, `verification.compare` and
`verification.measure`.
"""

from __future__ import annotations

from pathlib import Path

import click

from cli.glm.measure import DTYPE, QUANT, measure_command, plan_command
from cli.language import say
from models.local_glm.packages import require_packages
from settings import load_settings

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def glm() -> None:
    """VisualGLM-6B on this machine: check it, plan it, measure it."""
    require_packages()


glm.add_command(plan_command, "plan")
glm.add_command(measure_command, "measure")


@glm.command("verify")
@click.option("--golden", type=FOLDER, help="Folder of vectors that the official code made.")
@click.option("--path", type=FOLDER, help="Checkpoint to run twice (KEX_GLM_PATH).")
@click.option("--device", help="cuda, cuda:1, … or cpu (KEX_GLM_DEVICE).")
@click.option("--dtype", type=DTYPE, help="KEX_GLM_DTYPE.")
@click.option("--quant", type=QUANT, help="KEX_GLM_QUANT.")
@click.pass_context
def verify_command(
    ctx: click.Context,
    golden: Path | None,
    path: Path | None,
    device: str | None,
    dtype: str | None,
    quant: str | None,
) -> None:
    """Compare the network with the official code.

    With --golden, to vectors in a folder, array by array. Without, the checkpoint is loaded twice,
    here and by the official code in its own folder, which is run, and both answer the same
    prompts. Exit code 1 when anything is off.
    """
    if golden is not None:
        if path or device or dtype or quant:
            raise click.UsageError(say("glm_golden_alone"))
        ctx.exit(_verify_golden(golden.expanduser()))
    given = {"path": path, "device": device, "dtype": dtype, "quant": quant}
    changes = {f"glm_{name}": value for name, value in given.items() if value is not None}
    settings = load_settings().model_copy(update=changes)
    from verification.compare import compare

    outcome = compare(settings, lambda text: click.echo(text, err=True))
    for line in outcome.lines():
        click.echo(line)
    ctx.exit(0 if outcome.agree else 1)


def _verify_golden(folder: Path) -> int:
    from verification.golden.verify import verify

    report = verify(folder)
    for line in report.lines():
        click.echo(line)
    return 1 if report.failed else 0
