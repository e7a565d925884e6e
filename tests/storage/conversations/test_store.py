from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from errors import InputError, UnknownConversation, UnknownTurn, Unprocessable
from storage.conversations.records import NewTurn
from storage.conversations.store import Store
from tests.storage.conversations.answers import CURIE, LU_XUN, entities, triples, turn

NOBODY = "00000000-0000-4000-8000-000000000000"


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # a test's word


def test_what_was_kept_comes_back_as_it_was(store: Store, path: Path) -> None:
    name = store.begin().id
    said = turn(schema=["出生地", "作品"], lang="auto")
    failed = NewTurn("再来", {"prompt_type": "KE1"}, "ChatGpt", error={"code": "timeout"})
    assert [store.append(name, said), store.append(name, failed)] == [1, 2]
    store.close()
    with closing(Store(path)) as again:
        loaded = again.load(name)
    assert [one.said for one in loaded.turns] == [said, failed]
    assert [one.position for one in loaded.turns] == [1, 2]
    assert loaded.created <= loaded.turns[0].created <= loaded.turns[1].created == loaded.updated
    assert loaded.size == 2


def test_the_first_question_is_the_title_where_none_was_given(store: Store) -> None:
    unnamed, named = store.begin().id, store.begin("鲁迅").id
    for name in (unnamed, named):
        store.append(name, turn("\n  " + "长" * 80 + "\n后面", triples()))
        store.append(name, turn("第二问"))
    assert store.load(unnamed).title == "长" * 59 + "…"
    assert store.load(named).title == "鲁迅"
    store.rename(unnamed, "新题目")
    store.append(unnamed, turn())
    assert store.load(unnamed).title == "新题目"


def test_pages_by_last_use(store: Store) -> None:
    names = [store.begin(f"{number}").id for number in range(7)]
    store.append(names[2], turn())
    expected = [names[at] for at in (2, 6, 5, 4, 3, 1, 0)]
    seen: list[str] = []
    before = None
    while True:
        page = store.page(before=before, limit=3)
        seen += [one.id for one in page.conversations]
        before = page.next
        if before is None:
            break
    assert seen == expected
    assert store.page(limit=7).next is None
    assert [one.size for one in store.page(limit=2).conversations] == [1, 0]
    with pytest.raises(InputError, match="before") as caught:
        store.page(before="yesterday")
    assert caught.value.field == "before"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("绍", {"zh"}),
        ("狂人日记", {"zh"}),
        ("出生地", {"zh"}),  # only the answer says so
        ("curie WARSAW", {"en"}),
        ("ｃｕｒｉｅ", {"en"}),  # full width
        ("arie cur", {"en"}),
        ("curie 鲁迅", set()),
        ("percent", {"odd"}),
        ("100%", {"odd"}),
        ("00%x", set()),
        ("a_b", {"odd"}),
        ("aab", set()),
        ("", {"zh", "en", "odd"}),
        ("  ", {"zh", "en", "odd"}),
    ],
)
def test_search(store: Store, query: str, found: set[str]) -> None:
    names = {store.begin("Percentages: 100% a_b").id: "odd"}
    for lang, said in (("zh", turn(LU_XUN)), ("en", turn(CURIE, entities()))):
        name = store.begin().id
        store.append(name, turn("unrelated 无关"))
        store.append(name, said, replaces=1)
        names[name] = lang
    assert {names[one.id] for one in store.page(query).conversations} == found


def test_words_of_a_search_may_stand_in_different_turns(store: Store) -> None:
    name = store.begin().id
    store.append(name, turn(LU_XUN))
    store.append(name, turn(CURIE, entities()))
    assert [one.id for one in store.page("鲁迅 paris").conversations] == [name]
    with pytest.raises(InputError, match="9 words"):
        store.page("a b c d e f g h i")


def test_a_replaced_question_takes_the_later_ones_of_the_talk_along(store: Store) -> None:
    name = store.begin().id
    for text, kind in (
        ("一", "Chat"),
        ("二", "KE1"),
        ("三", "Chat"),
        ("四", "Chat"),
        ("五", "KE2"),
    ):
        store.append(name, turn(text, prompt_type=kind))
    assert store.append(name, turn("三'", prompt_type="Chat"), replaces=3) == 3
    kept = [(one.position, one.said.text) for one in store.load(name).turns]
    assert kept == [(1, "一"), (2, "二"), (3, "三'"), (5, "五")]
    assert store.append(name, turn("二'"), replaces=2) == 2
    assert store.append(name, turn("六")) == 6
    kept = [(one.position, one.said.text) for one in store.load(name).turns]
    assert kept == [(1, "一"), (2, "二'"), (3, "三'"), (5, "五"), (6, "六")]


