"""The real embedded model on real paragraphs: sensible items, every offset right.

A model's words differ from run to run, so these tests ask for a good part of what a reader would
find, never for an exact answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from extraction.extractor import Answer, extract, parts_of
from extraction.request.task import make_task
from knowledge.items import Entity, Fact, Located, Triple
from knowledge.text.document import Document
from models.embedded.model import Embedded

LUXUN = (
    "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴，是中国现代文学的奠基人之一。"
    "1918年，他在《新青年》上发表了第一篇白话小说《狂人日记》。1936年10月19日，鲁迅在上海病逝，终年55岁。"
)
TSINGHUA = (
    "清华大学位于北京市海淀区，创办于1911年，现任校长为李路明。学校设有21个学院，"
    "著名校友包括杨振宁和朱镕基。2022年，该校获得科研经费约80亿元。"
)
CURIE = (
    "Marie Curie, born Maria Sklodowska in Warsaw on 7 November 1867, was a physicist and chemist. "
    "In 1903 she shared the Nobel Prize in Physics with her husband Pierre Curie and Henri "
    "Becquerel. She founded the Radium Institute in Paris and died in 1934."
)
DANUBE = (
    "The Danube rises in the Black Forest of Germany and flows 2,850 km to the Black Sea. It "
    "passes through Vienna, Budapest and Belgrade. The Chain Bridge in Budapest, designed by "
    "William Tierney Clark, opened in 1849."
)


def answer(embedded: Embedded, prompt_type: str, text: str, entity: str | None = None) -> Answer:
    task = make_task(prompt_type, text, entity=entity)  # type: ignore[arg-type]  # one of the three
    *_, last = extract(task, embedded)
    assert isinstance(last, Answer)
    for located in places(last):
        assert located.status == "verbatim"
        assert text[located.start : located.end] == located.text
    return last


def places(answer: Answer) -> Iterator[Located]:
    for item in answer.items:
        if isinstance(item, Triple):
            yield from (item.head, item.tail)
        elif isinstance(item, Fact):
            yield from (item.entity, item.value)
        else:
            yield item.place


@pytest.mark.parametrize(
    ("text", "names", "tails"),
    [
        (LUXUN, {"鲁迅", "周树人"}, {"周树人", "1881年9月25日", "浙江绍兴", "狂人日记"}),
        (TSINGHUA, {"清华大学"}, {"1911年", "李路明", "北京市海淀区"}),
        (CURIE, {"Marie Curie"}, {"Warsaw", "Pierre Curie", "1934"}),
        (DANUBE, {"Danube", "The Danube"}, {"Black Sea", "Vienna", "Budapest"}),
    ],
    ids=["luxun", "tsinghua", "curie", "danube"],
)
def test_triples(embedded: Embedded, text: str, names: set[str], tails: set[str]) -> None:
    got = answer(embedded, "KE1", text)
    triples = [item for item in got.items if isinstance(item, Triple)]
    found = {triple.tail.text for triple in triples if triple.head.text in names}
    assert 2 * len(found & tails) >= len(tails), triples
    assert all(item.relation for item in got.items if isinstance(item, Triple))


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        (LUXUN, {("人物", "鲁迅"), ("人物", "周树人"), ("地点", "浙江绍兴"), ("作品", "狂人日记")}),
        (CURIE, {("person", "Pierre Curie"), ("person", "Henri Becquerel"), ("place", "Warsaw")}),
    ],
    ids=["luxun", "curie"],
)
def test_entities(embedded: Embedded, text: str, entities: set[tuple[str, str]]) -> None:
    got = answer(embedded, "KE2", text)
    found = {(i.label, i.place.text) for i in got.items if isinstance(i, Entity)}
    assert 2 * len(found & entities) >= len(entities), found
    for item in got.items:
        if isinstance(item, Entity):
            assert all(text[m.start : m.end] == item.place.text for m in item.mentions)


@pytest.mark.parametrize(
    ("text", "entity", "values"),
    [
        (LUXUN, "鲁迅", {"周树人", "1881年9月25日", "浙江绍兴"}),
        ("实体：清华大学\n" + TSINGHUA, None, {"1911年", "李路明", "北京市海淀区"}),
        (CURIE, None, {"7 November 1867", "Warsaw", "physicist and chemist"}),
    ],
    ids=["luxun", "tsinghua", "curie"],
)
def test_facts(embedded: Embedded, text: str, entity: str | None, values: set[str]) -> None:
    got = answer(embedded, "KE3", text, entity)
    found = {item.value.text for item in got.items if isinstance(item, Fact)}
    assert 2 * len(found & values) >= len(values), found


def test_a_text_of_several_chunks(embedded: Embedded) -> None:
    text = "\n\n".join([LUXUN, *[TSINGHUA] * 9, "黄河发源于青海省，流经兰州和郑州。"])
    assert len(parts_of(make_task("KE2", text), embedded, Document(text))) > 1
    got = answer(embedded, "KE2", text)
    found = {item.place.text for item in got.items if isinstance(item, Entity)}
    assert "鲁迅" in found
    assert found & {"黄河", "青海省", "青海"}
