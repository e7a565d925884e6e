"""HTML that cannot be broken out of: every plain string is escaped, only `Html` is not.

For the pages that are files (`evaluation.report.page`, `export.report`) and what the server shows
without scripts. The page itself is a Jinja template.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from html import escape

# HTML has no way to write most control characters; a browser drops a NUL without a word.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Html:
    """Markup made by `element`, or a constant of this program: never a text from elsewhere."""

    markup: str


Child = Html | str | int | None


def element(tag: str, /, *children: Child, **attributes: str) -> Html:
    """An element; `class_` writes the attribute `class`. None among the children is left out.

    An attribute without a value is left out too.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for name, value in attributes.items()
        if value
    )
    return Html(f"<{tag}{written}>{join(children).markup}</{tag}>")


def join(children: tuple[Child, ...] | list[Html]) -> Html:
    """Children one after the other, without an element around them."""
    return Html("".join(map(_markup, children)))


def document(lang: str, title: str, style: Html, policy: str, *body: Child) -> tuple[str, str]:
    """A page in two halves: up to the end of `body`, and what closes it.

    `policy` is a content security policy. Should escaping ever fail, the browser still runs nothing
    and fetches nothing.
    """
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", title),
        element("style", style),
    )
    opened = f'<!doctype html>\n<html lang="{_escaped(lang)}">{head.markup}\n<body>\n'
    return opened + join(body).markup, "</body></html>\n"


def policy_for(style: Html) -> str:
    """A content security policy that permits this style element and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.markup.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _markup(child: Child) -> str:
    if isinstance(child, Html):
        return child.markup
    return "" if child is None else _escaped(str(child))


def _escaped(text: str) -> str:
    return escape(_CONTROL.sub("\ufffd", text))
