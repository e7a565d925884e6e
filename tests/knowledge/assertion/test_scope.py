"""The scope rule, on sentences that were written before it was tried."""

from __future__ import annotations

import pytest
import yaml

from knowledge.assertion.cues import FOLDER, Group, Words, _meanings, _rank, lexicon
from knowledge.assertion.scope import STATED, read
from knowledge.text.sentences import sentences
from knowledge.text.spans import Lang, Span
from tests.knowledge.assertion.later_sentences import LATER
from tests.knowledge.assertion.sentences import CHINESE, ENGLISH, Row
from tests.knowledge.assertion.whole_sentences import WHOLE


def place(text: str, string: str) -> Span:
    start = text.index(string)
    return Span(start, start + len(string))


def said(text: str, head: str, tail: str, label: str = "relation") -> tuple[str, str]:
    """The assertion and its cue, as the sentence of the tail has it."""
    ends = [place(text, head), place(text, tail)]
    sentence = next(one for one in sentences(text) if one.start <= ends[1].start < one.end)
    found = read(text, sentence, ends, label)
    cue = found.cue
    return found.assertion, text[cue.start : cue.end] if cue else ""


@pytest.mark.parametrize("row", [*CHINESE, *ENGLISH], ids=lambda row: f"{row[0]}: {row[1]}")
def test_the_rule_reads_a_sentence_as_a_person_does(row: Row) -> None:
    _, text, head, tail, assertion, cue = row
    found = said(text, head, tail)
    assert found[0] == assertion
    # 没有证据表明 for 没有证据: the words that decide are in it.
    assert cue in found[1] or found[1] in cue
    assert bool(found[1]) == (assertion != "stated")


@pytest.mark.parametrize("row", [*LATER, *WHOLE], ids=lambda row: f"{row[0]}: {row[4]}")
def test_the_rule_reads_other_shapes_of_sentences(row: tuple[str, str, str, str, str]) -> None:
    text, head, tail, assertion, label = row
    assert said(text, head, tail, label)[0] == assertion


@pytest.mark.parametrize("rows", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_there_are_sentences_of_every_kind(rows: tuple[Row, ...]) -> None:
    kinds = {row[0] for row in rows}
    assert kinds >= {"denial", "hypothesis", "wish", "question", "rumour", "plan", "double"}
    assert kinds >= {"contrast", "not only", "names", "other clause"}
    assert len(rows) >= 60


def test_offsets_count_in_the_whole_text() -> None:
    text = "他是教师。😀 王芳不是张伟的妻子。"
    sentence = sentences(text)[-1]
    found = read(text, sentence, [place(text, "王芳"), place(text, "张伟")], "妻子")
    assert found.cue is not None
    assert text[found.cue.start : found.cue.end] == "不是"


def test_a_relation_that_says_it_itself_is_stated() -> None:
    text = "Nordvision did not acquire Helix Labs."
    assert said(text, "Nordvision", "Helix Labs", "did not acquire") == ("stated", "")
    text = "大桥预计2030年通车。"
    assert said(text, "大桥", "2030年", "预计通车时间") == ("stated", "")
    assert said(text, "大桥", "2030年", "通车时间") == ("planned", "预计")


def test_a_head_of_an_earlier_sentence_counts_as_known() -> None:
    text = "刘洋是律师。他没有去过北京。"
    assert said(text, "刘洋", "北京") == ("negated", "没有")


def test_a_pair_without_a_place_in_the_sentence_is_stated() -> None:
    assert read("他没有去。", Span(0, 5), [None, None], "x") == STATED


def test_a_sentence_of_nothing_but_cues_does_not_break_it() -> None:
    text = "不没有未可能如果" * 500 + "李强在北京。"
    assert read(text, Span(0, len(text)), [place(text, "李强"), place(text, "北京")], "x")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_harmless_word_is_never_a_cue(lang: Lang) -> None:
    found = lexicon(lang)
    assert [one.says for one in found.cues("未来 无锡 not only No. 5")] == []


def test_a_word_says_one_thing_only() -> None:
    groups = (
        Group(says="negated", reach="clause", words=("not",)),
        Group(says="planned", reach="clause", words=("not",)),
    )
    with pytest.raises(ValueError, match="not is both negated and planned"):
        _meanings(groups)


def test_the_files_hold_no_unknown_field() -> None:
    with pytest.raises(ValueError, match="extra"):
        Words.model_validate(
            {"cues": [], "harmless": [], "turns": [], "results": [], "labels": {}, "extra": 1}
        )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_word_is_listed_once_and_is_not_harmless_too(lang: Lang) -> None:
    read = yaml.safe_load((FOLDER / f"{lang}.yaml").read_text(encoding="utf-8"))
    listed = Words.model_validate(read)
    for group in listed.cues:
        assert len(group.words) == len(set(group.words))
    deciding = {word for group in listed.cues for word in group.words}
    assert deciding & set(listed.harmless) == set()
    assert len(listed.harmless) == len(set(listed.harmless))


def test_of_two_words_at_one_place_the_same_one_always_decides() -> None:
    """Whatever order a set has: 无 at the beginning of a clause reaches further than elsewhere."""
    assert _rank("^无") < _rank("无") and _rank("或(收购)") < _rank("或")
    assert said("患者胸闷，无发热、盗汗。", "患者", "盗汗") == ("negated", "无")
