"""Answers as HTML pages, for a browser that posts the page's form without JavaScript.

Only for who would rather have HTML than JSON, as browsers say; curl takes anything and gets JSON.
The pages are those of `export.report`. `POST /get_response` has them, and so has the knowledge base
pages of its own, whose errors are told here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from flask import Flask, Response, request

from errors import KexError
from export.report.page import POLICY, STYLE, body_of, warnings_of
from knowledge.record import read_record
from markup.html import Child, document, element
from web.language import language
from wording import Lang, localised, table, text

PATH = "/get_response"
BASE = "/base"
_HEADERS = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'"}


def wanted() -> bool:
    """Whether the answer to this request is to be a page."""
    accept = request.accept_mimetypes
    return _has_pages() and accept["text/html"] > accept["application/json"]


def texts(lang: Lang) -> Callable[..., str]:
    """The function that templates call for a text of that language."""
    return partial(text, lang)


def template_fields(lang: Lang) -> dict[str, Any]:
    """What every template is given; `wording` are the texts of its scripts."""
    return {"ui_lang": lang, "t": texts(lang), "texts": texts, "wording": _script_texts(lang)}


# Groups of texts that only templates and the server show: the first load of the page stays light.
_NOT_FOR_SCRIPTS = (
    "page.bar.",
    "page.base.",
    "page.example.",
    "page.help",
    "page.progress.",
    "page.welcome.",
)


@cache
def _script_texts(lang: Lang) -> Mapping[str, Any]:
    """The presets are of both languages, as texts of either can be analysed."""
    order: tuple[Lang, Lang] = ("zh", "en") if lang == "zh" else ("en", "zh")
    return {
        "texts": {
            key: entry
            for key, entry in {**_part(lang, "page."), **_part(lang, "knowledge.")}.items()
            if not key.startswith(_NOT_FOR_SCRIPTS)
        },
        "presets": {
            one: {
                key.removeprefix("presets."): one_text
                for key, one_text in _part(one, "presets.").items()
            }
            for one in order
        },
    }


def _part(lang: Lang, prefix: str) -> dict[str, Any]:
    return {key: entry for key, entry in table(lang).items() if key.startswith(prefix)}


def _has_pages() -> bool:
    return request.path in (PATH, BASE) or request.path.startswith(f"{BASE}/")


def register(app: Flask) -> None:
    """Tell caches, with pages and JSON alike, that the answer depends on who asks."""
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    response.vary.add("Accept-Language")
    if _has_pages():
        response.vary.add("Accept")
    return response


def answer_page(answer: Mapping[str, Any], source: str, lang: Lang) -> Response:
    """The 200 answer of the HTTP contract to `source`, as a page in that language."""
    if answer["prompt_type"] == "Chat":
        question, said = (
            element("p", one, class_="said", dir="auto") for one in answer["history"][-1]
        )
        question = element("section", question)
        answered = element("section", said, warnings_of(answer, lang))
        return _page(lang, text(lang, "knowledge.task.Chat"), question, answered)
    record = read_record({**answer, "text": source})
    body = element("section", *body_of(record, "a1"), lang=record.lang)
    return _page(record.lang, text(record.lang, "report.title"), body)


def error_page(error: KexError) -> Response:
    """The words of the error, under a heading in the browser's language."""
    lang = language(request)
    message = localised(error.message, lang)
    body = [element("p", message, class_="error", lang=lang)]
    if error.retry_after is not None:
        body.append(element("p", text(lang, "page.retry_after", seconds=error.retry_after)))
    response = _page(lang, text(lang, "page.error.internal"), element("section", *body))
    response.status_code = error.status
    return response


def _page(lang: Lang, title: str, *body: Child) -> Response:
    link = element("a", text(lang, "report.back"), href="/")
    back = element("p", link, class_="back")
    opened, closed = document(lang, title, STYLE, POLICY, back, element("h1", title), *body)
    return Response(opened + closed, content_type="text/html; charset=utf-8", headers=_HEADERS)
