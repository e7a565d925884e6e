"""The command line: `python app.py …`. Exit codes that scripts can use, errors on stderr.

0 done · 1 failed · 2 wrong usage or input · 3 the model cannot serve ·
4 a budget is reached · 130 interrupted
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from cli.bench.command import bench
from cli.chat.command import chat_command
from cli.corpus.command import corpus
from cli.evaluate.command import evaluate
from cli.export import export_command
from cli.extract import extract_command
from cli.glm.command import glm
from cli.knowledge_base.command import base
from cli.language import say
from cli.models import models
from cli.replicas import replicas_command
from cli.serve import serve_command
from errors import InputError, KexError, Unavailable


class KexGroup(click.Group):
    """A group that turns our errors into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KexError as error:
            click.echo(say("error", message=error.message), err=True)
            if isinstance(error, InputError):
                ctx.exit(2)
            ctx.exit(3 if isinstance(error, Unavailable) else 1)
        except KeyboardInterrupt:
            click.echo(say("interrupted"), err=True)
            ctx.exit(130)
        except BrokenPipeError:
            # The reader (head, less) has seen enough; keep Python from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=KexGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="kex")
def main() -> None:
    """Kex takes text and gives back knowledge: triples, named entities, facts about an entity."""


main.add_command(serve_command, "serve")
main.add_command(replicas_command)
main.add_command(extract_command, "extract")
main.add_command(export_command, "export")
main.add_command(chat_command, "chat")
main.add_command(corpus)
main.add_command(base)
main.add_command(evaluate)
main.add_command(models, "models")
main.add_command(glm, "glm")
main.add_command(bench, "bench")
