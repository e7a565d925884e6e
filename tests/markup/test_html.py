from __future__ import annotations

import base64
import hashlib
import re

from markup.html import Html, document, element, join, policy_for


def test_markup_escapes_all_but_markup() -> None:
    made = element("p", "<b>", 3, None, Html("<i>x</i>"), class_='a"b', title="")
    assert made.markup == '<p class="a&quot;b">&lt;b&gt;3<i>x</i></p>'


def test_joined_children_have_no_element_around_them() -> None:
    assert join((Html("<br>"), "&", 0, None)).markup == "<br>&amp;0"


def test_control_characters_are_shown_not_lost() -> None:
    assert element("p", "a\x00\x1b\x85\tb\n", title="\x00").markup == (
        '<p title="\ufffd">a\ufffd\ufffd\ufffd\tb\n</p>'
    )


def test_a_page_permits_its_own_style_and_nothing_else() -> None:
    style = Html("p { color: red }\n")
    policy = policy_for(style)
    opened, closed = document("en", "<t>", style, policy, "<b>")
    page = opened + closed
    (content,) = re.findall("<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert "unsafe" not in page
    assert "<title>&lt;t&gt;</title>" in page
    assert page.endswith("&lt;b&gt;</body></html>\n")
