from __future__ import annotations

import pytest

from knowledge.text.language import detect


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("鲁迅出生于浙江绍兴。", "zh"),
        ("Apple 于 2007 年发布 iPhone。", "zh"),
        ("OpenAI发布GPT-4，Sam Altman出席", "zh"),
        ("The writer Lu Xun (鲁迅) was born in Shaoxing in 1881.", "en"),
        ("Marie Curie was born in Warsaw.", "en"),
        ("12345", "en"),
    ],
)
def test_language_follows_the_text(text: str, lang: str) -> None:
    assert detect(text) == lang
