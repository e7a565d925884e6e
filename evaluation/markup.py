"""HTML that cannot be broken out of: every plain string is escaped, only `Html` is not."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Html:
    """Markup made by `element`, or a constant of this program: never a text from elsewhere."""

    markup: str


Child = Html | str | int | None


def element(tag: str, /, *children: Child, **attributes: str) -> Html:
    """An element; `class_` writes the attribute `class`. None among the children is left out."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value
    )
    return Html(f"<{tag}{told}>{join(children).markup}</{tag}>")


def join(children: tuple[Child, ...] | list[Html]) -> Html:
    """Children one after the other, without an element around them."""
    return Html("".join(map(_markup, children)))


def _markup(child: Child) -> str:
    if isinstance(child, Html):
        return child.markup
    return "" if child is None else escape(str(child))
