from __future__ import annotations

import subprocess
import sys
from ast import literal_eval
from importlib.metadata import version

from tests import ROOT


def test_importing_the_app_loads_no_engine() -> None:
    code = (
        "import sys, app; app.create_app();"
        "heavy = {'torch', 'transformers', 'xllamacpp', 'openai', 'huggingface_hub', 'llguidance',"
        " 'numpy', 'pypdfium2', 'defusedxml'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(literal_eval(done.stdout))
    if version("pillow") < "13":  # of Python 3.10
        loaded.discard("defusedxml")  # Pillow 12 imports it itself
    assert loaded == set()
