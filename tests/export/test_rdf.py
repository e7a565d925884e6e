"""Turtle and JSON-LD, read back by rdflib, and by a strict reader of another house."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.namespace import PROV

from errors import InputError
from export.formats import write
from export.iris import Iris
from export.rdf import ITSRDF, KEX, NIF, SCHEMA
from knowledge.record import Record
from tests.export.answers import nasty, real, reals, strings

IRIS = Iris()


def turtle(records: list[Record], iris: Iris = IRIS) -> Graph:
    return Graph().parse(data="".join(write("turtle", records, iris)), format="turtle")


def jsonld(records: list[Record], iris: Iris = IRIS) -> Graph:
    return Graph().parse(data="".join(write("jsonld", records, iris)), format="json-ld")


def entity(name: str) -> URIRef:
    return URIRef(IRIS.entity(name))


def test_nasty_strings_come_back() -> None:
    for string in strings():
        records = [nasty(task, string) for task in ("KE1", "KE2", "KE3")]
        graph = turtle(records)
        subject, value = entity(string), entity(string + "!")
        relation = URIRef(IRIS.relation(string))
        assert (subject, relation, value) in graph
        assert (subject, RDF.type, URIRef(IRIS.kind(string))) in graph
        for about, words in ((subject, string), (relation, string), (value, string + "!")):
            assert Literal(words, lang="en") in set(graph.objects(about, RDFS.label)), words
        # Only what is written here is there: no text has added a triple with terms of its own.
        allowed = ("urn:kex:", "http://www.w3.org/", "https://schema.org/", str(NIF), "http://purl")
        for predicate in graph.predicates():
            assert str(predicate).startswith(allowed), predicate
        assert len(set(graph.subjects(RDF.type, RDF.Statement))) == 3


def test_a_strict_reader_finds_the_same() -> None:
    records = [nasty(task, string) for task in ("KE1", "KE2", "KE3") for string in strings()]
    written = {name: "".join(write(name, records)) for name in ("turtle", "jsonld")}
    found = [
        {str(quad) for quad in pyoxigraph.parse(written["turtle"], pyoxigraph.RdfFormat.TURTLE)},
        {str(quad) for quad in pyoxigraph.parse(written["jsonld"], pyoxigraph.RdfFormat.JSON_LD)},
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 10_000


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's reader uses it
def test_json_ld_says_what_turtle_says() -> None:
    records = reals() + [
        nasty(task, string) for task in ("KE1", "KE2") for string in strings()[:40]
    ]
    for iris in (IRIS, Iris("https://example.org/kex/"), Iris("urn:kex:vocab/")):
        assert set(jsonld(records, iris)) == set(turtle(records, iris))


def test_where_a_triple_comes_from_can_be_asked() -> None:
    rows = turtle(reals()).query(
        """SELECT ?status ?begin ?end ?words ?sentence ?document ?model WHERE {
             ?s rdf:subject ?head ; rdf:predicate/rdfs:label "原名"@zh ; rdf:object ?tail ;
                kex:objectStatus ?status ; kex:objectMention ?mention ; kex:evidence ?evidence ;
                prov:wasDerivedFrom ?document ; prov:wasAttributedTo ?model .
             ?head rdfs:label "鲁迅"@zh . ?tail rdfs:label "周树人"@zh .
             ?mention nif:beginIndex ?begin ; nif:endIndex ?end ; nif:anchorOf ?words .
             ?evidence nif:anchorOf ?sentence . }""",
        initNs={"kex": KEX, "nif": NIF, "prov": PROV},
    )
    (row,) = [tuple(value.toPython() for value in found) for found in rows]  # type: ignore[union-attr]
    assert row[:4] == ("verbatim", 5, 8, "周树人")
    assert row[4] == real("KE1").text
    assert [str(iri) for iri in row[5:]] == ["urn:kex:document/KE1", "urn:kex:model/Embedded"]


def test_the_query_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    query = page.split("```sparql\n")[1].split("```")[0]
    found = turtle(reals()).query(
        query.replace("出生地", "原名"), initNs={"kex": KEX, "nif": NIF, "rdfs": RDFS}
    )
    assert [[str(one) for one in row] for row in found] == [  # type: ignore[union-attr]
        ["鲁迅", "周树人", real("KE1").text]
    ]


def test_dates_are_literals_with_their_meaning_and_guesses_are_marked() -> None:
    graph = turtle([real("KE1")])
    born = URIRef(IRIS.relation("出生日期"))
    assert graph.value(entity("鲁迅"), born) == Literal("1881年9月25日", lang="zh")
    (said,) = graph.subjects(RDF.predicate, born)
    assert str(graph.value(said, KEX.date)) == "1881-09-25"
    (guess,) = graph.subjects(RDF.object, entity("中国"))
    assert str(graph.value(guess, KEX.objectStatus)) == "inferred"
    assert graph.value(guess, KEX.objectMention) is None
    assert (entity("鲁迅"), URIRef(IRIS.relation("国籍")), entity("中国")) in graph


def test_known_classes_are_schema_orgs() -> None:
    graph = turtle([real("KE2")])
    assert (entity("Marie Curie"), RDF.type, SCHEMA.Person) in graph
    assert (entity("Warsaw"), RDF.type, SCHEMA.Place) in graph
    assert len(set(graph.subjects(ITSRDF.taIdentRef, entity("Marie Curie")))) == 2
    chinese = turtle([nasty("KE2", "机构")])
    assert (entity("机构"), RDF.type, SCHEMA.Organization) in chinese


def test_all_that_is_written_stands_under_the_base() -> None:
    graph = turtle(reals(), Iris("https://example.org/kex/"))
    assert URIRef("https://example.org/kex/entity/warsaw") in set(graph.subjects())
    assert all(str(s).startswith("https://example.org/kex/") for s in graph.subjects())


def test_spellings_of_one_name_are_one_entity() -> None:
    assert entity("Ｍarie　Curie") == entity("marie curie") != entity("Maria Curie")
    assert entity("..") == URIRef("urn:kex:entity/%2E%2E")


@pytest.mark.parametrize(
    "base",
    ["urn:kex:", "urn:example:a/b:", "urn:x-1:a%20b/", "http://a/", "https://a.org:8080/b/%E4%B8%AD/"],
)  # fmt: skip
def test_a_strict_reader_takes_every_base(base: str) -> None:
    written = "".join(write("turtle", [nasty("KE1", string) for string in strings()], Iris(base)))
    quads = list(pyoxigraph.parse(written, pyoxigraph.RdfFormat.TURTLE))
    assert str(quads[0].subject).startswith(f"<{base}document/")


@pytest.mark.parametrize(
    "base",
    ["", "kex", "javascript:x/", "http://a", "http://a/?q=/", "http://a/#", "urn:kex", "urn::",
     "http://a/> <b>/", "http://a/\n/", "http://a//b/", "http://[/", "http://a/%2/",
     "urn:kex:a", "http:///", "file:///", "https://a b/", "urn:" + "a" * 600 + ":"],
)  # fmt: skip
def test_a_base_that_is_none_is_refused(base: str) -> None:
    with pytest.raises(InputError) as caught:
        Iris(base)
    assert caught.value.field == "base_iri"
    assert json.loads(json.dumps(caught.value.to_json()))["error"]["message"].count("end") == 1
