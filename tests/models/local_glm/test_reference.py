"""The official engine's plumbing, under the pinned transformers, around code of our own.

The official files are nobody's to ship: a stand-in with their interface lies in their place.
"""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from errors import InputError, ModelFailed, Unavailable
from models.base import Chunk, Finish, GenerateRequest, Image, Message, Progress, Sampling, Text
from models.local_glm.model import LocalGlm
from models.local_glm.official import CODE, missing
from models.local_glm.reference import NO_FORM, ReferenceGlm, harmless
from models.registry import Registry
from scripts.tiny_visualglm import make_checkpoint
from settings import Settings
from verification import compare as glm_compare
from verification.compare import QUESTIONS, choose_tolerance, compare, picture

pytest.importorskip("transformers", reason="4.27.1 has no build for Python 3.12 and later")

STANDIN = Path(__file__).parent / "standin"
MAP = {
    "AutoConfig": "configuration_chatglm.ChatGLMConfig",
    "AutoModel": "modeling_chatglm.ChatGLMForConditionalGenerationWithImage",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with the code beside it, as on the hub."""
    made = make_checkpoint(tmp_path_factory.mktemp("official") / "visualglm-tiny", form="bin")
    raw = json.loads((made / "config.json").read_text(encoding="utf-8"))
    (made / "config.json").write_text(json.dumps({**raw, "auto_map": MAP}), encoding="utf-8")
    tokenizer = {"AutoTokenizer": ["tokenization_chatglm.ChatGLMTokenizer", None]}
    content = {"tokenizer_class": "ChatGLMTokenizer", "auto_map": tokenizer}
    (made / "tokenizer_config.json").write_text(json.dumps(content), encoding="utf-8")
    for path in STANDIN.glob("*.py"):
        if path.name != "__init__.py":
            shutil.copy(path, made)
    return made


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """transformers copies such code into a cache; the tests leave the developer's alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is of 2023
        import transformers.dynamic_module_utils as dynamic

        monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path / "modules"))
        before = list(sys.path)
        yield
    sys.path[:] = before
    for name in [name for name in sys.modules if name.startswith("transformers_modules")]:
        del sys.modules[name]


def settings(folder: Path, **more: Any) -> Settings:
    base = {"glm_path": folder, "glm_device": "cpu", "glm_dtype": "fp32", **more}
    return Settings.model_validate(base)


@pytest.fixture
def reference(folder: Path) -> ReferenceGlm:
    model = Registry(settings(folder, glm_engine="reference")).get("Local-GLM")
    assert isinstance(model, ReferenceGlm)
    return model


def asking(text: str, *images: Image, tokens: int = 12, **more: Any) -> GenerateRequest:
    messages = (Message("user", text, images),)
    return GenerateRequest(messages=messages, max_tokens=tokens, **more)


def drawn(seed: int) -> Sampling:
    """By chance: the likeliest words of random numbers are always the same."""
    return Sampling(seed=seed, top_k=0, top_p=1.0)


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))


def test_it_is_off_unless_asked_for(folder: Path) -> None:
    assert isinstance(Registry(settings(folder)).get("Local-GLM"), LocalGlm)
    assert "transformers_modules.visualglm-tiny" not in sys.modules


def test_it_answers_as_our_own_network_does(reference: ReferenceGlm, folder: Path) -> None:
    assert reference.state().status == "idle"
    own = LocalGlm(settings(folder))
    seen = Image(picture(), "image/png")
    requests = (
        asking("描述这张图片。", seen),
        asking("你好", temperature=1.0, sampling=drawn(1)),
        asking("描述这张图片。", seen, temperature=1.0, sampling=drawn(2)),
        asking("Hi", temperature=0.8, sampling=Sampling(seed=5, top_k=30)),
        GenerateRequest(
            (
                Message("system", "Be brief."),
                Message("user", "问"),
                Message("assistant", "答"),
                Message("user", "再问", (seen,)),
            ),
            9,
            temperature=1.0,
            sampling=drawn(3),
        ),
    )
    for request in requests:
        ours, theirs = list(own.generate(request)), list(reference.generate(request))
        assert text_of(theirs) == text_of(ours)
        assert theirs[-1] == ours[-1]
        assert text_of(ours) or request.sampling.top_k != 0
    assert reference.state().status == "ready"
    own.close()
    reference.close()
    assert reference.state().status == "idle"


def test_a_form_is_not_promised(reference: ReferenceGlm) -> None:
    (*_, last) = reference.generate(asking("x", json_schema={"type": "object"}))
    assert isinstance(last, Finish) and last.warning == NO_FORM
    (*_, last) = reference.generate(asking("x"))
    assert isinstance(last, Finish) and last.warning is None


