"""Migration 1: conversations, their turns, and corrections.

A picture of the tables as they were then: it never changes, whatever becomes of
`storage.conversations.tables`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("title", Text, nullable=False),
    Column("search", Text, nullable=False),  # the title, folded
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Index("conversations_by_use", "updated", "id"),
)

turns = Table(
    "turns",
    metadata,
    Column(
        "conversation",
        String(36),
        ForeignKey(conversations.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("created", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("request", JSON, nullable=False),
    Column("model", String(100), nullable=False),
    Column("answer", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("elapsed_ms", Integer),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("search", Text, nullable=False),  # text and answer, folded
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(36), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("created", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["conversation", "position"], [turns.c.conversation, turns.c.position], ondelete="CASCADE"
    ),
    Index("corrections_of_turn", "conversation", "position"),
)


def apply(connection: Connection) -> None:
    metadata.create_all(connection, checkfirst=False)
