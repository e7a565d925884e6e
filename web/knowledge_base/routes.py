"""The knowledge base, read only: pages for people and JSON for programs at the same addresses.

Who asks for HTML, as browsers do, gets a page; anyone else, curl among them, gets JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from markup.marks import Mark, marked
from storage.knowledge_base.base import Base
from storage.knowledge_base.views import Page, Source
from web import pages
from web.form import validate
from web.knowledge_base.forms import AroundForm, ListForm, PageForm, SourceForm, TripleListForm
from web.language import language
from web.services import services

blueprint = Blueprint("base", __name__, url_prefix="/base")


def _base() -> Base:
    return services().knowledge_base.get()


@blueprint.get("")
def status() -> ResponseReturnValue:
    """How much there is; for people the list of entities."""
    query = validate(PageForm, request.args.to_dict())
    if pages.wanted():
        return redirect(url_for("base.entities", ui=query.ui or None))
    counts = asdict(_base().status())
    del counts["name"]  # where it is is nobody's business
    return _json(**counts)


@blueprint.get("/entities")
def entities() -> Response:
    """By name: exact ones first, then by how many sources name them."""
    query = validate(ListForm, request.args.to_dict())
    found = _base().entities(query.query, query.after, query.limit)
    return _list("entities", found, query)


@blueprint.get("/entities/<name>")
def entity(name: str) -> Response:
    """Its names and why they are one, its classes, and what is said of it."""
    validate(PageForm, request.args.to_dict())
    card = _base().entity(name)
    return _page("entity", card=card) if pages.wanted() else _json(**asdict(card))


@blueprint.get("/entities/<name>/around")
def around(name: str) -> Response:
    """The triples within `depth` steps, those of most sources first."""
    query = validate(AroundForm, request.args.to_dict())
    return _json(**asdict(_base().around(name, query.depth, query.limit)))


@blueprint.get("/triples")
def triples() -> Response:
    """By relation, by entity, or all."""
    query = validate(TripleListForm, request.args.to_dict())
    found = _base().triples(query.relation, query.entity, query.after, query.limit)
    return _list("triples", found, query)


@blueprint.get("/sources")
def sources() -> Response:
    """By words of their texts, the last added first."""
    query = validate(ListForm, request.args.to_dict())
    found = _base().sources(query.query, query.after, query.limit)
    return _list("sources", found, query)


@blueprint.get("/source")
def source() -> Response:
    """One by its `id`, which may hold any character, with all that was found in it."""
    query = validate(SourceForm, request.args.to_dict())
    found = _base().source(query.id)
    if pages.wanted():
        return _page("source", source=found, text=_marked(found))
    return _json(**asdict(found))


def _list(name: str, found: Page, query: ListForm | TripleListForm) -> Response:
    if not pages.wanted():
        return _json(**{name: [asdict(row) for row in found.rows], "next": found.next})
    further = query.model_dump(exclude_defaults=True) | {"after": found.next}
    status = _base().status()
    return _page(name, rows=found.rows, query=query, status=status,
                 further_link=urlencode(further) if found.next else None)  # fmt: skip


def _marked(source: Source) -> str:
    marks = [
        Mark(one.start, one.end, "entity", one.label or one.entity.name)
        for one in source.mentions
        if one.start is not None and one.end is not None
    ]
    return marked(source.text, marks, "t").markup


def _page(name: str, **fields: Any) -> Response:
    lang = language(request)
    html = render_template(
        f"base/{name}.html", **pages.template_fields(lang), here=_here(), **fields
    )
    return _unstored(Response(html, content_type="text/html; charset=utf-8"))


def _here() -> str:
    """The address without the language, to which another can be added."""
    args: Mapping[str, str] = request.args.to_dict()
    rest = urlencode({name: value for name, value in args.items() if name != "ui"})
    return f"{request.path}?{rest}&" if rest else f"{request.path}?"


def _json(**fields: Any) -> Response:
    return _unstored(jsonify(fields))


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"  # private, and never as it was a moment ago
    return response
