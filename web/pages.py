"""Answers as HTML pages, for a browser that posts the page's form without JavaScript.

Only for who would rather have HTML than JSON, as browsers say; curl takes anything and gets JSON.
The pages are those of `export.report`. `POST /get_response` has them, and so has the knowledge base
pages of its own, whose errors are told here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from errors import KexError
from export.report.page import POLICY, STYLE, body_of, warnings_of
from export.report.words import WORDS
from knowledge.record import read_record
from knowledge.text.spans import Lang
from markup import Child, document, element

PATH = "/get_response"
BASE = "/base"
_HEADERS = {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'"}
_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {"back": "← 返回", "error": "出错了", "talk": "对话", "retry": "请约 {} 秒后再试。"},
    "en": {"back": "← Back", "error": "That did not work", "talk": "Chat",
           "retry": "Try again in about {} s."},
}  # fmt: skip


def wanted() -> bool:
    """Whether the answer to this request is to be a page."""
    accept = request.accept_mimetypes
    return _has_pages() and accept["text/html"] > accept["application/json"]


def language(asked: str) -> Lang:
    """The language of a page: the one that is asked for, else the browser's."""
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    return "zh" if request.accept_languages.best_match(["en", "zh"], "en") == "zh" else "en"


def _has_pages() -> bool:
    return request.path in (PATH, BASE) or request.path.startswith(f"{BASE}/")


def register(app: Flask) -> None:
    """Tell caches, with pages and JSON alike, that the answer depends on who asks."""
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    if _has_pages():
        response.vary.add("Accept")
    return response


def answer_page(answer: Mapping[str, Any], text: str, lang: Lang) -> Response:
    """The 200 answer of the HTTP contract to `text`, as a page in that language."""
    if answer["prompt_type"] == "Chat":
        question, said = (
            element("p", one, class_="said", dir="auto") for one in answer["history"][-1]
        )
        asked = element("section", question)
        answered = element("section", said, warnings_of(answer, lang))
        return _page(lang, _WORDS[lang]["talk"], asked, answered)
    record = read_record({**answer, "text": text})
    body = element("section", *body_of(record, "a1"), lang=record.lang)
    return _page(record.lang, WORDS[record.lang].title, body)


def error_page(error: KexError) -> Response:
    """The words of the error, under a heading in the browser's language."""
    lang = language(request.args.get("ui", ""))
    words = _WORDS[lang]
    retry = None if error.retry_after is None else words["retry"].format(error.retry_after)
    message = element("p", error.message, class_="error", lang="en")
    body = element("section", message, element("p", retry) if retry else None)
    response = _page(lang, words["error"], body)
    response.status_code = error.status
    return response


def _page(lang: Lang, title: str, *body: Child) -> Response:
    link = element("a", _WORDS[lang]["back"], href="/")
    back = element("p", link, class_="back")
    opened, closed = document(lang, title, STYLE, POLICY, back, element("h1", title), *body)
    return Response(opened + closed, content_type="text/html; charset=utf-8", headers=_HEADERS)
