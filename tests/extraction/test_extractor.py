from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from errors import DeadlineExceeded, KexError, ModelFailed, RateLimited, Unavailable, Unprocessable
from extraction.extractor import Answer, Event, Found, extract
from extraction.request.task import Task, make_task
from knowledge.items import Entity, Triple
from models.base import Finish, GenerateRequest, Image, ModelState, Usage
from models.progress import Token
from tests.scripted_model import ScriptedModel, Step

TEXT = "鲁迅生于绍兴。他写了《狂人日记》。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"],["鲁迅","作品","狂人日记"]]}'


def run(task: Task, *steps: Step) -> tuple[list[Event], Answer]:
    events = list(extract(task, ScriptedModel(steps)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    return events, answer


def test_items_come_before_the_answer_and_are_in_it() -> None:
    events, answer = run(make_task("KE1", TEXT), *GOOD)
    found = [event.item for event in events if isinstance(event, Found)]
    assert tuple(found) == answer.items
    assert "".join(event.text for event in events if isinstance(event, Token)) == GOOD
    assert answer.to_json()["response"] == "(鲁迅, 出生地, 绍兴)\n(鲁迅, 作品, 狂人日记)"
    assert answer.usage == Usage(10, 20)
    assert answer.warnings == ()


def test_the_contract_of_ke1() -> None:
    _, answer = run(make_task("KE1", TEXT), GOOD)
    assert answer.to_json()["knowledge"]["triples"][0] == {
        "head": {"text": "鲁迅", "start": 0, "end": 2, "status": "verbatim"},
        "relation": "出生地",
        "tail": {"text": "绍兴", "start": 4, "end": 6, "status": "verbatim"},
        "evidence": {"start": 0, "end": 7},
        "confidence": None,
        "assertion": "stated",
    }


def test_the_contract_of_ke2() -> None:
    _, answer = run(make_task("KE2", "鲁迅说鲁迅。"), '{"人物":["鲁迅"],"地点":[]}')
    assert answer.to_json()["knowledge"] == {
        "entities": {
            "人物": [
                {
                    "text": "鲁迅",
                    "start": 0,
                    "end": 2,
                    "status": "verbatim",
                    "mentions": [[0, 2], [3, 5]],
                    "confidence": None,
                }
            ]
        }
    }
    assert answer.to_json()["response"] == "人物：鲁迅"


def card(name: str, *facts: list[str]) -> dict[str, object]:
    return {"entity": name, "facts": list(facts)}


def test_the_contract_of_ke3() -> None:
    reply = json.dumps({"entities": [card("鲁迅", ["出生地", "绍兴"])]})
    _, answer = run(make_task("KE3", TEXT, entity="鲁迅"), reply)
    knowledge = answer.to_json()["knowledge"]
    assert knowledge["entity"]["text"] == "鲁迅"
    assert knowledge["facts"][0]["key"] == "出生地"
    assert knowledge["facts"][0]["value"]["start"] == 4
    assert answer.to_json()["response"] == "鲁迅\n  出生地：绍兴"


def test_several_entities_are_a_list() -> None:
    reply = json.dumps(
        {"entities": [card("鲁迅", ["出生地", "绍兴"]), card("绍兴", ["名人", "鲁迅"])]}
    )
    _, answer = run(make_task("KE3", TEXT), reply)
    assert [one["entity"]["text"] for one in answer.to_json()["knowledge"]] == ["鲁迅", "绍兴"]


def test_nothing_found_is_said_in_the_language_of_the_text() -> None:
    assert (
        run(make_task("KE1", TEXT), '{"triples":[]}')[1].to_json()["response"] == "没有找到三元组。"
    )
    english = run(make_task("KE3", "Nothing here."), '{"entities":[]}')[1].to_json()
    assert english["response"] == "No facts about the entity found."
    assert english["knowledge"] == {"entity": None, "facts": []}


def test_offsets_count_in_the_text_as_it_was_sent() -> None:
    text = "实体：鲁迅\r\n😀鲁迅生于绍兴。"
    reply = json.dumps({"entities": [card("鲁迅", ["出生地", "绍兴"])]})
    _, answer = run(make_task("KE3", text), reply)
    knowledge = answer.to_json()["knowledge"]
    value, entity = knowledge["facts"][0]["value"], knowledge["entity"]
    assert text[value["start"] : value["end"]] == "绍兴"
    assert entity["start"] == text.rindex("鲁迅")


def test_doubles_empties_and_self_references_are_folded() -> None:
    reply = '{"triples":[["鲁迅","出生地","绍兴"],["鲁迅 ","出生地","绍兴"],["鲁迅","是","鲁迅"]]}'
    assert len(run(make_task("KE1", TEXT), reply)[1].items) == 1


def test_an_entity_is_in_one_class() -> None:
    _, answer = run(make_task("KE2", TEXT), '{"人物":["鲁迅"],"作品":["鲁迅","狂人日记"]}')
    assert [(i.label, i.place.text) for i in answer.items if isinstance(i, Entity)] == [
        ("人物", "鲁迅"),
        ("作品", "狂人日记"),
    ]


def test_a_model_that_turns_in_circles_is_stopped() -> None:
    model = ScriptedModel(['{"triples":['] + ['["鲁迅","出生地","绍兴"],'] * 50)
    events = list(extract(make_task("KE1", TEXT), model))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert len(answer.items) == 1
    assert "repeat" in answer.warnings[0]
    assert model.stopped.is_set()


def test_a_cut_answer_is_not_called_whole() -> None:
    end = Finish("length", Usage(1, 2))
    _, answer = run(make_task("KE1", TEXT, max_tokens=64), GOOD[:40], end)
    assert len(answer.items) == 1
    assert "limit of 64 tokens" in answer.warnings[0]
    _, answer = run(make_task("KE1", TEXT), GOOD[:40])
    assert "broke off" in answer.warnings[0]


def test_prose_instead_of_json_is_a_failure() -> None:
    for reply in ("I cannot do that.", '{"triples" oops}'):
        with pytest.raises(ModelFailed):
            run(make_task("KE1", TEXT), reply)


def test_an_entity_that_is_not_there_is_told() -> None:
    _, answer = run(make_task("KE3", TEXT, entity="胡适"), '{"entities":[]}')
    assert "'胡适'" in answer.warnings[0]


def by_chunk(replies: Sequence[Step]) -> ScriptedModel:
    """One reply per chunk, in order."""
    rest = iter(replies)

    def script(_: GenerateRequest) -> Sequence[Step]:
        return [next(rest)]

    return ScriptedModel(script, chunk_chars=10)


def test_a_long_text_is_read_in_chunks_with_offsets_of_the_whole() -> None:
    model = by_chunk(
        ['{"triples":[["鲁迅","出生地","绍兴"]]}', '{"triples":[["鲁迅","作品","狂人日记"]]}']
    )
    *_, answer = extract(make_task("KE1", TEXT), model)
    assert isinstance(answer, Answer)
    assert [r.messages[-1].content.split("文本：")[1] for r in model.requests] == [
        "鲁迅生于绍兴。",
        "他写了《狂人日记》。",
    ]
    tails = [item.tail for item in answer.items if isinstance(item, Triple)]
    assert [TEXT[t.start : t.end] for t in tails] == ["绍兴", "狂人日记"]
    assert answer.usage == Usage(20, 40)


def test_what_an_earlier_chunk_gave_does_not_end_a_later_one() -> None:
    text = "甲乙丙丁戊己来了。甲乙丙丁戊己庚来。"
    names = "甲乙丙丁戊己"
    model = by_chunk(
        [
            json.dumps({"人物": list(names)}, ensure_ascii=False),
            json.dumps({"人物": [*names, "庚"]}, ensure_ascii=False),
        ]
    )
    *_, answer = extract(make_task("KE2", text), model)
    assert isinstance(answer, Answer)
    assert [i.place.text for i in answer.items if isinstance(i, Entity)] == [*names, "庚"]
    assert answer.warnings == ()


def test_one_failed_chunk_leaves_the_others_standing() -> None:
    error = ModelFailed("It broke.")
    model = by_chunk([error, error, '{"triples":[["鲁迅","作品","狂人日记"]]}'])
    *_, answer = extract(make_task("KE1", TEXT), model)
    assert isinstance(answer, Answer)
    assert len(answer.items) == 1
    assert "Part 1 of 2 (characters 0–7) failed: It broke." in answer.warnings[0]
    assert answer.to_json()["failed"] == [{"start": 0, "end": 7, "message": "It broke."}]


def test_a_failure_that_passes_is_tried_again() -> None:
    for error in (ModelFailed("It broke."), DeadlineExceeded("Too slow.")):
        model = by_chunk([error, GOOD, '{"triples":[]}'])
        *_, answer = extract(make_task("KE1", TEXT), model)
        assert isinstance(answer, Answer)
        assert (len(answer.items), answer.warnings, answer.failed) == (2, (), ())
        assert len(model.requests) == 3


@pytest.mark.parametrize("error", [Unavailable("No key."), RateLimited("Later.", retry_after=3)])
def test_when_no_chunk_can_be_read_the_first_error_is_the_answer(error: KexError) -> None:
    with pytest.raises(type(error)) as caught:
        list(extract(make_task("KE1", TEXT), by_chunk([error, error])))
    assert caught.value is error


def test_a_model_that_is_gone_is_not_asked_again() -> None:
    model = by_chunk(['{"triples":[["鲁迅","出生地","绍兴"]]}', Unavailable("Gone."), GOOD])
    *_, answer = extract(make_task("KE1", TEXT + "他很有名气的。"), model)
    assert isinstance(answer, Answer)
    assert len(model.requests) == 2
    assert answer.warnings[-1] == "Nothing was read from part 3 on."
    assert [(part.span.start, part.span.end) for part in answer.failed] == [(7, 17), (17, 24)]


def test_a_picture_needs_a_model_that_sees() -> None:
    task = make_task("KE1", TEXT, image=Image(b"", "image/png"))
    with pytest.raises(Unprocessable) as caught:
        list(extract(task, ScriptedModel([GOOD])))
    assert caught.value.field == "image"


def test_a_model_is_loaded_on_first_use() -> None:
    model = ScriptedModel([GOOD])
    model.current = ModelState("idle")
    list(extract(make_task("KE1", TEXT), model))
    assert model.state().status == "ready"


def test_closing_the_extraction_stops_the_model() -> None:
    model = ScriptedModel([GOOD[:40], 60.0])
    events = extract(make_task("KE1", TEXT), model)
    while not isinstance(next(events), Found):
        pass
    events.close()
    assert model.stopped.is_set()
    assert model.running == 0
