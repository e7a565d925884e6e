"""`kex backup` and `kex restore`: conversations and knowledge base, also while the server runs."""

from __future__ import annotations

from pathlib import Path

import click

from cli.language import say
from settings import VERSION, Settings, load_settings

FOLDER = click.Path(path_type=Path, file_okay=False)
NAMES = ("conversations", "base")


@click.command()
@click.argument("folder", type=FOLDER)
def backup_command(folder: Path) -> None:
    """Copy conversations and knowledge base into the new FOLDER, also while Kex serves.

    Each copy is of one moment and is checked. `kex restore FOLDER` brings it back.
    """
    from storage.backup.making import make_backup

    settings = load_settings()
    here = {name: path for name, path in _databases(settings).items() if path is not None}
    if settings.base is not None and "base" not in here:
        from storage.database.postgres import without_password

        click.echo(say("backup_postgresql", address=without_password(settings.base)), err=True)
    for one in make_backup(folder.expanduser(), here, VERSION):
        name = say(f"backup_part_{one.name}")
        click.echo(say("backup_copied", name=name, size=one.size), err=True)
    click.echo(folder)


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--only", type=click.Choice(NAMES), help="Restore this database alone.")
@click.option(
    "--replace", is_flag=True, help="Replace what is stored now; it is kept in another file."
)
def restore_command(folder: Path, only: str | None, replace: bool) -> None:
    """Restore what `kex backup` wrote into FOLDER to the files of KEX_STORE and KEX_BASE.

    Nothing is changed until the whole backup has been checked.
    """
    from storage.backup.restoring import restore_backup

    databases = _databases(load_settings())
    wanted = {name: path for name, path in databases.items() if only in (None, name)}
    for one in restore_backup(folder.expanduser(), wanted, replace=replace):
        name = say(f"backup_part_{one.name}")
        click.echo(say("restore_done", name=name, path=one.path))
        if one.before is not None:
            click.echo(say("restore_before", name=name, path=one.before), err=True)


def _databases(settings: Settings) -> dict[str, Path | None]:
    """The file of each database; None where it is disabled or on a server."""
    base = settings.base
    return {
        "conversations": settings.store,
        "base": Path(base) if base is not None and "://" not in base else None,
    }
