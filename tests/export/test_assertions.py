"""Every format tells what the text does with an item, and RDF states only what it states."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest
from rdflib import RDF, Graph, URIRef
from rdflib import Literal as Words

from errors import InputError
from export.formats import write
from export.iris import Iris
from export.neo4j import write_neo4j
from export.rdf import KEX, NIF
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import PromptType, Triple
from knowledge.record import Record, read_record
from tests.scripted_model import ScriptedModel

TEXT = "王芳不是张伟的妻子。大桥预计2030年通车。鲁迅生于绍兴。"
REPLY = {
    "KE1": {"triples": [["王芳", "配偶", "张伟"], ["大桥", "通车", "2030年"],
                        ["鲁迅", "出生地", "绍兴"]]},
    "KE3": {"entities": [{"entity": "王芳", "facts": [["配偶", "张伟"]]},
                         {"entity": "鲁迅", "facts": [["出生地", "绍兴"]]}]},
}  # fmt: skip
IRIS = Iris()


def record(task: PromptType = "KE1") -> Record:
    reply = json.dumps(REPLY[task], ensure_ascii=False)
    model = ScriptedModel([reply], constraint="json_schema")
    *_, answer = extract(make_task(task, TEXT, assertions="all"), model)
    assert isinstance(answer, Answer)
    return read_record({**answer.to_json(), "id": task, "text": TEXT})


def test_an_answer_is_read_back_with_its_assertions_and_cues() -> None:
    items = [item for item in record().items if isinstance(item, Triple)]
    assert [item.assertion for item in items] == ["negated", "planned", "stated"]
    assert [item.cue and item.cue.text for item in items] == ["不是", "预计", None]


def test_an_answer_of_before_is_stated() -> None:
    row = record().to_json()
    for triple in row["knowledge"]["triples"]:
        triple.pop("assertion")
        triple.pop("cue", None)
    items = [item for item in read_record(row).items if isinstance(item, Triple)]
    assert [(item.assertion, item.cue) for item in items] == [("stated", None)] * 3


def test_a_cue_that_does_not_stand_there_is_refused() -> None:
    row = record().to_json()
    row["knowledge"]["triples"][0]["cue"]["start"] += 1
    with pytest.raises(InputError, match="cue"):
        read_record(row)


def test_csv() -> None:
    rows = list(csv.DictReader(StringIO("".join(write("csv", [record()])).lstrip("\ufeff"))))
    assert [row["assertion"] for row in rows] == ["negated", "planned", "stated"]
    assert [rows[0][name] for name in ("cue", "cue_start", "cue_end")] == ["不是", "2", "4"]
    assert rows[2]["cue"] == ""


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.parametrize("name", ["turtle", "jsonld"])
def test_only_what_is_stated_is_a_plain_triple(name: Literal["turtle", "jsonld"]) -> None:
    parsed = "json-ld" if name == "jsonld" else name
    graph = Graph().parse(data="".join(write(name, [record()], IRIS)), format=parsed)
    born, spouse = (URIRef(IRIS.relation(one)) for one in ("出生地", "配偶"))
    assert list(graph.subject_objects(born))
    assert not list(graph.subject_objects(spouse))
    [denied] = graph.subjects(RDF.predicate, spouse)
    assert list(graph.objects(denied, KEX.assertion)) == [Words("negated")]
    [cue] = graph.objects(denied, KEX.cue)
    assert list(graph.objects(cue, NIF.anchorOf)) == [Words("不是")]
    assert len(list(graph.subjects(KEX.assertion, None))) == 3


def test_graphml() -> None:
    tree = ElementTree.fromstring("".join(write("graphml", [record()])))  # noqa: S314  # our own
    found = [
        {one.get("key"): one.text for one in edge}
        for edge in tree.iter("{http://graphml.graphdrawing.org/xmlns}edge")
    ]
    assert [edge["edge_assertion"] for edge in found] == ["negated", "planned", "stated"]
    assert [edge.get("edge_cue") for edge in found] == ["不是", "预计", None]


def test_cypher_and_neo4j(tmp_path: Path) -> None:
    written = "".join(write("cypher", [record()]))
    assert "r.assertion = 'negated', r.cue = '不是', r.cue_start = 2, r.cue_end = 4" in written
    write_neo4j([record()], tmp_path)
    told = (tmp_path / "relationships.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(StringIO(told)))
    assert [row["assertion"] for row in rows] == ["negated", "planned", "stated"]
    assert [row["cue"] for row in rows] == ["不是", "预计", ""]


@pytest.mark.parametrize("task", ["KE1", "KE3"])
def test_markdown_and_report(task: PromptType) -> None:
    markdown = "".join(write("markdown", [record(task)]))
    assert "断言" in markdown and "否认（不是）" in markdown
    report = "".join(write("html", [record(task)]))
    assert 'class="badge negated" title="原文用词：不是"' in report


def test_what_is_denied_is_no_edge_of_the_report() -> None:
    report = "".join(write("html", [record()]))
    drawn = report[report.index("<svg") : report.index("</svg>")]
    assert "出生地" in drawn and "通车" in drawn
    assert "配偶" not in drawn


def test_where_all_is_stated_no_column_is_added() -> None:
    row = record().to_json()
    row["knowledge"]["triples"] = row["knowledge"]["triples"][2:]
    assert "断言" not in "".join(write("markdown", [read_record(row)]))
