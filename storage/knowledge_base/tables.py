"""The tables as the code of today reads and writes them; the last migration leaves them so.

`sources`, `answers`, `corrections` and `decisions` are what came in. All others are derived from
these and can be made anew; their numbers of nodes and entities are kept true by `refold`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("search", Text, nullable=False),  # the text, folded
)

answers = Table(
    "answers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source", Integer, ForeignKey(sources.c.id, ondelete="CASCADE"), nullable=False),
    Column("prompt_type", String(3), nullable=False),
    Column("model", Text, nullable=False),
    Column("about", Text, nullable=False),  # KE3 with one card: the entity's key
    Column("lang", String(2), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("knowledge", Text, nullable=False),  # JSON, corrections applied
    Index("answers_of_source", "source", "prompt_type", "model", "about", unique=True),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("answer", Integer, ForeignKey(answers.c.id, ondelete="CASCADE"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("before", Text),  # JSON, as `after`
    Column("after", Text),
    Column("made", BigInteger, nullable=False),
    Index("corrections_of_answer", "answer"),
)

# A name in all sources where nobody has split it: what is one by rule `exact` or `normalised`.
nodes = Table(
    "nodes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("key", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("public", String(24), nullable=False, unique=True),
    Column("entity", Integer, nullable=False),
    Index("nodes_by_key", "kind", "key", "part", unique=True),
    Index("nodes_of_entity", "entity"),
)

# One for each set of nodes that are one thing; its id is that of the least of them.
entities = Table(
    "entities",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("public", String(24), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("name", Text, nullable=False),
    Column("sources", Integer, nullable=False),
    Index("entities_by_sources", "kind", "sources", "id"),
)

names = Table(
    "names",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("node", Integer, nullable=False),
    Column("entity", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("search", Text, nullable=False),  # the text, folded
    Column("sources", Integer, nullable=False),
    Index("names_of_node", "node"),
    Index("names_of_entity", "entity"),
    Index("names_by_search", "search"),
)

mentions = Table(
    "mentions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Integer, nullable=False),
    Column("answer", Integer, nullable=False),
    Column("node", Integer, nullable=False),
    Column("entity", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("label", Text, nullable=False),  # the class, empty but in KE2
    Column("start", Integer),
    Column("end", Integer),
    Column("status", String(10), nullable=False),
    Column("confidence", Float),
    Column("correction", String(10)),
    Column("short", Boolean, nullable=False),  # another's short form, in this source only
    Index("mentions_of_source", "source"),
    Index("mentions_of_node", "node", "text", "source"),
    Index("mentions_of_entity", "entity", "source"),
)

statements = Table(
    "statements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Integer, nullable=False),
    Column("answer", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("head", Integer, nullable=False),  # entity
    Column("head_node", Integer, nullable=False),
    Column("head_text", Text, nullable=False),
    Column("head_start", Integer),
    Column("head_end", Integer),
    Column("head_status", String(10), nullable=False),
    Column("relation", Text, nullable=False),
    Column("relation_key", Text, nullable=False),
    Column("tail", Integer, nullable=False),  # entity
    Column("tail_node", Integer, nullable=False),
    Column("tail_text", Text, nullable=False),
    Column("tail_start", Integer),
    Column("tail_end", Integer),
    Column("tail_status", String(10), nullable=False),
    Column("start", Integer),  # of the sentence that states it
    Column("end", Integer),
    Column("also", Text),  # further sentences, JSON
    Column("confidence", Float),
    Column("correction", String(10)),
    Column("assertion", String(10), nullable=False, server_default="stated"),  # or planned
    Index("statements_of_source", "source"),
    Index("statements_of_head", "head", "relation_key", "tail", "source"),
    Index("statements_of_tail", "tail", "relation_key", "head", "source"),
    Index("statements_of_relation", "relation_key", "head", "tail", "source"),
)

# A source says that two names are of one thing.
claims = Table(
    "claims",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Integer, nullable=False),
    Column("answer", Integer, nullable=False),
    Column("owner", Integer, nullable=False),  # node
    Column("owner_text", Text, nullable=False),
    Column("alias", Integer, nullable=False),  # node
    Column("alias_text", Text, nullable=False),
    Column("relation", Text, nullable=False),  # empty: KE3's aliases
    Column("start", Integer),  # of the sentence
    Column("end", Integer),
    Index("claims_of_source", "source"),
    Index("claims_of_owner", "owner", "alias"),
    Index("claims_of_alias", "alias", "owner"),
)

# What a person said of names; kept by name, whatever is imported or removed.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("action", String(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("key", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("other", Text, nullable=False),  # merge: kind, key, part and name as JSON
    Column("sources", Text, nullable=False),  # split in these: names as JSON
    Column("made", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice
)
