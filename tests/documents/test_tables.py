"""Tables as text."""

from __future__ import annotations

from documents.tables import read_table


def test_in_one_column_a_comma_parts_nothing() -> None:
    document = read_table("text\nAda, born 1815\n张伟,住在上海\n".encode(), None)
    assert document.text == "Ada, born 1815\n张伟,住在上海"
