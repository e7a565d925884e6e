"""The tokenizer and its stream, on a vocabulary of our own and on the official tokenizer's words.

`KEX_GOLDEN` names the folder of what the official code says; it is not part of the project.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from errors import WeightsError
from models.visualglm.config import VisualGLMConfig
from models.visualglm.text.stream_decoder import StreamDecoder
from models.visualglm.text.tokenizer import VOCABULARY_FILE, Tokenizer
from scripts.tiny_vocabulary import VOCAB_SIZE, train
from tests import ROOT
from verification.golden.text import encode_prompt, pad

GOLDEN = Path(os.environ.get("KEX_GOLDEN", ROOT.parent / "shared" / "golden"))
needs_golden = pytest.mark.skipif(
    not (GOLDEN / VOCABULARY_FILE).exists(), reason="KEX_GOLDEN names no folder with ice_text.model"
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("vocabulary") / VOCABULARY_FILE
    train(path, seed=1)
    return Tokenizer(path)


@pytest.fixture(scope="module")
def official() -> Tokenizer:
    return Tokenizer(GOLDEN / VOCABULARY_FILE)


@pytest.fixture(scope="module")
def golden() -> Any:
    return json.loads((GOLDEN / "tokenizer.json").read_text(encoding="utf-8"))


def fitting(tokenizer: Tokenizer) -> VisualGLMConfig:
    return VisualGLMConfig(
        vocab_size=len(tokenizer) + 5,
        pad_token_id=tokenizer.pad_id,
        mask_token_id=tokenizer.mask_id,
        gmask_token_id=tokenizer.gmask_id,
        bos_token_id=tokenizer.sop_id,
        eos_token_id=tokenizer.eop_id,
    )


def streamed(tokenizer: Tokenizer, ids: Iterable[int], **options: bool) -> str:
    decoder = StreamDecoder(tokenizer, **options)
    return "".join([decoder.feed(i) for i in ids]) + decoder.flush()


# The small vocabulary


@pytest.mark.parametrize(
    "text",
    [
        "", "描述这张图片。", "Two  blanks,   three", "a\tb\n\n  c", "def f(x):\n    return x",
        "𠮷野家", " 😀", "a" + " " * 163 + "b", "[gMASK] </s> <dBLOCK>", "null\x00byte",
    ],
)  # fmt: skip
def test_text_comes_back(tiny: Tokenizer, text: str) -> None:
    assert tiny.decode(tiny.encode(text), clean_up=False) == text.removeprefix(" ")


def test_white_space_has_pieces_of_its_own(tiny: Tokenizer) -> None:
    ids = tiny.encode("\n\t" + " " * 83)
    assert tiny.pieces(ids) == ["▁", "<n>", "<|tab|>", "<|blank_80|>", "<|blank_3|>"]
    assert ids[1:3] == [tiny.newline_id, tiny.tab_id]


def test_width_is_folded(tiny: Tokenizer) -> None:
    assert tiny.decode(tiny.encode("ＡＢ，（１）")) == "AB,(1)"


def test_specials_in_a_text_are_ids_unless_told_otherwise(tiny: Tokenizer) -> None:
    text = "a <sop>\n b[MASK]<eop><pad><unk>c"
    names = [piece for piece in tiny.pieces(tiny.encode(text)) if piece[0] in "<[" and piece != "<"]
    assert names == ["<sop>", "[MASK]", "<eop>", "<pad>", "<unk>"]
    assert tiny.newline_id not in tiny.encode(text)  # white space beside a special is dropped
    plain = tiny.encode(text, specials=False)
    assert tiny.decode(plain) == text
    assert all(tiny.bytes_of(token_id) for token_id in plain)


def test_prompts_end_where_the_answer_begins(tiny: Tokenizer) -> None:
    ids = tiny.encode("你好")
    assert encode_prompt(tiny, "你好") == [*ids, tiny.gmask_id, tiny.sop_id]
    assert encode_prompt(tiny, "", "你好") == [tiny.gmask_id, tiny.sop_id, *ids, tiny.eop_id]


def test_clean_up_takes_blanks_from_before_english_marks(tiny: Tokenizer) -> None:
    ids = tiny.encode("He is n't here , it 's ' gone ' .")
    # The quote behind "gone" lost its second blank to the full stop, which comes first.
    assert tiny.decode(ids) == "He isn't here, it's'gone '."
    assert tiny.decode(ids, clean_up=False) == "He is n't here , it 's ' gone ' ."


def test_ids_that_say_nothing(tiny: Tokenizer) -> None:
    word = tiny.encode("图片")
    silent = [tiny.pad_id, tiny.sop_id, tiny.gmask_id, len(tiny), 10**9, -1]
    assert tiny.decode([*silent, *word, *silent]) == "图片"
    assert tiny.pieces([len(tiny), -1]) == ["", ""]
    assert "⁇" in tiny.decode([tiny.unk_id])
    assert tiny.decode([tiny.unk_id], skip_special=True) == ""
    assert tiny.bytes_of(len(tiny)) == b""


def test_half_a_surrogate_pair_is_no_error(tiny: Tokenizer) -> None:
    assert tiny.decode(tiny.encode("图\ud83d片")) == "图 片"


def test_padding_is_on_the_left(tiny: Tokenizer) -> None:
    ids, attention = pad(tiny, [[7, 8, 9], [7]])
    assert ids == [[7, 8, 9], [tiny.pad_id, tiny.pad_id, 7]]
    assert attention == [[1, 1, 1], [0, 0, 1]]
    assert pad(tiny, []) == ([], [])


def test_token_bytes_undo_the_spellings(tiny: Tokenizer) -> None:
    spelt = tiny.token_bytes()
    assert len(spelt) == len(tiny) == VOCAB_SIZE
    assert (spelt[tiny.newline_id], spelt[tiny.tab_id]) == (b"\n", b"\t")
    blanks = tiny.encode(" " * 7)[-1]
    assert spelt[blanks] == b" " * 7
    assert spelt[tiny.encode("😀", specials=False)[-4]] == b"\xf0"
    for special in ("pad", "unk", "mask", "gmask", "sop", "eop"):
        assert spelt[getattr(tiny, f"{special}_id")] == b""
    text = "Anna\t叫  安娜\n"
    assert b"".join(spelt[i] for i in tiny.encode(text)) == b" " + text.encode()


def test_check_names_what_does_not_fit(tiny: Tokenizer) -> None:
    config = fitting(tiny)
    tiny.check(config)
    with pytest.raises(WeightsError, match=r"eos_token_id is 130005 but <eop> has id \d+"):
        tiny.check(replace(config, eos_token_id=130005))
    with pytest.raises(WeightsError, match=f"vocab_size is 899 but it has {VOCAB_SIZE} pieces"):
        tiny.check(replace(config, vocab_size=899))


def test_files_that_are_no_vocabulary(tmp_path: Path, tiny: Tokenizer) -> None:
    path = tmp_path / VOCABULARY_FILE
    with pytest.raises(WeightsError, match="cannot be read: No such file"):
        Tokenizer(path)
    for data in (b"", b"not a model", tiny.path.read_bytes()[:-9]):
        path.write_bytes(data)
        with pytest.raises(WeightsError, match="not a sentencepiece model"):
            Tokenizer(path)
    path.write_bytes(bytes(2_699_926))
    with pytest.raises(WeightsError, match=r"older vocabulary.*130000 pieces.*2,706,249 bytes"):
        Tokenizer(path)
    path.write_bytes(tiny.path.read_bytes().replace(b"[gMASK]", b"[hMASK]"))
    with pytest.raises(WeightsError, match=r"has no piece \[gMASK\]"):
        Tokenizer(path)


def test_training_is_repeatable(tmp_path: Path, tiny: Tokenizer) -> None:
    for seed, same in ((1, True), (2, False)):
        train(tmp_path / "again", seed)
        assert ((tmp_path / "again").read_bytes() == tiny.path.read_bytes()) is same


# The stream


def awkward_ids(tokenizer: Tokenizer, count: int) -> Iterator[list[int]]:
    """Ids at random, with many that make a stream hold back: blanks, marks, tags, bytes."""
    text = "▁ ▁ , . ? ! ' n t s m ve re ▁n ▁' < > | n blank _ 2 tab <n> <|tab|> <|blank_2|>"
    known = {piece: i for i, piece in enumerate(tokenizer.pieces(range(len(tokenizer))))}
    tricky = [known[piece] for piece in text.split() if piece in known]
    byte = [known[f"<0x{value:02X}>"] for value in b"\xf0\x9f\x98\x80\xe4\xbd\xa0\xed\xa0A n<"]
    pools = [tricky, byte, range(len(tokenizer) + 3)]
    dice = random.Random(1)
    for _ in range(count):
        weights = [dice.random(), dice.random() / 2, dice.random()]
        chosen = dice.choices(pools, weights, k=dice.randrange(40))
        yield [dice.choice(pool) for pool in chosen]


@pytest.mark.parametrize("skip_special", [False, True])
@pytest.mark.parametrize("clean_up", [False, True])
def test_stream_says_what_decode_says(tiny: Tokenizer, skip_special: bool, clean_up: bool) -> None:
    for ids in awkward_ids(tiny, 300):
        said = streamed(tiny, ids, skip_special=skip_special, clean_up=clean_up)
        assert said == tiny.decode(ids, skip_special, clean_up), ids


def test_stream_waits_for_whole_characters(tiny: Tokenizer) -> None:
    decoder = StreamDecoder(tiny)
    ids = tiny.encode("😀")
    assert [decoder.feed(i) for i in ids] == [""] * (len(ids) - 1) + ["😀"]
    for i in ids[1:-1]:
        assert decoder.feed(i) == ""
    assert decoder.flush() == "\ufffd\ufffd\ufffd"  # as decode says, and only at the end


def test_stream_holds_a_blank_until_it_is_certain(tiny: Tokenizer) -> None:
    decoder = StreamDecoder(tiny)
    word, blank, comma = tiny.encode("图 ,")[-3:]
    assert [decoder.feed(i) for i in (word, blank, comma, blank, word)] == [
        "图",
        "",
        ",",
        "",
        " 图",
    ]


def test_a_tag_written_in_pieces_is_white_space_as_officially(tiny: Tokenizer) -> None:
    tag = [tiny.encode(f"x{char}")[-1] for char in "<n>"]
    decoder = StreamDecoder(tiny)
    assert [decoder.feed(i) for i in tag] == ["", "", "\n"]
    # A grammar allowed three characters, so three are said.
    assert streamed(tiny, [*tag, tiny.eop_id], literal=True) == "<n>"
    assert streamed(tiny, tiny.encode(" 中 .", specials=False), literal=True) == " 中 ."


# The official vocabulary and what the official tokenizer makes of it


@needs_golden
def test_official_file(official: Tokenizer, golden: Any) -> None:
    assert len(official) == golden["sp_vocab_size"]
    official.check(VisualGLMConfig())
    names = ("bos", "eos", "mask", "gmask", "pad", "unk")
    ids = [golden["special"][f"{name}_token"][1] for name in names]
    assert ids == [
        official.sop_id, official.eop_id, official.mask_id,
        official.gmask_id, official.pad_id, official.unk_id,
    ]  # fmt: skip


@needs_golden
def test_official_strings(official: Tokenizer, golden: Any) -> None:
    assert len(golden["strings"]) == 72
    for row in golden["strings"]:
        ids, with_special = row["ids"], row["ids_with_special"]
        assert official.encode(row["text"]) == ids
        assert official.pieces(ids) == row["pieces"]
        assert encode_prompt(official, row["text"]) == with_special
        assert official.decode(ids) == row["decoded"]
        assert official.decode(ids, clean_up=False) == row["decoded_no_cleanup"]
        assert official.decode(with_special) == row["decoded_with_special"]
        assert official.decode(with_special, skip_special=True) == row["decoded_skip_special"]
        assert streamed(official, with_special, skip_special=False) == row["decoded_with_special"]
        assert streamed(official, with_special) == row["decoded_skip_special"]


@needs_golden
def test_official_pairs_decodes_and_batch(official: Tokenizer, golden: Any) -> None:
    for row in golden["pairs"]:
        assert encode_prompt(official, row["a"]) == row["single"]
        assert encode_prompt(official, row["a"], row["b"]) == row["pair"]
    for row in golden["decode"]:
        assert official.pieces(row["ids"]) == row["pieces"]
        assert official.decode(row["ids"]) == row["decoded"]
        assert official.decode(row["ids"], skip_special=True) == row["skip_special"]
    ids, attention = golden["batch"]["input_ids"], golden["batch"]["attention_mask"]
    rows = [
        [token for token, real in zip(*pair, strict=True) if real]
        for pair in zip(ids, attention, strict=True)
    ]
    assert pad(official, rows) == (ids, attention)


@needs_golden
def test_official_vocabulary_streams(official: Tokenizer) -> None:
    for ids in awkward_ids(official, 300):
        said = streamed(official, ids, skip_special=False)
        assert said == official.decode(ids), ids
