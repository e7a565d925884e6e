"""What a chunk is asked: by the recogniser's word, the language model's, or both."""

from __future__ import annotations

import pytest

from errors import Unavailable
from extraction.extractor import Answer, extract
from extraction.prompting.questions import turns_for
from extraction.request.task import Example, Task, make_task
from models.base import Mention, ModelState
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


def test_chinese_names_of_the_common_classes_need_no_language_model() -> None:
    model = ScriptedModel(names=[("PER", "刘敏"), ("ORG", "清江大学"), ("?", "天眼相机")])
    answer = asked(make_task("KE2", ZH, labels={"人名": "", "机构": ""}), model)
    assert names(answer) == {"人名": ["刘敏"], "机构": ["清江大学"]}
    assert model.requests == []


def test_chinese_candidates_are_sorted_into_the_other_classes() -> None:
    model = ScriptedModel(
        ['{"雪线":"作品","天眼相机":"产品"}'],
        names=[("PER", "刘敏"), ("ORG", "清江大学"), ("WORK?", "雪线"), ("?", "天眼相机")],
    )
    answer = asked(make_task("KE2", ZH), model)
    assert names(answer)["作品"] == ["雪线"]
    assert names(answer)["人物"] == ["刘敏"]
    assert "刘敏" not in model.requests[0].messages[-1].content.splitlines()[-1]


def test_english_names_are_sorted_by_the_language_model() -> None:
    model = ScriptedModel(
        ['{"Ann Lee":"person","Snow Line":"work","Cork":"none"}'],
        names=[("ORG", "Ann Lee"), ("?", "Snow Line"), ("LOC", "Cork"), ("TIME", "Monday")],
    )
    answer = asked(make_task("KE2", EN), model)
    assert names(answer) == {"time": ["Monday"], "person": ["Ann Lee"], "work": ["Snow Line"]}


def test_a_class_of_the_users_own_is_left_to_the_language_model() -> None:
    model = ScriptedModel(['{"相机":["天眼相机"],"人名":[]}'], names=[("PER", "刘敏")])
    answer = asked(make_task("KE2", ZH, labels={"相机": "", "人名": ""}), model)
    assert names(answer) == {"人名": ["刘敏"], "相机": ["天眼相机"]}


def test_examples_of_the_users_own_are_shown_to_the_language_model() -> None:
    model = ScriptedModel(['{"人物":["刘敏"]}'], names=[("PER", "刘敏")])
    example = Example("王芳来了。", {"人物": ["王芳"]})
    asked(make_task("KE2", ZH, examples=(example,)), model)
    assert "王芳" in model.requests[0].messages[1].content


def test_a_missing_recogniser_is_told() -> None:
    class Without(ScriptedModel):
        def recognize(self, text: str, lang: str, *, unsure: bool = False) -> list[Mention]:
            raise Unavailable("No files.")

    answer = asked(make_task("KE2", ZH), Without(['{"人物":["刘敏"]}'], names=[]))
    assert names(answer) == {"人物": ["刘敏"]}
    assert "language model only" in answer.warnings[0]


def test_many_candidates_are_asked_in_parts() -> None:
    many = [f"Name{number:03}" for number in range(90)]
    model = ScriptedModel(names=[("?", name) for name in many])
    turns = turns_for(make_task("KE2", " ".join(many)), " ".join(many), model)
    assert len(turns.turns) == 3


def test_a_tuned_model_is_asked_in_the_words_that_it_was_trained_on() -> None:
    model = ScriptedModel(tuned=frozenset({"zh/KE1"}))
    listed = turns_for(make_task("KE1", ZH, labels={"产品": ""}), ZH, model).turns[0].request
    assert listed.tuned
    assert len(listed.messages) == 2
    assert listed.messages[1].content == f"文本：{ZH}\n三元组，只要这些关系：产品"
    asked_for_all = turns_for(make_task("KE1", ZH), ZH, model).turns[0].request
    assert asked_for_all.messages[1].content == f"文本：{ZH}\n三元组：全部"
    assert not turns_for(make_task("KE3", ZH, entity="刘敏"), ZH, model).turns[0].request.tuned


def test_a_trained_model_is_asked_for_classes_and_facts() -> None:
    model = ScriptedModel(tuned=frozenset({"en/KE2", "en/KE3"}), names=[("PER", "Ann Lee")])
    classes = turns_for(make_task("KE2", EN), EN, model)
    assert classes.known == []  # its word alone, not the recogniser's
    line = classes.turns[0].request.messages[-1].content.splitlines()[-1]
    assert line == "Entities, classes: person, place, organisation, time, work, product"
    described = make_task("KE2", EN, labels={"film": "moving pictures"})
    content = turns_for(described, EN, model).turns[0].request.messages[-1].content
    assert content.endswith("classes: film (moving pictures)")
    facts = turns_for(make_task("KE3", EN, entity="Ann Lee"), EN, model).turns[0].request
    assert facts.messages[-1].content.endswith("\nFacts, entity: Ann Lee")
    # It was not trained to choose the entity.
    assert not turns_for(make_task("KE3", EN), EN, model).turns[0].request.tuned


def test_a_users_examples_are_earlier_turns_of_a_trained_model() -> None:
    model = ScriptedModel(tuned=frozenset({"zh/KE1"}))
    example = Example("王芳来了。", [["王芳", "动作", "来"]])
    request = turns_for(make_task("KE1", ZH, examples=(example,)), ZH, model).turns[0].request
    _, shown, answer, turn = request.messages
    assert shown.content == "文本：王芳来了。\n三元组：全部"
    assert answer.content == '{"triples":[["王芳","来","动作"]]}'
    assert turn.content.endswith("三元组：全部")


def test_without_the_language_model_names_are_still_found_and_it_is_told() -> None:
    class Unloaded(ScriptedModel):
        def load(self) -> None:
            raise Unavailable("The weights are not here yet.")

    model = Unloaded(names=[("PER", "刘敏"), ("ORG?", "清江大学")])
    model.current = ModelState("unavailable")
    answer = asked(make_task("KE2", ZH), model)
    assert names(answer) == {"人物": ["刘敏"]}
    assert answer.warnings == (
        "Only names of the common classes were extracted: The weights are not here yet.",
    )
    with pytest.raises(Unavailable):
        asked(make_task("KE1", ZH), model)


def test_english_candidates_may_be_of_a_class_of_the_users_own() -> None:
    script = ['{"Ann Lee":"person","Snow Line":"film","Cork":"none"}']
    model = ScriptedModel(script, names=[("PER", "Ann Lee"), ("?", "Snow Line"), ("LOC", "Cork")])
    answer = asked(make_task("KE2", EN, labels={"person": "", "film": ""}), model)
    assert names(answer) == {"person": ["Ann Lee"], "film": ["Snow Line"]}


def test_a_schema_of_the_users_own_alone_is_left_to_the_language_model() -> None:
    model = ScriptedModel(['{"weekday":["Monday"]}'], names=[("PER", "Ann Lee")])
    answer = asked(make_task("KE2", EN, labels={"weekday": ""}), model)
    assert names(answer) == {"weekday": ["Monday"]}


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
    assert (fact["key"], fact["value"]["text"], fact["assertion"]) == ("moves to", "Oslo", "planned")


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
