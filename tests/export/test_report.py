"""The HTML report: what it shows, that it links to itself only, and that no string is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from export.formats import write
from knowledge.record import Record, read_record
from tests.evaluation.reader import Reader
from tests.export.answers import TASKS, XSS, nasty, real, reals, row, strings

TAGS = set(
    "html head meta title style body h1 h2 h3 p section div ul li strong mark span a bdi table "
    "caption thead tbody tr th td figure figcaption svg g path rect text".split()
)
ATTRIBUTES = set(
    "charset http-equiv content name lang class title id dir href scope colspan data-name role "
    "aria-label viewbox width height d x y rx font-size".split()
)


def page(*records: Record) -> str:
    return "".join(write("html", records))


def told(*records: Record) -> str:
    return " ".join("".join(Reader.read(page(*records)).told).split())


def shown(string: str) -> str:
    """As a browser has it: line ends are one, what HTML cannot hold is a sign."""
    string = re.sub("\r\n?", "\n", string)
    return re.sub("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]", "\ufffd", string)


@pytest.mark.parametrize("task", TASKS)
def test_no_string_is_markup(task: Any) -> None:
    for string in XSS + strings():
        written = page(nasty(task, string))
        read = Reader.read(written)
        assert set(read.tags) <= TAGS, string
        assert read.attributes <= ATTRIBUTES, string
        everything = re.sub("\r\n?", "\n", "".join(read.told))
        assert everything.count(shown(string)) >= 2, string
        assert not re.search(r"(href|src)=\"(?!#a1-)", written)


@pytest.mark.parametrize("task", TASKS)
def test_every_link_leads_to_its_piece_of_the_text(task: Any) -> None:
    written = page(real(task), real(task))
    ids = re.findall(r'\bid="([^"]*)"', written)
    links = re.findall(r'href="#([^"]*)"', written)
    assert len(ids) == len(set(ids))
    assert links
    assert set(links) <= set(ids)


def test_the_page_permits_its_style_alone() -> None:
    written = page(real("KE1"))
    (style,) = re.findall("<style>(.*?)</style>", written, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in written
    assert not re.search("https?:", written)
    assert " style=" not in written


def test_what_is_inferred_is_listed_and_marked() -> None:
    written = page(real("KE1"))
    assert "3 个三元组：2 原文、1 推断" in written
    assert 'nowhere">中国</span> <span class="badge inferred"' in written
    assert '<g class="node tail inferred"><title>中国</title>' in written
    assert "原文中没有这一字符串" in written


def test_what_is_spelt_otherwise_is_marked() -> None:
    place = {"text": "LU XUN", "start": 0, "end": 6, "status": "normalised"}
    entities = {"entities": {"person": [{**place, "mentions": [[0, 6]], "confidence": 0.5}]}}
    written = page(read_record(row("KE2", "Lu Xun wrote.", entities)))
    assert "1 entity: 1 normalised" in written
    assert '<a href="#a1-0-6" class="word class-0">LU XUN</a> <span class="badge norm' in written
    assert '<td class="number" data-name="Confidence">0.50</td>' in written
    assert "svg" not in Reader.read(written).tags


def test_the_mentions_of_an_entity_are_all_linked_and_marked() -> None:
    written = page(real("KE2"))
    assert written.count(">Marie Curie</mark>") == 2
    assert '<a href="#a1-0-11" class="place">0–11</a>, <a href="#a1-32-43"' in written


def test_facts_have_their_entity_its_other_names_and_what_is_not_stated() -> None:
    card = {
        **real("KE3").to_json()["knowledge"],
        "not_stated": ["spouse"],
    }
    found = told(read_record(row("KE3", real("KE3").text, card)))
    assert "Marie Curie Also called: Maria" in found
    assert "7 November 1867 1867-11-07" in found
    assert "spouse not stated" in re.sub(r"spouse\s*not", "spouse not", found)
    assert "born in" in found


def test_other_sentences_that_say_it_are_linked() -> None:
    string = "Lu Xun"
    assert "also at 0–6" in told(nasty("KE1", string))


def test_words_are_in_the_answers_language_and_names_are_kept() -> None:
    assert '<html lang="zh">' in page(real("KE1"))
    assert '<html lang="en">' in page(real("KE2"), real("KE1"))
    both = told(real("KE2"), read_record(row("KE1", "无", {"triples": []}, lang="zh")))
    assert "Knowledge" not in both
    assert "Named entities" in both
    assert "答案 2" in both
    assert "没有找到三元组。" in both


def test_warnings_are_told_and_other_things_there_are_not() -> None:
    empty: dict[str, Any] = {"triples": []}
    warned = row("KE1", "a", empty, warnings=["It was <cut>.", 7])
    assert "It was &lt;cut&gt;." in page(read_record(warned))
    assert "Warnings" not in told(read_record(row("KE1", "a", empty, warnings={"a": 1})))


def test_an_answer_about_a_picture_has_no_text_to_mark() -> None:
    nowhere = {"text": "cat", "start": None, "end": None, "status": "inferred"}
    written = page(read_record(row("KE2", "", {"entities": {"animal": [nowhere]}})))
    assert "mark" not in Reader.read(written).tags
    assert "cat" in written


def test_no_answers_are_a_page_too() -> None:
    assert Reader.read(page()).tags.count("section") == 0


def test_answers_are_written_one_at_a_time() -> None:
    taken = 0

    def answers() -> Iterator[Record]:
        nonlocal taken
        for record in reals():
            taken += 1
            yield record

    pieces = write("html", answers())
    assert next(pieces).startswith("<!doctype html>")
    next(pieces)
    assert taken == 1
    assert "</html>" in "".join(pieces)


def test_a_large_graph_says_that_it_is_a_part() -> None:
    def name(number: int) -> dict[str, Any]:
        return {"text": f"n{number}", "start": None, "end": None, "status": "inferred"}

    triples = [{"head": name(0), "relation": "r", "tail": name(n)} for n in range(1, 201)]
    found = told(read_record(row("KE1", "x", {"triples": triples})))
    assert "Only the most connected part is drawn: 150 of 200 edges, 151 nodes." in found
    assert "n200" in found
