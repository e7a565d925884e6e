"""The real recognisers on texts of our own: what they find, where, and that nothing upsets them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from errors import Unavailable
from models.base import Mention
from models.embedded.model import Embedded
from models.recognisers import Recognisers
from settings import Settings

ZH = "王小明在上海交通大学读书，去年十月搬到了北京海淀公园附近。"
EN = "Maria Lopez works for Siemens in Toronto since March 2019."


def found(text: str, mentions: list[Mention]) -> set[tuple[str, str]]:
    return {(mention.label, text[mention.start : mention.end]) for mention in mentions}


def test_chinese(recognisers: Recognisers) -> None:
    names = found(ZH, recognisers.recognize(ZH, "zh"))
    assert {("PER", "王小明"), ("ORG", "上海交通大学"), ("LOC", "北京海淀公园")} <= names
    assert any(label == "TIME" for label, _ in names)


def test_english(recognisers: Recognisers) -> None:
    names = found(EN, recognisers.recognize(EN, "en"))
    assert {("PER", "Maria Lopez"), ("ORG", "Siemens"), ("LOC", "Toronto")} <= names
    assert ("TIME", "March 2019") in names


@pytest.mark.parametrize(("lang", "name"), [("zh", "王小明"), ("en", "Maria Lopez")])
@pytest.mark.parametrize(
    "before",
    [
        "",
        " \t ",
        "\n\n",
        "\r\n",
        "　",
        "😀👩‍👩‍👧 ",
        "𠮷𝒳 ",
        "ＡＢＣ，",
        "https://a.example/b?c=d \n",
        "\x00\n",
    ],
)
def test_offsets_are_exact(recognisers: Recognisers, before: str, lang: str, name: str) -> None:
    sentence = {"zh": ZH, "en": EN}[lang]
    text = f"{before}{sentence}\n\n{sentence}"
    mentions = recognisers.recognize(text, lang)
    places = [m.start for m in mentions if text[m.start : m.end] == name]
    assert places[-1] == text.rindex(name)
    starts = [mention.start for mention in mentions]
    assert starts == sorted(starts)
    for mention in mentions:
        piece = text[mention.start : mention.end]
        assert piece and piece == piece.strip() and "\n" not in piece


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\n", "\ud800", "\ufeff", "[[[]]]", "'s", "The "),
        *(unit * 3000 for unit in "(@的a·#"),
        *("🇨🇳" * 50, "&amp;" * 500, "(A, " * 500, "北京" * 1500),
    ],
)
def test_odd_input_raises_nothing(recognisers: Recognisers, text: str, lang: str) -> None:
    for mention in recognisers.recognize(text, lang):
        assert 0 <= mention.start < mention.end <= len(text)


@pytest.mark.parametrize(("lang", "sentence"), [("zh", ZH), ("en", f"{EN} ")])
def test_a_long_text_is_read_whole(recognisers: Recognisers, lang: str, sentence: str) -> None:
    text = (sentence * (50_000 // len(sentence) + 1))[:50_000]
    mentions = recognisers.recognize(text, lang)
    assert mentions[-1].start > 49_800
    name = {"zh": "王小明", "en": "Maria Lopez"}[lang]
    hits = sum(text[m.start : m.end] == name for m in mentions)
    assert hits > 0.9 * text.count(name)


def test_many_threads_get_the_answers_of_one(recognisers: Recognisers) -> None:
    texts = [(ZH * n, "zh") for n in range(1, 9)] + [(f"{EN} " * n, "en") for n in range(1, 9)]
    alone = [recognisers.recognize(*text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(lambda text: recognisers.recognize(*text), texts)) == alone


def test_embedded_recognises_without_its_language_model(recognisers: Recognisers) -> None:
    cache = recognisers.stores["zh"].path.parents[1]
    model = Embedded(Settings(cache_dir=cache, embedded_path=Path("/nonexistent.gguf")))
    assert model.capabilities.recognizes
    assert model.state().status == "unavailable"
    assert ("PER", "王小明") in found(ZH, model.recognize(ZH, "zh"))


def test_what_is_missing_says_what_to_do(tmp_path: Path) -> None:
    nothing = Recognisers(tmp_path)
    for lang in ("zh", "en"):
        assert not nothing.available(lang)
        with pytest.raises(Unavailable, match="models get Embedded"):
            nothing.recognize("Text", lang)
    with pytest.raises(Unavailable, match="no recogniser for 'fr'"):
        nothing.recognize("Texte", "fr")
