"""`app.py evaluate` with a scripted model in place of Embedded: run as a process by its tests.

It notes every text that it is asked about in the file $ASKED, and stops at the text $STOP.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import models.registry
from errors import ModelFailed
from models.base import GenerateRequest
from tests.scripted_model import ScriptedModel, Step

TEXTS = {
    "Ann lives in Leeds.": '{"triples":[["Ann","lives in","Leeds"]]}',
    "Bob lives in York.": '{"triples":[["York","lives in","Bob"]]}',
    "Cleo <b>sings</b>.": '{"PER":["Cleo","<b>"]}',
    "Dan is 30.": '{"entities":[{"entity":"Dan","facts":[["age","30"]]}]}',
    "It breaks here.": "",
}


def script(request: GenerateRequest) -> Sequence[Step]:
    asked = request.messages[-1].content
    text = next(text for text in TEXTS if text in asked)
    with Path(os.environ["ASKED"]).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")
    if text == os.environ.get("STOP"):
        print("stopped", flush=True)
        return [600.0]
    return [TEXTS[text]] if TEXTS[text] else [ModelFailed("It broke.")]


if __name__ == "__main__":
    from cli.main import main

    factories = {"Embedded": lambda _: ScriptedModel(script), "ChatGpt": lambda _: ScriptedModel()}
    models.registry.FACTORIES = {**models.registry.FACTORIES, **factories}
    main(["evaluate", *sys.argv[1:]])
