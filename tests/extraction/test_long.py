"""Long texts: parts that fail, run at a time, are read twice, and know who is meant."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Sequence

import pytest

from errors import InputError, ModelFailed
from extraction.extractor import Answer, Found, extract
from extraction.request.spans import read_spans
from extraction.request.task import Task, make_task
from knowledge.answer_json import item_json
from knowledge.items import Entity, Fact, Triple
from knowledge.merging import places
from knowledge.text.spans import Span
from models.base import Finish, GenerateRequest, Usage
from tests.scripted_model import ScriptedModel, Step

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
PLACES = "北京上海天津重庆南京杭州苏州成都武汉西安长沙广州深圳厦门青岛大连济南昆明贵阳兰州"


def document(length: int = 9000) -> tuple[str, list[tuple[str, str]]]:
    """A text of headings, paragraphs and lists, and every (person, birthplace) it states."""
    parts, facts, number = ["# 人物小传\n"], [], 0
    while sum(map(len, parts)) < length:
        if number % 20 == 0:
            parts.append(f"\n\n第{number // 20 + 1}章 名录\n")
        name = SURNAMES[number % 20] + f"氏{number:03d}"
        place = PLACES[number % 20 * 2 : number % 20 * 2 + 2]
        facts.append((name, place))
        parts.append(
            f"\n- {name}生于{place}；" if number % 7 == 0 else f"“{name}生于{place}。”邻人这样说。"
        )
        parts.append("此事见于地方志，年月不详，版本颇多……今从旧说。")
        number += 1
    return "".join(parts), facts


def reads_births(request: GenerateRequest) -> Sequence[Step]:
    """Finds what a reader would in the very text that the request carries."""
    text = request.messages[-1].content.split("文本：")[1]
    triples = [[n, "出生地", p] for n, p in re.findall(r"(.氏\d{3})生于(..)", text)]
    return list(json.dumps({"triples": triples}, ensure_ascii=False))


def answer_of(task: Task, model: ScriptedModel) -> Answer:
    *_, answer = extract(task, model)
    assert isinstance(answer, Answer)
    return answer


def pairs(answer: Answer) -> list[tuple[str, str]]:
    return [(i.head.text, i.tail.text) for i in answer.items if isinstance(i, Triple)]


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_long_document_gives_all_that_it_holds_at_its_places(parallel: int) -> None:
    text, facts = document()
    model = ScriptedModel(reads_births, chunk_chars=160, parallel=parallel)
    answer = answer_of(make_task("KE1", text), model)
    assert pairs(answer) == facts
    assert 50 < len(model.requests) < 90
    for item in answer.items:
        assert isinstance(item, Triple)
        assert item.evidence is not None
        said = text[item.evidence.start : item.evidence.end]
        for located in (item.head, item.tail):
            assert located.start is not None
            assert item.evidence.start <= located.start < item.evidence.end
            assert text[located.start : located.end] == located.text
        assert said.count("生于") == 1


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_failed_part_is_told_and_read_alone_afterwards(parallel: int) -> None:
    text, facts = document(4000)

    def script(request: GenerateRequest) -> Sequence[Step]:
        if facts[20][0] in request.messages[-1].content:
            return ['{"triples":[', ModelFailed("Out of order.")]
        return reads_births(request)

    answer = answer_of(make_task("KE1", text), ScriptedModel(script,
        chunk_chars=160, parallel=parallel))  # fmt: skip
    (failed,) = answer.failed
    lost = [pair for pair in facts if pair[0] in text[failed.span.start : failed.span.end]]
    assert facts[20] in lost
    assert sorted(pairs(answer) + lost) == sorted(facts)
    again = ScriptedModel(reads_births, chunk_chars=160)
    rest = answer_of(make_task("KE1", text, spans=(failed.span,)), again)
    assert pairs(rest) == lost
    assert len(again.requests) == 1
    for item in rest.items:
        assert isinstance(item, Triple)
        assert text[item.head.start : item.head.end] == item.head.text


def test_parts_run_at_a_time_and_come_in_order() -> None:
    together: list[int] = []

    def script(request: GenerateRequest) -> Sequence[Step]:
        together.append(model.running)
        first = "赵氏000" in request.messages[-1].content
        return [0.3 if first else 0.1, *reads_births(request)]

    text, facts = document(2000)
    model = ScriptedModel(script, chunk_chars=160, parallel=4)
    began = time.monotonic()
    events = list(extract(make_task("KE1", text), model))
    found = [
        e.item.head.text for e in events if isinstance(e, Found) and isinstance(e.item, Triple)
    ]
    assert found == [name for name, _ in facts]
    assert max(together) == 4
    assert time.monotonic() - began < 0.1 * len(model.requests)


def test_leaving_stops_every_part_within_a_second() -> None:
    text, _ = document(2000)
    model = ScriptedModel(lambda _: [60.0], chunk_chars=160, parallel=4)
    events = extract(make_task("KE1", text), model)
    while model.running < 4:
        next(events)
    began = time.monotonic()
    events.close()
    assert time.monotonic() - began < 1
    assert model.running == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "chunk"]


def test_a_second_pass_is_told_what_is_known_and_adds_the_rest() -> None:
    text = "鲁迅生于绍兴，葬于上海。"
    replies = iter(
        [
            '{"triples":[["鲁迅","出生地","绍兴"]]}',
            '{"triples":[["鲁迅","葬地","上海"],["鲁迅","出生地","绍兴"]]}',
        ]
    )
    model = ScriptedModel(lambda _: [next(replies)])
    answer = answer_of(make_task("KE1", text, passes=2), model)
    assert pairs(answer) == [("鲁迅", "绍兴"), ("鲁迅", "上海")]
    assert answer.usage == Usage(20, 40)
    assert "已找到" not in model.requests[0].messages[-1].content
    assert "已找到：(鲁迅, 出生地, 绍兴)" in model.requests[1].messages[-1].content


def test_what_is_said_twice_is_one_item_with_all_its_evidence() -> None:
    text = "鲁迅生于绍兴。第二句在这里。鲁迅出生在绍兴。"
    reply = '{"triples":[["鲁迅","出生地","绍兴"]]}'
    answer = answer_of(make_task("KE1", text), ScriptedModel([reply], chunk_chars=7))
    (item,) = answer.items
    assert isinstance(item, Triple)
    assert [text[s.start : s.end] for s in places(item)] == ["鲁迅生于绍兴。", "鲁迅出生在绍兴。"]
    assert item_json(item)["also"] == [{"start": 14, "end": 22}]


def test_a_broken_answer_of_a_service_is_mended_once() -> None:
    replies = iter(['{"triples":[["鲁迅" "出', '{"triples":[["鲁迅","出生地","绍兴"]]}'])
    model = ScriptedModel(lambda _: [next(replies)], constraint="json_schema")
    answer = answer_of(make_task("KE1", "鲁迅生于绍兴。"), model)
    assert pairs(answer) == [("鲁迅", "绍兴")]
    assert answer.usage == Usage(20, 40)
    assert answer.to_json()["repairs"] == 1
    *_, said, asked = model.requests[1].messages
    assert (said.role, said.content) == ("assistant", '{"triples":[["鲁迅" "出')
    assert '"additionalProperties": false' in asked.content


@pytest.mark.parametrize("reply", ["I cannot.", '{"facts":[]}', '{"triples":[{"s":"a"}]}'])
def test_an_answer_that_stays_broken_is_a_failure(reply: str) -> None:
    model = ScriptedModel([reply], constraint="json_schema")
    with pytest.raises(ModelFailed, match="not the requested JSON"):
        answer_of(make_task("KE1", "鲁迅生于绍兴。"), model)
    assert len(model.requests) == 2


def test_a_local_model_is_not_asked_to_mend() -> None:
    model = ScriptedModel(["I cannot."])
    with pytest.raises(ModelFailed):
        answer_of(make_task("KE1", "鲁迅生于绍兴。"), model)
    assert len(model.requests) == 1


def test_a_list_whose_strings_only_grow_is_ended() -> None:
    text = "鲁迅生于浙江绍兴府会稽县东昌坊口新台门周家老屋西厢房楼上。"
    rows = [["鲁迅", "出生地", text[4:end]] for end in range(6, 28)]
    model = ScriptedModel([json.dumps({"triples": rows})[:-2], *([" "] * 5)])
    steps = [json.dumps(row, ensure_ascii=False) + "," for row in rows]
    model.script = lambda _: ['{"triples":[', *steps]
    answer = answer_of(make_task("KE1", text), model)
    assert len(answer.items) == 13
    assert "repeat" in answer.warnings[0]


def test_an_item_is_never_given_half() -> None:
    reply = '{"triples":[["鲁迅","出生地","绍兴"],["鲁迅","葬地","上海"]]}'
    for end in range(12, len(reply)):
        finish = Finish("length", Usage(1, 2))
        answer = answer_of(
            make_task("KE1", "鲁迅生于绍兴，葬于上海。"), ScriptedModel([reply[:end], finish])
        )
        assert set(pairs(answer)) <= {("鲁迅", "绍兴"), ("鲁迅", "上海")}


def contexts(task: Task, model: ScriptedModel) -> list[str]:
    """The line of context of each request, "" where there is none."""
    list(extract(task, model))
    turns = [request.messages[-1].content for request in model.requests]
    found = [re.search(r"(?:上文：|Context: )(.*)\n", turn) for turn in turns]
    return [match.group(1) if match else "" for match in found]


def test_a_part_that_points_back_is_told_who_is_meant() -> None:
    text = "# 鲁迅传\n\n鲁迅生于绍兴。\n周作人也是。\n他写了《狂人日记》。\n鲁迅走了，他很累。"

    def script(request: GenerateRequest) -> Sequence[Step]:
        turn = request.messages[-1].content.split("文本：")[1]
        names = [name for name in ("鲁迅", "周作人") if name in turn]
        return [json.dumps({"triples": [[n, "r", "。"] for n in names]}, ensure_ascii=False)]

    model = ScriptedModel(script, chunk_chars=11)
    assert contexts(make_task("KE1", text), model) == ["", "", "鲁迅传；鲁迅、周作人", ""]
    assert '"周", "作", "人"' in (model.requests[2].grammar or "")
    assert '"周", "作", "人"' not in (model.requests[3].grammar or "")


def test_names_come_from_the_text_while_nothing_is_found() -> None:
    text = "In 1903 Marie Curie won.\n\nShe was born in Warsaw.\n\nThe company was sold."
    model = ScriptedModel(['{"triples":[]}'], chunk_chars=25)
    assert contexts(make_task("KE1", text), model) == ["", "Marie Curie", "Marie Curie, Warsaw"]
    text = "清华大学位于北京，很大。\n该校创办于1911年。"
    model = ScriptedModel(['{"triples":[]}'], chunk_chars=12)
    assert contexts(make_task("KE1", text), model) == ["", "清华大学位于北京"]


def test_who_is_named_in_the_part_itself_is_not_told() -> None:
    text = "Ann Lee sings well.\n\nBob Ray dances; he is old."
    model = ScriptedModel(['{"triples":[]}'], chunk_chars=20)
    assert contexts(make_task("KE1", text), model) == ["", ""]
    model = ScriptedModel(['{"triples":[]}'], chunk_chars=12)
    assert contexts(make_task("KE1", "甲生于上海市，很穷。\n乙来了。后来他走了。"), model) == [
        "",
        "",
    ]


def test_marks_of_the_template_in_a_context_stay_as_they_are() -> None:
    text = "{text}甲生于{labels}。\n他走了很远很远。"
    model = ScriptedModel(['{"triples":[["{text}甲","r","{labels}"]]}'], chunk_chars=14)
    list(extract(make_task("KE1", text), model))
    assert "上文：{text}甲生于{labels}\n文本：他走了" in model.requests[1].messages[-1].content


@pytest.mark.parametrize(
    "value", ["0-800,1600-2400", [[0, 800], [1600, 2400]], "[[0,800],[1600,2400]]"]
)
def test_spans_are_read_in_each_form(value: object) -> None:
    assert read_spans(value) == (Span(0, 800), Span(1600, 2400))
    assert read_spans(None) == read_spans("") == ()


@pytest.mark.parametrize(
    "value", ["a", "5", "1-2-3", "[[0]]", "[[0,1.5]]", "[[", {"a": 1}, [[True, 2]], "[[" * 9999]
)
def test_other_spans_are_refused(value: object) -> None:
    with pytest.raises(InputError) as caught:
        read_spans(value)
    assert caught.value.field == "spans"


@pytest.mark.parametrize("spans", [[(0, 0)], [(0, 99)], [(2, 3), (1, 2)], [(0, 3), (2, 4)]])
def test_spans_must_lie_in_the_text(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(InputError):
        make_task("KE1", "鲁迅生于绍兴。", spans=tuple(Span(a, b) for a, b in spans))


def test_every_kind_of_item_is_merged() -> None:
    text = "鲁迅来了。第二句在这里。鲁迅走了。"
    ke2 = answer_of(make_task("KE2", text), ScriptedModel(['{"人物":["鲁迅"]}'], chunk_chars=5))
    (entity,) = ke2.items
    assert isinstance(entity, Entity)
    assert [text[m.start : m.end] for m in entity.mentions] == ["鲁迅", "鲁迅"]
    reply = '{"entities":[{"entity":"鲁迅","facts":[["动作","来了"]]}]}'
    ke3 = answer_of(make_task("KE3", text), ScriptedModel([reply], chunk_chars=5))
    (fact,) = ke3.items
    assert isinstance(fact, Fact)


def test_a_part_in_which_the_model_circles_is_read_sentence_by_sentence() -> None:
    text = "鲁迅生于绍兴。老舍生于北京。"
    facts = {"鲁迅": '["鲁迅","出生地","绍兴"]', "老舍": '["老舍","出生地","北京"]'}

    def script(request: GenerateRequest) -> list[str]:
        asked = request.messages[-1].content.splitlines()[-1]
        named = [fact for name, fact in facts.items() if name in asked]
        if len(named) == 2:  # both sentences: it never gets beyond the first
            return ['{"triples":[', *[named[0] + ","] * 50]
        return ['{"triples":[' + named[0] + "]}"]

    *_, answer = extract(make_task("KE1", text), ScriptedModel(script))
    assert isinstance(answer, Answer)
    heads = [item.head.text for item in answer.items if isinstance(item, Triple)]
    assert heads == ["鲁迅", "老舍"]
    assert answer.warnings == ()


def test_failed_parts_can_be_sent_back_as_they_came() -> None:
    failed = [{"start": 3, "end": 9, "message": "It failed."}]
    assert read_spans(failed) == (Span(3, 9),)
    assert read_spans(json.dumps(failed)) == (Span(3, 9),)


def test_no_spans_at_all_are_no_order_to_read_everything() -> None:
    with pytest.raises(InputError, match="Leave it out for the whole text"):
        read_spans([])


def test_a_defect_in_one_part_costs_only_that_part() -> None:
    def script(request: GenerateRequest) -> Sequence[Step]:
        text = request.messages[-1].content
        if "Bob" in text:
            raise ZeroDivisionError("a defect")
        return ['{"triples":[["Ann","met","Cid"]]}']

    sentence = "{} met Cid one day in the long summer of a year that nobody remembers any more. "
    text = sentence.format("Ann") * 3 + sentence.format("Bob") * 3
    *_, got = extract(make_task("KE1", text), ScriptedModel(script, chunk_chars=250))
    assert isinstance(got, Answer)
    assert len(got.items) == 1
    assert got.failed
    assert "internal error" in got.failed[0].message


def test_what_was_not_read_is_not_called_unstated() -> None:
    text = "Ann was born in Ulm. She is a painter."
    reply = json.dumps({"entities": [{"entity": "Ann", "facts": [["job", "painter"]]}]})
    labels = {"job": "", "birthplace": ""}
    task = make_task("KE3", text, entity="Ann", labels=labels, spans=(Span(21, 38),))
    *_, got = extract(task, ScriptedModel([reply]))
    assert isinstance(got, Answer)
    assert got.cards[0].not_stated == ()
