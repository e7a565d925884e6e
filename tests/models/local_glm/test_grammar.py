"""Grammars over Local-GLM's vocabulary: what is allowed, what is refused, how it ends."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from errors import InputError, ModelFailed
from extraction.prompting.answer_grammar import grammar, json_schema
from models.local_glm.grammar import GlmGrammar, Matcher
from models.visualglm.text.stream_decoder import StreamDecoder
from models.visualglm.text.tokenizer import Tokenizer
from scripts.tiny_vocabulary import train

SOURCE = "李明，1998年出生在成都（四川），现在住在 New  York。\n他说：“你好！”<n>"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path: Path = tmp_path_factory.mktemp("vocabulary") / "ice_text.model"
    train(path, seed=1)
    return Tokenizer(path)


@pytest.fixture(scope="module")
def glm(tiny: Tokenizer) -> GlmGrammar:
    return GlmGrammar(tiny, len(tiny) + 5)


def allowed(matcher: Matcher) -> list[int]:
    return [int(token) for token in matcher.mask().nonzero()]


def written(tiny: Tokenizer, matcher: Matcher, seed: int, jump: bool = False) -> str:
    """An answer of allowed tokens drawn at random."""
    dice = random.Random(seed)
    decoder, text = StreamDecoder(tiny, literal=True), ""
    for _ in range(2000):
        if matcher.finished:
            return text + decoder.flush()
        tokens = matcher.forced() if jump else []
        if not tokens:
            choice = allowed(matcher)
            ending = [i for i in choice if tiny.bytes_of(i)[-1:] in (b'"', b"]", b"}")]
            tokens = [dice.choice(ending if ending and dice.random() < 0.4 else choice)]
        for token in tokens:
            matcher.accept(token)
            text += decoder.feed(token)
    raise AssertionError("no end")


@pytest.mark.parametrize("jump", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_answers_have_the_form_and_the_words_of_the_source(
    tiny: Tokenizer, glm: GlmGrammar, seed: int, jump: bool
) -> None:
    form = grammar("KE1", "zh", SOURCE, ["出生地", "住在"], None)
    answer = json.loads(written(tiny, glm.matcher(form), seed, jump))
    for head, relation, tail in answer["triples"]:
        assert head in SOURCE and tail in SOURCE
        assert relation in ("出生地", "住在")


def test_exactly_the_pieces_that_fit_are_allowed(tiny: Tokenizer, glm: GlmGrammar) -> None:
    matcher = glm.matcher('%llguidance {}\nstart: "图片" | "在城市"\n')
    fits = ("图片".encode(), "在城市".encode())
    plain = [
        i for i, b in enumerate(tiny.token_bytes()) if b and any(f.startswith(b) for f in fits)
    ]
    assert allowed(matcher) == plain


def test_only_the_end_is_allowed_when_the_grammar_is_complete(
    tiny: Tokenizer, glm: GlmGrammar
) -> None:
    matcher = glm.matcher('start: "a" "b"?')
    matcher.accept(tiny.encode("xa", specials=False)[-1])
    assert not matcher.finished
    assert tiny.eop_id in allowed(matcher) and len(allowed(matcher)) > 1
    matcher.accept(tiny.encode("xb", specials=False)[-1])
    assert matcher.finished
    assert allowed(matcher) == [tiny.eop_id]
    matcher.accept(tiny.eop_id)
    assert matcher.finished


def test_special_ids_and_ids_beyond_the_vocabulary_are_never_allowed(
    tiny: Tokenizer, glm: GlmGrammar
) -> None:
    matcher = glm.matcher("start: /(?s:.+)/")
    out = torch.ones(len(tiny) + 5, dtype=torch.bool)
    assert matcher.mask(out) is out
    assert not out[len(tiny) :].any()
    for special in (tiny.pad_id, tiny.unk_id, tiny.sop_id, tiny.gmask_id, tiny.eop_id):
        assert not out[special]
    assert out[tiny.newline_id]
    with pytest.raises(ValueError, match="do not fit"):
        GlmGrammar(tiny, len(tiny) - 1)


def test_forced_tokens_are_those_of_the_tokenizer(tiny: Tokenizer, glm: GlmGrammar) -> None:
    tokens = glm.matcher('start: "{\\"triples\\":[" /[ab]+/ "]}"').forced()
    spelt = b"".join(map(tiny.bytes_of, tokens))
    assert b'{"triples":['.startswith(spelt) and len(spelt) > 8
    # Words that the tokenizer would write otherwise are still forced byte by byte.
    matcher = glm.matcher('start: "Ａ，　" "x"*')
    assert b"".join(map(tiny.bytes_of, matcher.forced())) == "Ａ，　".encode()


def test_full_width_marks_are_reachable_through_bytes(tiny: Tokenizer, glm: GlmGrammar) -> None:
    matcher = glm.matcher('start: "，"')
    steps = 0
    while not matcher.finished:
        (token,) = allowed(matcher)
        assert tiny.is_byte(token)
        matcher.accept(token)
        steps += 1
    assert steps == 3


def test_a_token_that_is_not_allowed_ends_the_answer(tiny: Tokenizer, glm: GlmGrammar) -> None:
    for token in (tiny.sop_id, tiny.newline_id, len(tiny) + 2):
        matcher = glm.matcher('start: "a"')
        with pytest.raises(ModelFailed, match="broke off") as caught:
            matcher.accept(token)
        assert "start:" not in caught.value.message
        with pytest.raises(ModelFailed):
            matcher.mask()


@pytest.mark.parametrize("form", ["", "start: nothing", 'start: "a', "%llguidance {}\nstart: /(/"])
def test_grammars_that_do_not_compile(glm: GlmGrammar, form: str) -> None:
    with pytest.raises(InputError, match="cannot be compiled") as caught:
        glm.matcher(form)
    assert caught.value.field == "schema"


def test_a_long_source_compiles(tiny: Tokenizer, glm: GlmGrammar) -> None:
    dice = random.Random(3)
    source = "".join(chr(dice.randrange(0x4E00, 0x9FA5)) for _ in range(4000))
    matcher = glm.matcher(grammar("KE2", "zh", source, ["人物"], None))
    answer = json.loads(written(tiny, matcher, 1))
    assert all(found in source for found in answer["人物"])


def test_json_schema_is_written_compactly(tiny: Tokenizer, glm: GlmGrammar) -> None:
    schema = json_schema("KE2", {"人物": "", "地点": ""})
    for seed in range(4):
        text = written(tiny, glm.matcher_for_schema(schema), seed)
        answer = json.loads(text)
        assert list(answer) == ["人物", "地点"]
        assert text.startswith('{"人物":[')


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"type": {1, 2}}, {"$ref": "#/nowhere"}])
def test_schemas_that_are_none(glm: GlmGrammar, schema: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        glm.matcher_for_schema(schema)
    assert caught.value.field == "schema"
