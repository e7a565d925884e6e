"""What is kept out of an answer: leaks of the examples, and what the text does not hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction.answers.filtering import Dropped
from extraction.extractor import Answer, extract
from extraction.request.task import Example, make_task
from knowledge.items import PromptType, Triple
from models.base import Image
from prompts.loader import load_prompt
from tests.scripted_model import ScriptedModel

TEXT = "鲁迅生于绍兴。他写了《狂人日记》。"
NOTHING = dict.fromkeys(("leaked", "not_in_text", "unsure", "unasked", "negated", "uncertain"), 0)


def answer(prompt_type: PromptType, reply: Any, text: str = TEXT, **fields: Any) -> Answer:
    model = ScriptedModel([json.dumps(reply, ensure_ascii=False)], constraint="json_schema")
    *_, last = extract(make_task(prompt_type, text, **fields), model)
    assert isinstance(last, Answer)
    return last


def triples(*rows: list[str], **fields: Any) -> Answer:
    return answer("KE1", {"triples": rows}, **fields)


def test_a_clean_answer_has_dropped_nothing() -> None:
    got = triples(["鲁迅", "出生地", "绍兴"])
    assert got.to_json()["dropped"] == NOTHING
    assert got.warnings == ()


def test_strict_drops_what_is_not_in_the_text_and_tells() -> None:
    got = triples(["鲁迅", "出生地", "绍兴"], ["鲁迅", "国籍", "中国"], ["鲁迅", "国籍", "中国 "])
    assert len(got.items) == 1
    assert got.dropped == Dropped(not_in_text=1)
    left = got.to_json()["left_out"]
    assert [one["why"] for one in left] == ["not_in_text"] and left[0]["item"] == [
        "鲁迅",
        "国籍",
        "中国",
    ]
    assert got.warnings == (
        "One item was left out: a string in it does not occur in the text "
        "(grounding=free keeps such items).",
    )


def test_free_keeps_it_and_marks_it() -> None:
    got = triples(
        ["鲁迅", "国籍", "中国"],
        ["鲁迅", "作品", "狂人 日记"],
        ["鲁迅", "出生地", "绍兴"],
        grounding="free",
    )
    tails = [row["tail"] for row in got.to_json()["knowledge"]["triples"]]
    assert [tail["status"] for tail in tails] == ["inferred", "normalised", "verbatim"]
    assert (tails[0]["start"], tails[1]["start"], tails[2]["start"]) == (None, 11, 4)
    assert got.to_json()["dropped"] == NOTHING


@pytest.mark.parametrize("grounding", ["strict", "free"])
def test_a_string_of_the_examples_is_a_leak(grounding: str) -> None:
    got = triples(["林婉清", "代表作", "《河灯》"], ["鲁迅", "出生地", "绍兴"], grounding=grounding)
    assert len(got.items) == 1
    assert got.dropped == Dropped(leaked=1)
    assert "from the examples" in got.warnings[0]


@pytest.mark.parametrize(
    ("grounding", "invented"),
    [
        ("strict", "当代小说家"),
        ("strict", "苏州"),
        ("strict", "南京大学中文系"),
        ("free", "当代小说家"),
        ("free", "南京大学中文系"),
    ],
)
def test_so_is_a_string_of_their_texts(grounding: str, invented: str) -> None:
    got = triples(["鲁迅", "说明", invented], ["鲁迅", "出生地", "绍兴"], grounding=grounding)
    assert len(got.items) == 1
    assert got.dropped == Dropped(leaked=1)


def test_a_paraphrase_may_use_a_word_of_their_texts() -> None:
    got = triples(["鲁迅", "月份", "3月"], grounding="free")
    assert len(got.items) == 1


def test_labels_and_entities_that_nobody_asked_for_are_left_out_and_counted() -> None:
    rows = {"triples": [["鲁迅", "职业", "作家"], ["鲁迅", "出生地", "绍兴"]]}
    got = answer("KE1", rows, text="鲁迅是作家，生于绍兴。", labels={"出生地": ""})
    assert [item.relation for item in got.items if isinstance(item, Triple)] == ["出生地"]
    assert got.dropped == Dropped(unasked=1)
    assert "not requested" in got.warnings[0]
    names = {"人物": ["鲁迅"], "朝代": ["绍兴"]}
    assert answer("KE2", names, labels={"人物": ""}).dropped == Dropped(unasked=1)
    card = {"entities": [{"entity": "老舍", "facts": [["出生地", "绍兴"]]}]}
    got = answer("KE3", card, text="鲁迅与老舍都到过绍兴。", entity="鲁迅", labels={"出生地": ""})
    assert got.dropped == Dropped(unasked=1)
    assert got.cards[0].entity is not None
    assert got.cards[0].entity.text == "鲁迅"


def test_a_key_whose_value_was_left_out_is_not_called_unstated() -> None:
    card = {"entities": [{"entity": "鲁迅", "facts": [["享年", "九十"]]}]}
    got = answer("KE3", card, entity="鲁迅", labels={"享年": "", "身高": ""})
    assert got.dropped == Dropped(not_in_text=1)
    assert got.cards[0].not_stated == ("身高",)


def test_a_piece_of_a_word_or_number_of_their_texts_is_no_leak() -> None:
    own = (Example("The party of 2012 met Ann.", [["party", "met", "Ann"]]),)
    rows = ["Bob", "painted", "art"], ["Bob", "counted", "12"], ["Bob", "met", "the party"]
    reply = {"triples": rows}
    got = answer("KE1", reply, text="Bob came.", examples=own, grounding="free")
    assert [item["tail"]["text"] for item in got.to_json()["knowledge"]["triples"]] == ["art", "12"]
    assert got.dropped == Dropped(leaked=1)


def test_a_model_that_was_shown_no_examples_leaks_none() -> None:
    reply = json.dumps({"triples": [["鲁迅", "小说家", "职业"]]}, ensure_ascii=False)
    model = ScriptedModel([reply], tuned=frozenset({"zh/KE1"}))
    task = make_task("KE1", TEXT, labels={"职业": ""}, grounding="free")
    *_, last = extract(task, model)
    assert isinstance(last, Answer)
    assert (len(last.items), last.dropped) == (1, Dropped())
    assert "林婉清" not in "".join(message.content for message in model.requests[0].messages)


def test_what_the_text_denies_or_doubts_is_left_out_and_what_it_plans_is_marked() -> None:
    rows = [
        ["鲁迅", "小说家", "职业", "negated"],
        ["鲁迅", "绍兴", "出生地", "uncertain"],
        ["鲁迅", "1881年", "出生", "planned"],
    ]
    model = ScriptedModel(
        [json.dumps({"triples": rows}, ensure_ascii=False)], tuned=frozenset({"zh/KE1"})
    )
    *_, last = extract(make_task("KE1", TEXT, grounding="free"), model)
    assert isinstance(last, Answer)
    written = last.to_json()
    assert [item["assertion"] for item in written["knowledge"]["triples"]] == ["planned"]
    assert (last.dropped.negated, last.dropped.uncertain) == (1, 1)
    assert [one["why"] for one in written["left_out"]] == ["negated", "uncertain"]
    assert len(last.warnings) == 2


def test_a_string_that_also_stands_in_the_text_is_none() -> None:
    got = triples(["林婉清", "写", "河灯"], text="林婉清写了“河灯”。")
    assert len(got.items) == 1
    assert got.dropped == Dropped()


def test_relations_and_keys_of_the_examples_are_free_to_use() -> None:
    got = triples(["鲁迅", "代表作", "狂人日记"])
    assert len(got.items) == 1


@pytest.mark.parametrize("prompt_type", ["KE1", "KE2", "KE3"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_examples_of_the_prompt_files_are_known(prompt_type: PromptType, lang: str) -> None:
    for example in load_prompt(prompt_type, lang).examples:
        reply = example.answer
        if prompt_type == "KE1":
            reply = {"triples": reply}
        elif prompt_type == "KE3":
            reply = {"entities": reply}
        got = answer(prompt_type, reply, text="……", lang=lang, grounding="free")
        assert got.items == ()
        assert got.dropped.leaked > 0


def test_the_users_examples_take_the_place_of_the_files() -> None:
    own = (Example("王芳来了。", {"人物": ["王芳"]}),)
    got = answer("KE2", {"人物": ["王芳", "林婉清"]}, examples=own, grounding="free")
    assert [item["text"] for item in got.to_json()["knowledge"]["entities"]["人物"]] == ["林婉清"]
    own = (Example("王芳来了。", {"entity": "王芳", "facts": [["动作", "来了"]]}),)
    reply = {"entities": [{"entity": "鲁迅", "facts": [["动作", "来了"], ["动作", "生于"]]}]}
    got = answer("KE3", reply, examples=own)
    assert (len(got.items), got.dropped.leaked) == (1, 1)


def test_the_entity_that_was_asked_about_need_not_be_in_the_text() -> None:
    reply = {"entities": [{"entity": "周树人", "facts": [["出生地", "绍兴"]]}]}
    assert len(answer("KE3", reply, entity="周树人").items) == 1
    assert answer("KE3", reply).dropped == Dropped(not_in_text=1)
    reply = {"entities": [{"entity": "鲁迅", "facts": [["真名", "周树人"]]}]}
    assert answer("KE3", reply, entity="周树人").dropped == Dropped(not_in_text=1)


def test_a_piece_of_a_number_is_not_in_the_text() -> None:
    got = triples(["展厅", "面积", "12"], text="展厅在2012年建成。")
    assert got.dropped == Dropped(not_in_text=1)


def test_a_picture_may_show_what_the_text_does_not_say() -> None:
    picture = Image(b"", "image/png")
    assert make_task("KE1", TEXT, image=picture).grounding == "free"
    assert make_task("KE1", TEXT, image=picture, grounding="strict").grounding == "strict"
    assert make_task("KE1", TEXT).grounding == "strict"
