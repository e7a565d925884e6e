"""An answer as RDF triples, with where each of them comes from.

Every stated item is written twice: as a plain triple, `entity relation entity`, for queries; and as
an rdf:Statement (subject, predicate, object), which carries what is known about it:
  prov:wasDerivedFrom the document, prov:wasAttributedTo the model, kex:confidence,
  kex:subjectStatus and kex:objectStatus (verbatim, normalised, inferred),
  kex:subjectMention, kex:objectMention and kex:evidence: pieces of the document, each a
  nif:OffsetBasedString with nif:beginIndex, nif:endIndex (characters) and nif:anchorOf;
  kex:assertion (stated, negated, uncertain, planned) and kex:cue, the piece that says so.
What the text denies, doubts or plans is no plain triple: only its statement is here.
Reification was taken since SPARQL asks it as any other node, while RDF-star is not in every tool.

A tail or value is an entity with a label, but a literal where it is wholly a date or a quantity;
what it means then stands on the statement (kex:date, kex:number, kex:unit, kex:approximate).
KE2 makes its classes types; those that mean a person, place, organisation, event, work or product
also give schema.org's. Keys that a text does not state (KE3) are no triples and not here.
"""

from __future__ import annotations

from collections.abc import Iterator

from rdflib import RDF, RDFS, SKOS, XSD, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, PROV

from export.iris import Iris
from knowledge.classes import broad_label
from knowledge.items import Card, Entity, Fact, Item, Located, Triple
from knowledge.record import Record
from knowledge.text.spans import Span
from knowledge.values import Meaning, meaning

KEX = Namespace("urn:kex:vocab/")
NIF = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
ITSRDF = Namespace("http://www.w3.org/2005/11/its/rdf#")
SCHEMA = Namespace("https://schema.org/")

PREFIXES: dict[str, str] = {
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "xsd": str(XSD),
    "skos": str(SKOS),
    "dcterms": str(DCTERMS),
    "prov": str(PROV),
    "nif": str(NIF),
    "itsrdf": str(ITSRDF),
    "schema": str(SCHEMA),
    "kex": str(KEX),
}
SCHEMA_TYPES = {
    "PER": SCHEMA.Person,
    "LOC": SCHEMA.Place,
    "ORG": SCHEMA.Organization,
    "EVENT": SCHEMA.Event,
    "WORK": SCHEMA.CreativeWork,
    "PRODUCT": SCHEMA.Product,
}
_DATES = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}

Said = tuple[URIRef, URIRef, URIRef | Literal]


def by_subject(record: Record, iris: Iris) -> Iterator[tuple[URIRef, list[Said]]]:
    """The record's triples, each once, gathered by what they are about."""
    gathered: dict[URIRef, dict[Said, None]] = {}
    for said in _Writer(record, iris).all():
        gathered.setdefault(said[0], {})[said] = None
    for subject, all_ in gathered.items():
        yield subject, list(all_)