def test_a_stopped_question_gives_way_to_the_same_one(store: Store) -> None:
    name = store.begin().id
    stopped = NewTurn("一", {"prompt_type": "KE1"}, "Embedded", error={"code": "stopped"})
    assert [store.append(name, stopped) for _ in range(2)] == [1, 1]
    assert store.append(name, turn("二")) == 2
    assert store.append(name, stopped) == 3
    assert store.append(name, turn("一")) == 3
    assert [one.said.error for one in store.load(name).turns] == [{"code": "stopped"}, None, None]


def test_what_a_person_has_corrected_is_not_replaced(store: Store, path: Path) -> None:
    name = store.begin().id
    for text in ("一", "二"):
        store.append(name, turn(text))
    lu_xun = {"head": "鲁迅", "relation": "出生地", "tail": "绍兴"}
    store.correct(name, 1, "confirm", before=lu_xun)
    assert store.append(name, turn("一'"), replaces=1) == 3
    kept = [(one.said.text, len(one.corrections)) for one in store.load(name).turns]
    assert kept == [("一", 1), ("二", 0), ("一'", 0)]
    assert count(path, "corrections") == 1
    for none in (0, 4):
        with pytest.raises(UnknownTurn):
            store.append(name, turn(), replaces=none)
        with pytest.raises(UnknownTurn):
            store.expect(name, none)
    store.expect(name, 2)


def test_delete_leaves_nothing_behind(store: Store, path: Path) -> None:
    kept, gone = store.begin("bleibt").id, store.begin().id
    store.append(kept, turn("stays"))
    for _ in range(3):
        store.append(gone, turn("Geheimnis " * 3000))
    store.correct(gone, 2, "delete", before={"head": "鲁迅", "relation": "出生地", "tail": "绍兴"})
    store.delete(gone)
    assert [count(path, table) for table in ("conversations", "turns", "corrections")] == [1, 1, 0]
    files = [file.read_bytes() for file in path.parent.iterdir()]
    assert any(b"stays" in content for content in files)
    assert not any(b"Geheimnis" in content or b"geheimnis" in content for content in files)
    with pytest.raises(UnknownConversation):
        store.load(gone)


def test_unknown_ids_are_told(store: Store) -> None:
    name = store.begin().id
    for attempt in (
        lambda: store.load(NOBODY),
        lambda: store.rename(NOBODY, "x"),
        lambda: store.delete(NOBODY),
        lambda: store.append(NOBODY, turn()),
        lambda: store.expect(NOBODY),
        lambda: store.turn(NOBODY, 1),
        lambda: store.correct(NOBODY, 1, "confirm"),
    ):
        with pytest.raises(UnknownConversation) as caught:
            attempt()
        assert (caught.value.status, caught.value.field) == (404, "conversation")
    with pytest.raises(UnknownTurn):
        store.turn(name, 1)
    with pytest.raises(UnknownTurn):
        store.correct(name, 1, "confirm")


def test_a_correction_is_kept_whole_and_found_again(store: Store) -> None:
    name = store.begin().id
    store.append(name, turn())
    store.append(name, NewTurn("?", {}, "Embedded", error={"code": "timeout"}))
    before = {"head": "鲁迅", "relation": "作品", "tail": "狂人日记"}
    [_, whole] = triples()["knowledge"]["triples"]
    after = whole | {"relation": "著有"}
    returned = store.correct(name, 1, "edit", before, after)
    assert returned == store.turn(name, 1) == store.load(name).turns[0]
    [correction] = returned.corrections
    assert (correction.kind, correction.before, correction.after) == ("edit", whole, after)
    assert store.page("著有").conversations
    with pytest.raises(InputError, match="is not in the answer"):
        store.correct(name, 1, "delete", before)
    assert len(store.turn(name, 1).corrections) == 1
    with pytest.raises(Unprocessable):
        store.correct(name, 2, "confirm", before)
