"""The project's annotated texts pass their checker, and the checker finds every kind of fault."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evaluation.gold.annotated import AnnotatedText
from tests import ROOT
from training.gold.check import complaints, grams_of, main, near_copies, read

GOLD = ROOT / "training" / "gold"
ROW: dict[str, Any] = {
    "id": "en-1",
    "lang": "en",
    "domain": "company",
    "genre": "news",
    "text": "Ana Ruiz founded Rotec in 2019. She is not its chair. Rotec will open in Graz.",
    "entities": [["Ana Ruiz", "person", "founder"], ["Rotec", "organisation", "company"]],
    "triples": [["Rotec", "founded by", "Ana Ruiz"], ["Rotec", "inception", "2019"]],
    "facts": {"Ana Ruiz": [["founded", "Rotec"]]},
    "unstated": ["revenue", "number of employees", "area"],
    "marked": [{"triple": ["Rotec", "chairperson", "Ana Ruiz"], "assertion": "negated",
                "cue": "not"}],
}  # fmt: skip
CHINESE: dict[str, Any] = {
    **ROW, "id": "zh-1", "lang": "zh", "text": "星河科技由陈立于2019年创立。",
    "entities": [["星河科技", "机构", "企业"]], "triples": [["星河科技", "创始人", "陈立"]],
    "facts": {}, "unstated": ["营收", "员工人数", "母公司"], "marked": [],
}  # fmt: skip


@cache
def rows(name: str) -> list[dict[str, Any]]:
    return read(GOLD / f"{name}.jsonl")


def test_no_text_of_ours_has_a_fault_and_dev_has_no_copy_of_a_training_text() -> None:
    assert complaints([*rows("train"), *rows("dev")]) == []


@pytest.mark.parametrize(("name", "fewest"), [("train", 1500), ("dev", 135)])
def test_both_languages_have_texts_of_every_kind(name: str, fewest: int) -> None:
    for lang in ("zh", "en"):
        own = [row for row in rows(name) if row["lang"] == lang]
        assert len(own) >= fewest
        assert sum(not row["triples"] for row in own) >= 9
        marks = {one["assertion"] for row in own for one in row["marked"]}
        assert marks == {"negated", "uncertain", "planned"}


def test_the_data_card_has_the_counts_of_the_files() -> None:
    card = (GOLD / "DATA_CARD.md").read_text(encoding="utf-8")
    columns = [
        [row for row in rows(name) if row["lang"] == lang]
        for name in ("train", "dev")
        for lang in ("zh", "en")
    ]
    counts = {"texts": [len(column) for column in columns]}
    for field in ("triples", "entities"):
        counts[field] = [sum(len(row[field]) for row in column) for column in columns]
    for kind in ("negated", "uncertain", "planned"):
        counts[f"marked: {kind}"] = [
            sum(one["assertion"] == kind for row in column for one in row["marked"])
            for column in columns
        ]
    for what, figures in counts.items():
        assert f"| {what} | {' | '.join(f'{figure:,}' for figure in figures)} |" in card


def test_names_of_relations_have_a_line_each() -> None:
    lines = read(GOLD / "relation_names.jsonl")
    listed = {(line["lang"], line["name"]) for line in lines}
    assert len(listed) == len(lines)
    for line in lines:
        assert line.keys() == {"lang", "name", "synonyms", "parent", "inverse", "confusable"}
    used = Counter(
        (row["lang"], relation) for row in rows("train") for _, relation, _ in row["triples"]
    )
    assert {name for name, count in used.items() if count > 1} <= listed


def test_rows_without_fault_have_no_complaint() -> None:
    assert complaints([ROW, CHINESE]) == []


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"triples": [["Rotec", "inception"]]}, "triples.0.2: Field required"),
        ({"lang": "fr"}, "lang: Input should be 'zh' or 'en'"),
        ({"note": "x"}, "unknown field 'note'"),
        ({"genre": ""}, "no domain or genre"),
        ({"triples": [["Rotec", "part of", "Tamm"]]}, "tail: not in the text 'Tamm'"),
        ({"triples": [["Rotec ", "inception", "2019"]]}, "head: padded 'Rotec '"),
        ({"triples": [["She", "part of", "Rotec"]]}, "triple: pronoun as head 'She'"),
        ({"triples": [["Rotec", "part of", "Rotec"]]}, "triple: head is tail 'Rotec'"),
        ({"triples": [["Rotec", "Inception", "2019"]]},
         "triple: relation long or not in lower case 'Inception'"),
        ({"triples": [["Rotec", "a b c d e f g", "2019"]]},
         "triple: relation long or not in lower case 'a b c d e f g'"),
        ({"triples": [["Rotec", "inception", "2019"]] * 2},
         "triple twice ('Rotec', 'inception', '2019')"),
        ({"marked": [{"triple": ["Rotec", "p", "Graz"], "assertion": "denied", "cue": "not"}]},
         "marked.0.assertion: Input should be 'negated', 'uncertain' or 'planned'"),
        ({"marked": [{"triple": ["Rotec", "p", "Graz"], "assertion": "planned", "cue": "may"}]},
         "cue: not in the text 'may'"),
        ({"marked": [{"triple": ["Rotec", "p", "Linz"], "assertion": "planned", "cue": "will"}]},
         "marked tail: not in the text 'Linz'"),
        ({"marked": [{"triple": ["Rotec", "inception", "2019"], "assertion": "negated",
                      "cue": "not"}]},
         "stated and marked ('Rotec', 'inception', '2019')"),
        ({"unstated": ["area", "founded by", "x"]}, "unstated but stated 'founded by'"),
        ({"unstated": ["area", "area", "x"]}, "unstated twice 'area'"),
        ({"unstated": ["area"]}, "1 unstated relations"),
        ({"entities": [["2019", "date", "year"]]}, "core class 'date'"),
        ({"entities": [["2019", "time", ""]]},
         "entities.0.2: String should have at least 1 character"),
        ({"entities": [["2018", "time", "year"]]}, "entity: not in the text '2018'"),
        ({"entities": [["2019", "time", "year"], ["2019", None, "year"]]}, "entity twice '2019'"),
        ({"facts": {"Ana": [["runs", "Tamm"]]}}, "fact's value: not in the text 'Tamm'"),
        ({"facts": {"Bo": [["runs", "Rotec"]]}}, "fact's entity: not in the text 'Bo'"),
        ({"facts": {"Ana": [["runs", "Rotec"]] * 2}}, "fact of 'Ana' twice ('runs', 'Rotec')"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_row(fields: dict[str, Any], complaint: str) -> None:
    assert complaints([{**ROW, **fields}]) == [f"en-1: {complaint}"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": "星河科技陈立。"}, "length 7"),
        ({"triples": [["星河科技", "创始人", "陈立于2019年创立。"]]},
         "tail: marks around '陈立于2019年创立。'"),
        ({"triples": [["星河科技", "最早提出创立想法的那个人", "陈立"]]},
         "triple: relation long or not in lower case '最早提出创立想法的那个人'"),
        ({"text": "《星河》由陈立于2019年写成。", "triples": [["《星河》", "作者", "陈立"]],
          "entities": []}, "head: marks around '《星河》'"),
    ],
)  # fmt: skip
def test_a_fault_of_a_chinese_row(fields: dict[str, Any], complaint: str) -> None:
    assert complaints([{**CHINESE, **fields}]) == [f"zh-1: {complaint}"]


def test_rows_that_are_one_or_nearly() -> None:
    near = {**ROW, "id": "en-2", "text": ROW["text"].replace("Graz", "Graz, in Austria, next May")}
    other = {
        **ROW,
        "text": f"When did Ana Ruiz found it? In 2019. {' It will not, Graz, Rotec' * 3}",
    }
    assert complaints([ROW, near]) == ["en-2: near copy of en-1"]
    assert complaints([ROW, other]) == ["en-1: id 2 times"]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.35])
def test_near_copies_are_those_that_pairwise_comparison_finds(share: float) -> None:
    texts = [AnnotatedText.model_validate(row) for row in rows("dev")]
    grams = [grams_of(text) for text in texts]
    pairs = {
        (i, j)
        for j in range(len(texts))
        for i in range(j)
        if len(grams[i] & grams[j]) > share * min(len(grams[i]), len(grams[j]))
    }
    assert set(near_copies(texts, share)) == pairs
    assert bool(pairs) is (share == 0.02)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text(json.dumps(ROW) + "\n\n", encoding="utf-8")
    bad.write_text(json.dumps({**ROW, "unstated": []}) + "\n{\n", encoding="utf-8")
    assert main([str(good)]) == 0
    assert capsys.readouterr() == ("", "1 rows, 0 complaints\n")
    with pytest.raises(SystemExit, match=r"bad\.jsonl, line 2"):
        main([str(bad)])
    bad.write_text(json.dumps({**ROW, "unstated": []}), encoding="utf-8")
    assert main([str(bad)]) == 1
    assert capsys.readouterr().out == "en-1: 0 unstated relations\n"