class _Writer:
    """Writes one record."""

    def __init__(self, record: Record, iris: Iris) -> None:
        self._record = record
        self._iris = iris
        self._document = URIRef(iris.document(record.id))
        self._model = URIRef(iris.model(record.model))

    def all(self) -> Iterator[Said]:
        record = self._record
        yield self._document, RDF.type, PROV.Entity
        yield self._document, DCTERMS.identifier, Literal(record.id)
        yield self._model, RDF.type, PROV.SoftwareAgent
        yield self._model, RDFS.label, Literal(record.model)
        for card in record.cards:
            yield from self._card(card)
        for item in record.items:
            if isinstance(item, Entity):
                yield from self._entity(item)
            elif isinstance(item, Triple):
                yield from self._triple(item, item.head, item.relation, item.tail)
            else:
                yield from self._triple(item, item.entity, item.key, item.value)

    def _card(self, card: Card) -> Iterator[Said]:
        if card.entity is None:
            return
        entity = self._resource(card.entity.text)
        yield entity, RDFS.label, self._terms(card.entity.text)
        for alias in card.aliases:
            yield entity, SKOS.altLabel, self._terms(alias.text)
            yield from self._named(alias, entity)

    def _triple(
        self, item: Triple | Fact, head: Located, relation: str, tail: Located
    ) -> Iterator[Said]:
        subject = self._resource(head.text)
        predicate = URIRef(self._iris.relation(relation))
        found = meaning(tail.text, relation)
        value = self._terms(tail.text) if found else self._resource(tail.text)
        if item.assertion == "stated":
            yield subject, predicate, value
        yield subject, RDFS.label, self._terms(head.text)
        yield predicate, RDF.type, RDF.Property
        yield predicate, RDFS.label, self._terms(relation)
        if isinstance(value, URIRef):
            yield value, RDFS.label, self._terms(tail.text)
            yield from self._named(tail, value)
        yield from self._named(head, subject)
        statement = URIRef(self._iris.statement(self._record.statement_key(item)))
        yield from self._statement(statement, item, (subject, predicate, value))
        yield from self._places(statement, "subject", head)
        yield from self._places(statement, "object", tail)
        yield from _meant(statement, found)
        yield statement, KEX.assertion, Literal(item.assertion)
        if item.cue is not None:
            words = Span(item.cue.start, item.cue.end)
            yield statement, KEX.cue, self._mention(words)
            yield from self._piece(words)
        for span in [item.evidence, *item.also]:
            if span:
                yield statement, KEX.evidence, self._mention(span)
                yield from self._piece(span)

    def _entity(self, item: Entity) -> Iterator[Said]:
        entity = self._resource(item.place.text)
        kind = URIRef(self._iris.kind(item.label))
        yield entity, RDF.type, kind
        yield entity, RDFS.label, self._terms(item.place.text)
        yield kind, RDF.type, RDFS.Class
        yield kind, RDFS.label, self._terms(item.label)
        known = SCHEMA_TYPES.get(broad_label(item.label) or "")
        if known is not None:
            yield entity, RDF.type, known
            yield kind, RDFS.subClassOf, known
        statement = URIRef(self._iris.statement(self._record.statement_key(item)))
        yield from self._statement(statement, item, (entity, RDF.type, kind))
        yield from self._places(statement, "subject", item.place)
        for span in item.mentions:
            yield statement, KEX.subjectMention, self._mention(span)
            yield self._mention(span), ITSRDF.taIdentRef, entity
            yield from self._piece(span)

    def _statement(self, statement: URIRef, item: Item, said: Said) -> Iterator[Said]:
        yield statement, RDF.type, RDF.Statement
        yield statement, RDF.subject, said[0]
        yield statement, RDF.predicate, said[1]
        yield statement, RDF.object, said[2]
        yield statement, PROV.wasDerivedFrom, self._document
        yield statement, PROV.wasAttributedTo, self._model
        if item.confidence is not None:
            yield statement, KEX.confidence, _typed(item.confidence, XSD.double)
        if (made := self._record.correction(item)) is not None:
            yield statement, KEX.correction, Literal(made)

    def _places(self, statement: URIRef, end: str, located: Located) -> Iterator[Said]:
        yield statement, KEX[f"{end}Status"], Literal(located.status)
        if (span := _span(located)) is not None:
            yield statement, KEX[f"{end}Mention"], self._mention(span)
            yield from self._piece(span)

    def _named(self, located: Located, entity: URIRef) -> Iterator[Said]:
        if (span := _span(located)) is not None:
            yield self._mention(span), ITSRDF.taIdentRef, entity
            yield from self._piece(span)

    def _piece(self, span: Span) -> Iterator[Said]:
        mention = self._mention(span)
        yield mention, RDF.type, NIF.OffsetBasedString
        yield mention, NIF.referenceContext, self._document
        yield mention, NIF.beginIndex, _typed(span.start, XSD.nonNegativeInteger)
        yield mention, NIF.endIndex, _typed(span.end, XSD.nonNegativeInteger)
        yield mention, NIF.anchorOf, Literal(self._record.quote(span))

    def _mention(self, span: Span) -> URIRef:
        return URIRef(self._iris.mention(self._record.id, span.start, span.end))

    def _resource(self, name: str) -> URIRef:
        return URIRef(self._iris.entity(self._record.entity(name)))

    def _terms(self, text: str) -> Literal:
        return Literal(text, lang=self._record.lang)


def _meant(statement: URIRef, found: Meaning | None) -> Iterator[Said]:
    if found is None:
        return
    if found.date is not None:
        yield statement, KEX.date, _typed(found.date, _DATES[len(found.date)])
    if found.number is not None:
        kind = XSD.integer if isinstance(found.number, int) else XSD.double
        yield statement, KEX.number, _typed(found.number, kind)
    if found.unit is not None:
        yield statement, KEX.unit, Literal(found.unit)
    if found.approximate:
        yield statement, KEX.approximate, _typed("true", XSD.boolean)


def _span(located: Located) -> Span | None:
    if located.start is None or located.end is None:
        return None
    return Span(located.start, located.end)


def _typed(value: str | int | float, datatype: URIRef) -> Literal:
    """As it is written here: rdflib would write some numbers anew."""
    return Literal(str(value), datatype=datatype, normalize=False)
