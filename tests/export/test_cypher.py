from __future__ import annotations

import re

import pytest

from export.cypher import named, quoted
from export.formats import write
from knowledge.items import PromptType
from tests.export.answers import nasty, real, strings
from tests.export.cypher_reader import decoded, statements

READINGS = (lambda query: query, decoded)  # by the letter, and as Neo4j reads


def typed(string: str) -> str:
    """A string as a relationship type or a label."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", "\ufffd", string.replace("\\", "＼"))


@pytest.mark.parametrize("task", ["KE1", "KE2", "KE3"])
def test_a_text_stays_data(task: PromptType) -> None:
    plain = statements("".join(write("cypher", [nasty(task, "plain")])))
    for string in strings():
        query = "".join(write("cypher", [nasty(task, string)]))
        assert query.count("\n") == len(plain) + 1  # a statement a line, under the comment
        for reading in READINGS:
            found = statements(reading(query))
            assert [one.shape for one in found] == [one.shape for one in plain], string
            values = [value for one in found for value in one.values]
            assert string in values
            assert typed(string) in values


def test_strings_and_names_mean_the_text() -> None:
    for string in strings():
        for reading in READINGS:
            (one,) = statements(reading(f"{quoted(string)} {named(string)};"))
            assert one.values == [string, typed(string)]


def test_a_triple_is_two_nodes_and_a_relationship() -> None:
    query = "".join(write("cypher", [real("KE1")]))
    line = query.splitlines()[1]
    assert line.startswith(
        "MERGE (h:KexEntity {key: '鲁迅'}) ON CREATE SET h.name = '鲁迅' "
        "MERGE (t:KexEntity {key: '周树人'}) ON CREATE SET t.name = '周树人' "
        "MERGE (h)-[r:`原名` {key: '"
    )
    assert "r.source = 'KE1'" in line
    assert f"r.evidence = '{real('KE1').text}'" in line
    assert "r.evidence_starts = [0]" in line
    guess = query.splitlines()[3]
    assert "r.tail_status = 'inferred'" in guess
    assert "tail_start" not in guess


def test_classes_are_labels_and_aliases_are_added() -> None:
    assert " SET h:`person` " in "".join(write("cypher", [real("KE2")]))
    assert (
        "SET e.aliases = [x IN coalesce(e.aliases, []) WHERE NOT x IN ['Maria']] + ['Maria'];"
    ) in "".join(write("cypher", [real("KE3")]))
