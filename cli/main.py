"""The command line: `kex …`. Exit codes that scripts can use, errors on stderr.

0 done · 1 failed · 2 wrong usage or input · 3 the model cannot serve ·
4 a budget is reached · 130 interrupted
"""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from cli.backup.command import backup_command, restore_command
from cli.bench.command import bench
from cli.chat.command import chat_command
from cli.corpus.command import corpus
from cli.doctor.command import doctor_command
from cli.evaluate.command import evaluate
from cli.examples import add_examples
from cli.export import export_command
from cli.extract import extract_command
from cli.glm.command import glm
from cli.interrupts import ending_soon
from cli.knowledge_base.command import base
from cli.language import say
from cli.mcp_server.command import mcp_command
from cli.models import models
from cli.replicas import replicas_command
from cli.serve import serve_command
from cli.streams import INTERRUPTED, ClosedStream, drop_output
from errors import InputError, KexError, Unavailable
from settings import VERSION

# What a write to standard output, or to a file, fails with; it does not name the file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class KexGroup(click.Group):
    """A group that turns our errors into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with ending_soon():
                return super().invoke(ctx)
        except KexError as error:
            click.echo(say("error", message=error.message), err=True)
            if isinstance(error, InputError):
                ctx.exit(2)
            ctx.exit(3 if isinstance(error, Unavailable) else 1)
        except KeyboardInterrupt:
            click.echo(say("interrupted"), err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # The reader (head, less) has seen enough; keep Python from complaining at exit.
            drop_output()
            ctx.exit(0)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Around all of it, since help is written before a command begins."""
        try:
            return super().main(*args, **kwargs)
        except ClosedStream as error:
            drop_output()
            click.echo(say("error", message=say(error.key)), err=True)
            sys.exit(2)
        except OSError as error:
            if error.filename is not None or error.errno not in _NO_ROOM:
                raise
            drop_output()
            click.echo(say("error", message=say("not_written", reason=error.strerror)), err=True)
            sys.exit(1)


@click.group(cls=KexGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="kex")
def main() -> None:
    """Turn Chinese or English text into triples, named entities and facts."""


main.add_command(serve_command, "serve")
main.add_command(replicas_command)
main.add_command(mcp_command)
main.add_command(extract_command, "extract")
main.add_command(export_command, "export")
main.add_command(chat_command, "chat")
main.add_command(corpus)
main.add_command(base)
main.add_command(backup_command, "backup")
main.add_command(restore_command, "restore")
main.add_command(evaluate)
main.add_command(models, "models")
main.add_command(glm, "glm")
main.add_command(bench, "bench")
main.add_command(doctor_command, "doctor")
add_examples(main)
