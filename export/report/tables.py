"""The items of an answer as tables; every string links to its place in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from knowledge.items import (
    NOT_STATED,
    Card,
    Entity,
    Fact,
    Item,
    Located,
    PromptType,
    Status,
    Triple,
    nothing_found,
)
from knowledge.record import Record
from knowledge.text.spans import Span
from knowledge.values import meaning
from markup.html import Child, Html, element, join
from markup.marks import anchor
from wording import text

_MAX_PLACES = 50  # links in one cell; a count tells of the rest
_COLUMNS: dict[PromptType, tuple[str, ...]] = {
    "KE1": ("head", "relation", "tail", "evidence"),
    "KE2": ("entity", "place"),
    "KE3": ("key", "value", "evidence"),
}


def statuses(item: Item) -> tuple[Status, ...]:
    """Those of the strings that the item adds; a card's entity is told once, above its facts."""
    if isinstance(item, Triple):
        return item.head.status, item.tail.status
    return (item.place.status,) if isinstance(item, Entity) else (item.value.status,)


class Tables:
    """Writes one record's tables; `prefix` is that of its text's anchors."""

    def __init__(self, record: Record, prefix: str, kinds: dict[str, str]) -> None:
        self._record = record
        self._text = partial(text, record.lang)
        self._prefix = prefix
        self._kinds = kinds
        self._sure = any(item.confidence is not None for item in record.items)

    def all(self) -> Iterator[Html]:
        """A table for KE1, one a class for KE2, one a card for KE3; a sentence for nothing."""
        record = self._record
        if not record.items and not any(card.entity or card.not_stated for card in record.cards):
            yield element("p", nothing_found(record.prompt_type, record.lang), class_="quiet")
        elif record.prompt_type == "KE1":
            yield self._table(None, map(self._triple, _only_triples(record.items)))
        elif record.prompt_type == "KE2":
            yield self._table(None, self._entities())
        else:
            for card in record.cards:
                yield from self._card(card)

    def _table(self, caption: Html | None, rows: Iterator[Html]) -> Html:
        names = _COLUMNS[self._record.prompt_type]
        heads = [
            element("th", self._text(f"knowledge.field.{name}"), scope="col") for name in names
        ]
        if self._sure:
            heads.append(
                element(
                    "th", self._text("knowledge.field.confidence"), scope="col", class_="number"
                )
            )
        table = element(
            "table",
            element("caption", caption) if caption else None,
            element("thead", element("tr", *heads)),
            *rows,
            class_=self._record.prompt_type,
        )
        return element("div", table, class_="scroll")

    def _item(self, item: Item, first: Child, cells: Sequence[Child]) -> Html:
        if not isinstance(item, Entity) and item.assertion != "stated":
            cells = [*cells[:-1], join((cells[-1], " ", self._asserted(item)))]
        made = self._record.correction(item)
        if made:
            name = self._text(f"knowledge.correction.{made}")
            by = self._text("knowledge.by_person")
            badge = element("span", name, class_="badge", title=by)
            cells = [*cells[:-1], join((cells[-1], " ", badge))]
        return self._row(first, cells, item.confidence)

    def _asserted(self, item: Triple | Fact) -> Html:
        """A badge for what the text denies, doubts or plans; its title has the words."""
        cue = self._text("knowledge.cue", cue=item.cue.text) if item.cue else ""
        name = self._text(f"knowledge.assertion.{item.assertion}")
        return element("span", name, class_=f"badge {item.assertion}", title=cue)

    def _row(self, first: Child, cells: Sequence[Child], confidence: float | None) -> Html:
        sure: Html | None = None
        if self._sure:  # a phone shows the cell's name before it, having no room for columns
            shown = "–" if confidence is None else f"{confidence:.2f}"
            sure = element(
                "td", shown, class_="number", data_name=self._text("knowledge.field.confidence")
            )
        return element(
            "tr",
            element("th", first, scope="row"),
            *(element("td", cell) for cell in cells),
            sure,
        )

    def _triple(self, item: Triple) -> Html:
        head, tail = self._named(item.head, "head"), self._value(item.tail, "tail", item.relation)
        cells = [_isolated(item.relation), tail, self._evidence(item)]
        return element("tbody", self._item(item, head, cells))

    def _entities(self) -> Iterator[Html]:
        groups: dict[str, list[Entity]] = {}
        for item in self._record.items:
            if isinstance(item, Entity):
                groups.setdefault(item.label, []).append(item)
        width = len(_COLUMNS["KE2"]) + self._sure
        for label, items in groups.items():
            kind = self._kinds[label]
            name = element("span", label, class_=f"tag {kind}")
            head = element("th", name, scope="rowgroup", colspan=str(width))
            rows = [
                self._item(item, self._named(item.place, kind), [self._places(item.mentions)])
                for item in items
            ]
            yield element("tbody", element("tr", head, class_="group"), *rows)

    def _card(self, card: Card) -> Iterator[Html]:
        if card.entity is None and not card.not_stated:
            return
        caption = element("span", self._named(card.entity, "tag entity")) if card.entity else None
        if card.aliases:
            names: list[Child] = []
            for alias in card.aliases:
                names += [
                    self._text("knowledge.comma") if names else None,
                    self._named(alias, "entity"),
                ]
            others = element("span", self._text("report.aliases"), *names, class_="aside")
            caption = join((caption, " ", others))
        facts = [self._fact(fact) for fact in card.facts]
        lacking = element("span", NOT_STATED[self._record.lang], class_="badge not-stated")
        missing = [self._row(_isolated(key), [lacking, None], None) for key in card.not_stated]
        if not facts and not missing:
            width = str(len(_COLUMNS["KE3"]) + self._sure)
            quiet = element("td", self._text("knowledge.no_facts"), colspan=width, class_="quiet")
            missing = [element("tr", quiet)]
        yield self._table(caption, iter([element("tbody", *facts, *missing)]))

    def _fact(self, item: Fact) -> Html:
        cells = [self._value(item.value, "value", item.key), self._evidence(item)]
        return self._item(item, _isolated(item.key), cells)

    def _named(self, located: Located, kind: str) -> Html:
        """The string, linked to its place, with its status where it is not verbatim."""
        word: Html
        if located.start is None or located.end is None:
            word = element("span", located.text, class_=f"word {kind} nowhere")
        else:
            place = self._link(Span(located.start, located.end))
            word = element("a", located.text, href=place, class_=f"word {kind}")
        if located.status == "verbatim":
            return word
        label = self._text(f"knowledge.status.{located.status}")
        note = self._text(f"knowledge.status_note.{located.status}")
        badge = element("span", label, class_=f"badge {located.status}", title=note)
        return join((word, " ", badge))

    def _value(self, located: Located, kind: str, label: str) -> Html:
        found = meaning(located.text, label)
        shown = found.to_json() if found else {}
        plain = shown.get("date") or " ".join(
            str(shown[part]) for part in ("number", "unit") if part in shown
        )
        if not plain or plain == located.text:
            return self._named(located, kind)
        about = "≈ " if shown.get("approximate") else ""
        return join(
            (self._named(located, kind), " ", element("span", about, plain, class_="aside"))
        )

    def _evidence(self, item: Triple | Fact) -> Html | None:
        if item.evidence is None:
            return None
        quoted = " ".join(self._record.quote(item.evidence).split())
        quote = element("a", quoted, href=self._link(item.evidence), class_="quote")
        if not item.also:
            return quote
        places = self._places(item.also)
        further = element("span", self._text("report.further"), " ", places, class_="aside")
        return join((quote, " ", further))

    def _places(self, spans: tuple[Span, ...]) -> Html:
        links: list[Child] = []
        for span in spans[:_MAX_PLACES]:
            shown = f"{span.start}–{span.end}"
            links += [self._text("knowledge.comma") if links else None]
            links += [element("a", shown, href=self._link(span), class_="place")]
        if len(spans) > _MAX_PLACES:
            links.append(f" … ({len(spans)})")
        return join(tuple(links)) if links else join(("–",))

    def _link(self, span: Span) -> str:
        return "#" + anchor(self._prefix, span.start, span.end)


def _only_triples(items: tuple[Item, ...]) -> Iterator[Triple]:
    return (item for item in items if isinstance(item, Triple))


def _isolated(text: str) -> Html:
    """A text of another direction changes nothing around it."""
    return element("bdi", text)
