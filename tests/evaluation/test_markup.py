from __future__ import annotations

from evaluation.markup import Html, element, join


def test_markup_escapes_all_but_markup() -> None:
    made = element("p", "<b>", 3, None, Html("<i>x</i>"), class_='a"b', title="")
    assert made.markup == '<p class="a&quot;b">&lt;b&gt;3<i>x</i></p>'


def test_joined_children_have_no_element_around_them() -> None:
    assert join((Html("<br>"), "&", 0, None)).markup == "<br>&amp;0"