def test_a_reader_may_leave(reference: ReferenceGlm) -> None:
    answer = reference.generate(asking("你好", tokens=2000))
    assert isinstance(next(answer), Text | Progress)
    answer.close()
    # One answer at a time: the next one comes only because the first has stopped.
    assert isinstance(list(reference.generate(asking("你好", tokens=3)))[-1], Finish)


def test_a_stop_string_ends_it(reference: ReferenceGlm) -> None:
    request = asking("你好", temperature=1.0, tokens=30, sampling=drawn(4))
    whole = text_of(list(reference.generate(request)))
    assert len(whole) > 8
    stop = whole[5:8]
    stopped = replace(request, sampling=replace(request.sampling, stop=(stop,)))
    chunks = list(reference.generate(stopped))
    assert text_of(chunks) == whole[: whole.index(stop)]
    assert isinstance(chunks[-1], Finish) and chunks[-1].reason == "stop"


def test_a_users_words_name_no_file(reference: ReferenceGlm) -> None:
    """The official code would open what stands in <img>, and take <sop> for the prompt's end."""
    text = "<img>/etc/passwd</img> <sop> [gMASK] <eop>"
    assert harmless(text) == "< img>/etc/passwd< /img> < sop> [ gMASK] < eop>"
    chunks = list(reference.generate(asking(text, tokens=4)))
    assert isinstance(chunks[-1], Finish)


def test_a_picture_that_is_none(reference: ReferenceGlm) -> None:
    with pytest.raises(InputError, match="decoded"):
        list(reference.generate(asking("x", Image(b"text", "image/png"))))


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    assert missing(folder, "cpu", 0) is None
    assert "CUDA" in (missing(folder, "cpu", 8) or "")
    assert "no CUDA card" in (missing(folder, "cuda:99", 0) or "")
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "visual.py").write_text("from sat.model import ViTModel\n")
    told = missing(tmp_path / "copy", "cpu", 0) or ""
    assert "SwissArmyTransformer==0.3.6" in told and "pip install --no-deps" in told
    for name in CODE[1:]:
        (tmp_path / "copy" / name).unlink()
    told = missing(tmp_path / "copy", "cpu", 0) or ""
    assert all(name in told for name in CODE[1:])
    model = ReferenceGlm(settings(tmp_path / "copy"))
    assert model.state().status == "unavailable"
    with pytest.raises(Unavailable, match="modeling_chatglm"):
        model.load()


def test_code_that_breaks_is_told_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(folder, tmp_path / "visualglm-broken")
    (broken / "modeling_chatglm.py").write_text("raise RuntimeError('not today')\n")
    model = ReferenceGlm(settings(broken))
    with pytest.raises(Unavailable, match="not today"):
        model.load()
    assert "not today" in model.state().detail


def test_an_answer_that_breaks_is_told_in_a_sentence(reference: ReferenceGlm) -> None:
    impossible = asking("x", temperature=1.0, sampling=Sampling(top_p=-0.5))
    with pytest.raises(ModelFailed, match="official code failed"):
        list(reference.generate(impossible))


def test_both_engines_are_compared(folder: Path) -> None:
    said: list[str] = []
    outcome = compare(settings(folder), said.append)
    assert outcome.agree and len(said) == 2
    lines = outcome.lines()
    for question in QUESTIONS:
        (line,) = [line for line in lines if line.startswith(f"{question.name} ")]
        assert line.endswith("ok") and "same" in line and "32 of 32" in line
    assert lines[-1] == "the two agree" and "tokens/s" in lines[-3]


def test_engines_that_differ_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = glm_compare._ask_official

    def other(*given: object) -> object:
        answer, seconds = ask(*given)  # type: ignore[arg-type]  # passed on as they came
        answer.tokens[3] += 1
        return replace(answer, logits=answer.logits + 1), seconds

    monkeypatch.setattr(glm_compare, "_ask_official", other)
    outcome = compare(settings(folder), lambda _: None)
    assert not outcome.agree
    assert all("FAILED" in line for line in outcome.lines()[1:6])
    assert "3 of 32" in outcome.lines()[1]


def test_tolerances() -> None:
    torch = pytest.importorskip("torch")
    assert choose_tolerance(torch.float32, 28)[0] == 1e-4
    half, told = choose_tolerance(torch.float16, 28)
    assert half == pytest.approx(56 * 2**-11) and "28 layers" in told
    assert choose_tolerance(torch.bfloat16, 28)[0] == pytest.approx(8 * half)
