from __future__ import annotations

import time

import pytest

from knowledge.grounding.aliases import find_aliases, located
from knowledge.grounding.source import Source
from knowledge.text.document import Document

FOUND = [
    ("世界卫生组织", "世界卫生组织（世卫组织，WHO）成立了。", ["世卫组织", "WHO"]),
    ("世界卫生组织", "世卫组织说，世界卫生组织很忙。", ["世卫组织"]),
    ("北京大学", "北大的校园很大。", ["北大"]),
    ("北京大学", "北京大学（Peking University，简称“北大”）。", ["Peking University", "北大"]),
    ("北京大学", "北京大学，以下简称“北大”，很大。", ["北大"]),
    ("北京大学", "他考上北大（北京大学）。", ["北大"]),
    ("中国科学院", "中科院发布报告。", ["中科院"]),
    ("鲁迅", "鲁迅，原名周树人，又名周樟寿。周树人生于绍兴。", ["周树人", "周樟寿"]),
    ("鲁迅", "鲁迅（Lu Xun，1881年—1936年）", ["Lu Xun"]),
    ("林婉清", "林婉清，笔名晚舟，1931年生。", ["晚舟"]),
    ("阿里巴巴集团", "阿里巴巴发布财报。", ["阿里巴巴"]),
    ("中国石油天然气集团有限公司", "中国石油天然气发布公告。", ["中国石油天然气"]),
    ("青岛海尔股份有限公司", "青岛海尔（下称“海尔”）很大。", ["青岛海尔"]),
    ("甲乙公司", "甲乙公司（下称“甲方”）付款。甲方来了。", ["甲方"]),
    ("甲乙公司", "甲乙公司，以下称乙方，来了。", ["乙方"]),
    ("约翰·史密斯", "约翰·史密斯来了。史密斯很高。", ["史密斯"]),
    ("World Health Organization", "The World Health Organization (WHO) met. WHO said so.", ["WHO"]),
    ("World Health Organization", "WHO met in Geneva.", ["WHO"]),
    ("WHO", "The World Health Organization (WHO) met.", ["World Health Organization"]),
    ("Peking University", "Peking University (PKU; 北京大学) is old.", ["PKU", "北京大学"]),
    ("Microsoft Corporation", "Microsoft Corporation is big. Microsoft sells it.", ["Microsoft"]),
    ("Microsoft Corp.", "Microsoft sells it.", ["Microsoft"]),
    ("John Smith", "John Smith came. Smith was tall.", ["Smith"]),
    ("John Smith", "In May Mr. Smith came.", ["Smith"]),
    ("John Smith", "Later Smith came.", []),
    ("Marie Curie", "Marie Curie, born Maria Sklodowska in Warsaw, won.", ["Maria Sklodowska"]),
    ("Jane Roe", "Jane Roe, also known as “Blue Jay”, sang.", ["Blue Jay"]),
    ("The Beatles", "Four Beatles came.", ["Beatles"]),
    ("United States of America", "United States of America (USA) or so.", ["USA"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "aliases"), FOUND)
def test_other_names(name: str, text: str, aliases: list[str]) -> None:
    found = find_aliases(name, Source(Document(text)))
    assert list(found) == aliases
    for one in located(found):
        assert text[one.start : one.end] == one.text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("北京大学", "北京大学（北京）很大。北京也大。"),
        ("北京大学", "东北大学和湖北大学都很大，北大街也是。"),
        ("北京大学", "北京大学简称的由来是什么？"),
        ("中国人民银行", "中国银行发布公告。"),
        ("清华大学", "清华大学（1911年）创办。"),
        ("马云", "马云（CEO）来了，CEO很忙。"),
        ("鲁迅", "鲁迅（1881年）在绍兴，绍兴很美。"),
        ("New York", "New York is big. York is in England."),
        ("Peking University", "University life is good at Peking University."),
        ("John Smith", "John Smith met the sister of Jane Smith. Smith laughed."),
        ("John Smith", "John Smith (Boston) came to Boston."),
        ("Paris", "Paris (France) is in France."),
        ("Ann Lee", "Ann Lee, born May 1950, came in May 1970."),
        ("甲", "甲"),
        ("鲁迅", ""),
        ("(", "(a) [b"),
        ("北京[大学", "北[大学"),
    ],
)
def test_what_is_none(name: str, text: str) -> None:
    assert find_aliases(name, Source(Document(text))) == {}


def test_a_place_inside_the_name_itself_is_none() -> None:
    text = "Microsoft Corporation and Microsoft Corporation."
    assert find_aliases("Microsoft Corporation", Source(Document(text))) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("北京大学", "北大大大大" * 10_000),
        ("John Smith", "Smith Smith " * 4_000),
        ("鲁迅", "鲁迅（" * 16_000),
        ("鲁迅", "鲁迅，原名" + "啊" * 50_000),
        ("Ann Lee", "Ann Lee, also known as " + "A b " * 12_000),
        ("A" * 200, "A" * 50_000),
    ],
)
def test_hostile_texts_take_no_longer(name: str, text: str) -> None:
    source = Source(Document(text))
    source.locate(name)
    began = time.process_time()
    find_aliases(name, source)
    assert time.process_time() - began < 1
