"""Keeps the derived tables true: nodes, the entities that they make up, their names and counts.

Works on those nodes alone that something happened to, and on all that claims or persons tie to
them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from storage.knowledge_base.database import portions
from storage.knowledge_base.tables import claims, entities, mentions, names, nodes, statements
from storage.knowledge_base.writing.components import components, owners_of
from storage.knowledge_base.writing.naming import Naming, Node, short_key

_RECOUNT = update(names).where(names.c.id == bindparam("of")).values(sources=bindparam("now"))
_RENAME = (
    update(entities)
    .where(entities.c.id == bindparam("of"))
    .values(sources=bindparam("count"), name=bindparam("said"))
)


def node_ids(connection: Connection, wanted: Iterable[Node]) -> dict[Node, int]:
    """The number of each node; new ones are made, each an entity of its own."""
    missing = set(wanted)
    found: dict[Node, int] = {}
    for part in portions(sorted({node.key for node in missing})):
        for row in connection.execute(select(nodes).where(nodes.c.key.in_(part))):
            node = Node(row.kind, row.key, row.part)
            if node in missing:
                found[node] = row.id
    new = sorted(missing - found.keys())
    if new:
        last = connection.scalar(select(func.max(nodes.c.id))) or 0
        found |= {node: last + at for at, node in enumerate(new, start=1)}
        rows = [_row(node, found[node]) for node in new]
        connection.execute(insert(nodes), rows)
        connection.execute(insert(entities), [_entity(node, found[node]) for node in new])
    return found


def _row(node: Node, number: int) -> dict[str, object]:
    return {
        "id": number,
        "kind": node.kind,
        "key": node.key,
        "part": node.part,
        "public": node.public,
        "entity": number,
    }


def _entity(node: Node, number: int) -> dict[str, object]:
    public = {"id": number, "public": node.public, "kind": node.kind}
    return {**public, "name": node.key, "sources": 0}


def refold(connection: Connection, touched: set[int], naming: Naming) -> None:
    """Make true what depends on the touched nodes: lost, gained or tied otherwise."""
    count_names(connection, touched)
    gone = _prune(connection, touched)
    changed = _fold(connection, _tied(connection, touched | gone, naming), naming)
    _count(connection, changed | _entities_of(connection, touched))


def count_names(connection: Connection, touched: set[int]) -> None:
    """The spellings of each node, with how many sources have them."""
    for part in portions(sorted(touched)):
        stored = {
            (row.node, row.text): row
            for row in connection.execute(select(names).where(names.c.node.in_(part)))
        }
        counted = connection.execute(
            select(
                mentions.c.node,
                mentions.c.text,
                func.min(mentions.c.entity).label("entity"),
                func.count(mentions.c.source.distinct()).label("sources"),
            )
            .where(mentions.c.node.in_(part))
            .group_by(mentions.c.node, mentions.c.text)
        ).all()
        new, other = [], []
        for row in counted:
            old = stored.pop((row.node, row.text), None)
            if old is None:
                search = short_key(row.text)
                new.append({**row._asdict(), "search": search})
            elif old.sources != row.sources:
                other.append({"of": old.id, "now": row.sources})
        if new:
            connection.execute(insert(names), new)
        if other:
            connection.execute(_RECOUNT, other)
        for ids in portions([row.id for row in stored.values()]):
            connection.execute(delete(names).where(names.c.id.in_(ids)))


def _prune(connection: Connection, touched: set[int]) -> set[int]:
    """Remove nodes that nothing mentions; the others of their entities come back."""
    orphans: set[int] = set()
    for part in portions(sorted(touched)):
        used = set(
            connection.scalars(select(mentions.c.node).where(mentions.c.node.in_(part)).distinct())
        )
        unused = sorted(set(part) - used)
        if not unused:
            continue
        connection.execute(delete(nodes).where(nodes.c.id.in_(unused)))
        connection.execute(delete(entities).where(entities.c.id.in_(unused)))
        found = connection.scalars(select(nodes.c.id).where(nodes.c.entity.in_(unused)))
        orphans.update(found)
    return orphans


def _tied(connection: Connection, touched: set[int], naming: Naming) -> dict[Node, int]:
    """The touched nodes with all that claims or persons tie to them, however far."""
    found: dict[Node, int] = {}
    waiting = set(touched)
    seen: set[Node] = set()
    while waiting:
        rows = _by_id(connection, waiting)
        for node, number in rows.items():
            found[node] = number
        beside = _beside(connection, [number for node, number in rows.items()])
        requested: set[Node] = set()
        queue = [node for node in rows if node in naming.together]
        while queue:  # also over names that have no mention now
            node = queue.pop()
            if node not in seen:
                seen.add(node)
                requested.add(node)
                queue.extend(naming.together.get(node, ()))
        known = set(found.values())
        waiting = (beside | set(_known_ids(connection, requested - found.keys()))) - known
    return found


def _by_id(connection: Connection, ids: set[int]) -> dict[Node, int]:
    found: dict[Node, int] = {}
    for part in portions(sorted(ids)):
        for row in connection.execute(select(nodes).where(nodes.c.id.in_(part))):
            found[Node(row.kind, row.key, row.part)] = row.id
    return found


def _known_ids(connection: Connection, wanted: set[Node]) -> list[int]:
    found: list[int] = []
    for part in portions(sorted({node.key for node in wanted})):
        for row in connection.execute(select(nodes).where(nodes.c.key.in_(part))):
            if Node(row.kind, row.key, row.part) in wanted:
                found.append(row.id)
    return found


def _beside(connection: Connection, ids: list[int]) -> set[int]:
    found: set[int] = set()
    for part in portions(sorted(ids)):
        for one, other in ((claims.c.owner, claims.c.alias), (claims.c.alias, claims.c.owner)):
            found.update(connection.scalars(select(other).where(one.in_(part)).distinct()))
    return found


def claims_among(connection: Connection, ids: dict[Node, int]) -> list[tuple[Node, Node]]:
    """Owner and alias of each claim between these nodes."""
    by_id = {number: node for node, number in ids.items()}
    found: list[tuple[Node, Node]] = []
    for part in portions(sorted(by_id)):
        pairs = select(claims.c.owner, claims.c.alias).where(claims.c.owner.in_(part)).distinct()
        found += [
            (by_id[owner], by_id[alias])
            for owner, alias in connection.execute(pairs)
            if alias in by_id
        ]
    return found


def _fold(connection: Connection, ids: dict[Node, int], naming: Naming) -> set[int]:
    """Let these nodes be the entities that claims and persons make of them; those that changed."""
    owners = owners_of(claims_among(connection, ids), naming)
    wanted = components(ids, owners, naming)
    before: dict[int, int] = {}
    for part in portions(sorted(ids.values())):
        pairs = select(nodes.c.id, nodes.c.entity).where(nodes.c.id.in_(part))
        before.update((row.id, row.entity) for row in connection.execute(pairs))
    changed: set[int] = set()
    for node, least in wanted.items():
        number, entity = ids[node], ids[least]
        if before[number] == entity:
            continue
        changed |= {entity, before[number]}
        connection.execute(update(nodes).where(nodes.c.id == number).values(entity=entity))
        for table in (names, mentions):
            connection.execute(update(table).where(table.c.node == number).values(entity=entity))
        for end, of in (("head", statements.c.head_node), ("tail", statements.c.tail_node)):
            was = statements.c[end] == before[number]
            connection.execute(update(statements).where(was, of == number).values({end: entity}))
    _keep_heads(connection, {ids[node]: node for node in wanted}, set(wanted.values()))
    return changed


def _keep_heads(connection: Connection, by_id: dict[int, Node], heads: set[Node]) -> None:
    """A row for each entity, none for what has become part of another."""
    stored: set[int] = set()
    for part in portions(sorted(by_id)):
        stored.update(connection.scalars(select(entities.c.id).where(entities.c.id.in_(part))))
    wanted = {number for number, node in by_id.items() if node in heads}
    for part in portions(sorted(stored - wanted)):
        connection.execute(delete(entities).where(entities.c.id.in_(part)))
    new = [_entity(by_id[number], number) for number in sorted(wanted - stored)]
    if new:
        connection.execute(insert(entities), new)


def _entities_of(connection: Connection, touched: set[int]) -> set[int]:
    found: set[int] = set()
    for part in portions(sorted(touched)):
        found.update(connection.scalars(select(nodes.c.entity).where(nodes.c.id.in_(part))))
    return found


def _count(connection: Connection, changed: set[int]) -> None:
    """How many sources each entity has, and the name that most of them give it."""
    for part in portions(sorted(changed)):
        best: dict[int, tuple[bool, int, str]] = {}
        called = select(names, nodes.c.key).join(nodes, nodes.c.id == names.c.node)
        for row in connection.execute(called.where(names.c.entity.in_(part))):
            rank = (row.search != row.key, -row.sources, row.text)  # short forms come last
            best[row.entity] = min(best.get(row.entity, rank), rank)
        counted = connection.execute(
            select(mentions.c.entity, func.count(mentions.c.source.distinct()).label("sources"))
            .where(mentions.c.entity.in_(part))
            .group_by(mentions.c.entity)
        )
        now = {row.entity: (row.sources, best[row.entity][-1]) for row in counted}
        stored = select(entities).where(entities.c.id.in_(part))
        other = [
            {"of": row.id, "count": now[row.id][0], "said": now[row.id][1]}
            for row in connection.execute(stored).all()
            if now.get(row.id, (row.sources, row.name)) != (row.sources, row.name)
        ]
        if other:
            connection.execute(_RENAME, other)
