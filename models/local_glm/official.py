"""The official VisualGLM code, run from the checkpoint's own folder: loaded, and asked for ids.

It is somebody else's Python, executed as it lies there; nobody imports this unless
KEX_GLM_ENGINE=reference or `kex glm verify` asks for it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import Unavailable
from models.gpus import missing_card
from wording import message

if TYPE_CHECKING:  # asking what is missing loads no torch
    import torch

TRANSFORMERS = "4.27."  # the only ones that run this code: see docs/visualglm.md
CODE = (
    "config.json", "configuration_chatglm.py", "modeling_chatglm.py", "quantization.py",
    "tokenization_chatglm.py", "tokenizer_config.json", "visual.py", "ice_text.model",
)  # fmt: skip
# What the official code imports, and how to get it.
_MODULES = {"sat": "SwissArmyTransformer==0.3.6", "einops": "einops", "torchvision": "torchvision"}
_INSTALL = "pip install --no-deps SwissArmyTransformer==0.3.6 einops torchvision"


@dataclass(frozen=True)
class Official:
    """The loaded pair, of types that only the checkpoint's folder knows."""

    model: Any
    tokenizer: Any

    def inputs(
        self, image_path: str, query: str, history: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        """What the official chat gives to the model; an empty path is no picture."""
        made = self.model.build_inputs_with_image(
            self.tokenizer, image_path, query, history=list(history)
        )
        return dict(made)

    def text(self, ids: Sequence[int]) -> str:
        """Ids of an answer as the official chat shows them."""
        return str(self.model.process_response(self.tokenizer.decode(list(ids))))


def missing(folder: Path, device: str, bits: int) -> str | None:
    """Why the official code cannot run here, by cheap looks, or None."""
    if importlib.util.find_spec("transformers") is None:
        return message("states.glm_official_no_transformers", wanted=TRANSFORMERS)
    lacking = [name for name in CODE if not (folder / name).is_file()]
    if lacking:
        return message("states.glm_official_files_missing", folder=folder, files=", ".join(lacking))
    wanted = _MODULES if "sat" in (folder / "visual.py").read_text(encoding="utf-8") else {}
    lacking = [name for name in wanted if importlib.util.find_spec(name) is None]
    if lacking:
        return message(
            "states.glm_official_modules_missing",
            modules=", ".join(_MODULES[name] for name in lacking),
            install=_INSTALL,
        )
    card = missing_card(device)
    if card is not None:
        return message("states.glm_official_no_card", device=device, card=card)
    if bits and device == "cpu":
        return message("states.glm_official_quantised", bits=bits)
    return None


def load_official(
    folder: Path, device: str, bits: int = 0, dtype: torch.dtype | None = None
) -> Official:
    """The official model as its README loads it: half on a card, float32 on the CPU.

    `bits` 8 or 4 quantises it; `dtype` replaces its usual type. Raises Unavailable naming what is
    missing.
    """
    reason = missing(folder, device, bits) or _wrong_transformers()
    if reason is not None:
        raise Unavailable(reason)
    import torch
    from transformers import AutoModel, AutoTokenizer

    place = {"trust_remote_code": True, "local_files_only": True}
    try:
        with redirect_stdout(sys.stderr):  # SwissArmyTransformer prints as it likes
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **place)
            model = AutoModel.from_pretrained(str(folder), **place)
            if bits:  # on the card that is current, whatever the model is moved to later
                with torch.cuda.device(torch.device(device)):
                    model = model.quantize(bits)
            usual = torch.float32 if device == "cpu" else torch.float16
            model = model.to(dtype or usual).to(device).eval()
    # Another's code, run for the first time: it can fail in any way.
    except Exception as error:
        raise Unavailable(
            message(
                "states.glm_official_load_failed",
                folder=folder,
                kind=type(error).__name__,
                reason=str(error),
            )
        ) from error
    return Official(model, tokenizer)


def _wrong_transformers() -> str | None:
    import transformers

    if transformers.__version__.startswith(TRANSFORMERS):
        return None
    return message(
        "states.glm_official_transformers", wanted=TRANSFORMERS, installed=transformers.__version__
    )
