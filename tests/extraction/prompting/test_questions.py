"""What a chunk is asked, in which words."""

from __future__ import annotations

from extraction.extractor import Answer, extract
from extraction.prompting.questions import turn_for
from extraction.request.task import Example, Task, make_task
from tests.scripted_model import ScriptedModel

ZH = "刘敏在清江大学读《雪线》，用天眼相机。"
EN = "Ann Lee saw Snow Line in Cork on Monday."


def asked(task: Task, model: ScriptedModel) -> Answer:
    *_, answer = extract(task, model)
    assert isinstance(answer, Answer)
    return answer


def names(answer: Answer) -> dict[str, list[str]]:
    entities = answer.to_json()["knowledge"]["entities"]
    return {label: [entity["text"] for entity in found] for label, found in entities.items()}


def test_examples_of_the_users_own_are_shown_to_the_language_model() -> None:
    model = ScriptedModel(['{"人物":["刘敏"]}'])
    example = Example("王芳来了。", {"人物": ["王芳"]})
    asked(make_task("KE2", ZH, examples=(example,)), model)
    assert "王芳" in model.requests[0].messages[1].content


def test_a_tuned_model_is_asked_in_the_words_that_it_was_trained_on() -> None:
    can = ScriptedModel(tuned=frozenset({"zh/KE1"})).capabilities
    listed = turn_for(make_task("KE1", ZH, labels={"产品": ""}), ZH, can).request
    assert listed.tuned
    assert len(listed.messages) == 2
    assert listed.messages[1].content == f"文本：{ZH}\n三元组，只要这些关系：产品"
    asked_for_all = turn_for(make_task("KE1", ZH), ZH, can).request
    assert asked_for_all.messages[1].content == f"文本：{ZH}\n三元组：全部"
    assert not turn_for(make_task("KE3", ZH, entity="刘敏"), ZH, can).request.tuned


def test_a_trained_model_is_asked_for_classes_and_facts() -> None:
    can = ScriptedModel(tuned=frozenset({"en/KE2", "en/KE3"})).capabilities
    classes = turn_for(make_task("KE2", EN), EN, can).request
    line = classes.messages[-1].content.splitlines()[-1]
    assert line == "Entities, classes: person, place, organisation, time, work, product"
    listed = make_task("KE2", EN, labels={"film": "moving pictures", "person": "", "PER": ""})
    content = turn_for(listed, EN, can).request.messages[-1].content
    assert content.endswith("classes: film (moving pictures), person, PER (names of people)")
    facts = turn_for(make_task("KE3", EN, entity="Ann Lee"), EN, can).request
    assert facts.messages[-1].content.endswith("\nFacts, entity: Ann Lee")
    # It was not trained to choose the entity, nor for triples, which would do instead.
    assert not turn_for(make_task("KE3", EN), EN, can).request.tuned


ALL = frozenset({"en/KE1", "en/KE3", "zh/KE1", "zh/KE3"})


def test_facts_of_every_entity_are_asked_as_triples_where_a_model_was_trained_for_them() -> None:
    text = "Ann Lee was born in Cork. Bo Hahn will move to Oslo."
    reply = '{"triples":[["Ann Lee","Cork","born in"],["Bo Hahn","Oslo","moves to","planned"]]}'
    model = ScriptedModel([reply], tuned=ALL)
    answer = asked(make_task("KE3", text), model)
    (request,) = model.requests
    assert request.tuned == "en/KE1"
    assert request.messages[-1].content.endswith("Triples: all")
    written = answer.to_json()
    assert written["prompt_type"] == "KE3"
    first, second = written["knowledge"]
    assert (first["entity"]["text"], second["entity"]["text"]) == ("Ann Lee", "Bo Hahn")
    (fact,) = second["facts"]
    assert (fact["key"], fact["value"]["text"]) == ("moves to", "Oslo")
    assert fact["assertion"] == "planned"


def test_keys_narrow_the_facts_of_every_entity() -> None:
    model = ScriptedModel(['{"triples":[["Ann Lee","Cork","born in"]]}'], tuned=ALL)
    asked(make_task("KE3", "Ann Lee was born in Cork.", labels={"born in": ""}), model)
    assert "only these relations: born in" in model.requests[0].messages[-1].content


def test_the_facts_of_one_entity_have_their_own_task() -> None:
    model = ScriptedModel(
        ['{"entities":[{"entity":"Ann Lee","facts":[["born in","Cork"]]}]}'], tuned=ALL
    )
    asked(make_task("KE3", "Ann Lee was born in Cork.", entity="Ann Lee"), model)
    assert model.requests[0].tuned == "en/KE3"


def test_examples_of_the_users_own_are_facts_and_asked_as_such() -> None:
    example = Example("Bo lives in Oslo.", {"entity": "Bo", "facts": [["home", "Oslo"]]})
    model = ScriptedModel(
        ['{"entities":[{"entity":"Ann Lee","facts":[["home","Cork"]]}]}'], tuned=ALL
    )
    asked(make_task("KE3", "Ann Lee lives in Cork.", examples=(example,)), model)
    assert model.requests[0].tuned == ""
