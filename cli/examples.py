"""An example or more for the help of each command: lines that can be copied."""

from __future__ import annotations

from collections.abc import Mapping

import click

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "serve": ("kex serve --port 8000",),
    "replicas": ("kex replicas --model Embedded --least 1 --most 4",),
    "extract": (
        "kex extract article.txt",
        "kex extract report.pdf --type KE2 --format csv > entities.csv",
        'kex extract article.txt --type KE3 --entity "Marie Curie"',
        'echo "Ann lives in Leeds." | kex extract --schema "residence, employer" --format json',
    ),
    "export": ("kex export answers.jsonl --format html > report.html",),
    "chat": (
        "kex chat",
        'kex chat --model ChatGpt --prompt "What is a knowledge graph?"',
        "kex chat --model Local-GLM --image photo.jpg",
    ),
    "corpus run": (
        "kex corpus run papers.jsonl --out runs/papers --type KE1,KE2",
        "kex corpus run folder/ --out runs/folder --dry-run",
    ),
    "corpus status": ("kex corpus status runs/papers",),
    "corpus retry": ("kex corpus retry runs/papers",),
    "backup": ("kex backup backups/monday",),
    "restore": ("kex restore backups/monday --replace",),
    "base import": ("kex base import runs/papers answers.jsonl",),
    "base status": ("kex base status",),
    "base export": ("kex base export --format turtle > base.ttl",),
    "base split": ('kex base split "Paris" --source papers',),
    "base merge": ('kex base merge "IBM" "International Business Machines"',),
    "base decisions": ("kex base decisions",),
    "base undo": ("kex base undo 3",),
    "base remove": ("kex base remove papers",),
    "evaluate": ("kex evaluate --limit 60 --out runs/a",),
    "evaluate compare": ("kex evaluate compare runs/a runs/b",),
    "models list": ("kex models list",),
    "models get": ("kex models get Embedded",),
    "models verify": ("kex models verify Embedded",),
    "models convert": ("kex models convert visualglm-6b visualglm-6b-8bit --quant 8",),
    "glm plan": ("kex glm plan --random-weights --quant 4",),
    "glm measure": ("kex glm measure --random-weights --device cuda --quant 8",),
    "glm verify": ("kex glm verify --path visualglm-6b",),
    "doctor": ("kex doctor", "kex doctor --all --format json"),
    "mcp": ("kex mcp",),
    "bench requests": ("kex bench requests --rounds 1 --out speed.json",),
    "bench steps": ("kex bench steps --plot steps.png",),
    "bench corpus": ("kex bench corpus --texts 16",),
}


def add_examples(group: click.Group, path: str = "") -> None:
    """Write them below the help of every command of the group that has some."""
    for name, command in group.commands.items():
        full = f"{path} {name}".strip()
        if full in EXAMPLES:
            lines = "\n".join(f"  {line}" for line in EXAMPLES[full])
            # \b: click wraps these lines no more.
            command.epilog = f"\b\nExamples:\n{lines}"
        if isinstance(command, click.Group):
            add_examples(command, full)
