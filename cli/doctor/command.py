"""`kex doctor`: prints what people can paste into a bug report."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.doctor.checks import Check, checks
from cli.doctor.facts import facts
from cli.language import locale_language, say
from errors import InputError
from settings import Settings, load_settings
from wording import localised


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--all", "thorough", is_flag=True,
    help="Also ask the service behind ChatGpt, which may charge for it, and load Local-GLM.",
)  # fmt: skip
@click.pass_context
def doctor_command(context: click.Context, form: str, thorough: bool) -> None:
    """Test every part of Kex on this machine; print what a bug report needs.

    Keys, passwords, texts and answers are left out. Exit code 1: a part failed.
    """
    from models.registry import Registry

    settings: Settings | None = None
    done: list[Check] = []
    try:
        settings = load_settings()
    except InputError as error:
        done.append(Check("settings", "failed", localised(error.message, locale_language())))
    known = facts(settings)
    if form == "text":
        _print_facts(known)
        for check in done:
            _print_check(check)
    if settings is not None:
        registry = Registry(settings)
        try:
            for check in checks(settings, registry, thorough=thorough):
                done.append(check)
                if form == "text":
                    _print_check(check)
        finally:
            registry.close()
    if form == "json":
        report = {**known, "checks": [check.to_json() for check in done]}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    if any(check.status == "failed" for check in done):
        context.exit(1)


def _print_facts(known: Any) -> None:
    for name in ("kex", "python", "processor", "memory"):
        click.echo(f"{say(f'doctor_{name}_title')}: {known[name]}")
    packages = ", ".join(f"{name} {version}" for name, version in known["packages"].items())
    click.echo(f"{say('doctor_packages_title')}: {packages}")
    settings = ", ".join(f"{name}={value}" for name, value in known["settings"].items())
    click.echo(f"{say('doctor_settings_title')}: {settings or say('doctor_defaults')}")
    click.echo()


def _print_check(check: Check) -> None:
    status = say(f"doctor_status_{check.status}")
    click.echo(f"[{status}] {check.name}{': ' if check.detail else ''}{check.detail}")
