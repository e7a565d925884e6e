from __future__ import annotations

from extraction.prompting.messages import build_request, warm_prefixes
from extraction.request.task import Example, make_task
from models.base import Capabilities

LOCAL = Capabilities("grammar", images=False, chunk_chars={"zh": 800, "en": 2400})
SERVICE = Capabilities("json_schema", images=True, chunk_chars={"zh": 800, "en": 2400})


def test_the_text_is_in_the_last_turn_only() -> None:
    request = build_request(
        make_task("KE1", "独一无二的正文{entity}。"), "独一无二的正文{entity}。", LOCAL
    )
    holders = [message for message in request.messages if "独一无二" in message.content]
    assert holders == [request.messages[-1]]
    assert holders[0].role == "user"
    assert "{entity}" in holders[0].content


def test_the_prompt_speaks_the_language_of_the_text() -> None:
    zh = build_request(make_task("KE2", "鲁迅"), "鲁迅", LOCAL)
    en = build_request(make_task("KE2", "Lu Xun"), "Lu Xun", LOCAL)
    assert "人物" in zh.messages[-1].content
    assert "person" in en.messages[-1].content


def test_each_family_is_shown_the_form_that_it_is_held_to() -> None:
    task = make_task("KE1", "鲁迅")
    local, service = build_request(task, "鲁迅", LOCAL), build_request(task, "鲁迅", SERVICE)
    assert local.grammar is not None
    assert service.grammar is None
    assert '[["林婉清"' in local.messages[2].content
    assert '{"head":"林婉清"' in service.messages[2].content


def test_a_request_begins_with_what_was_warmed() -> None:
    for prompt_type, text in (("KE1", "鲁迅"), ("KE2", "Lu Xun"), ("KE3", "Lu Xun")):
        request = build_request(make_task(prompt_type, text), text, LOCAL)  # type: ignore[arg-type]  # one of the three
        assert any(
            request.messages[:-1] == prefix[:-1]
            and request.messages[-1].content.startswith(prefix[-1].content)
            for prefix in warm_prefixes(LOCAL)
        )


def test_own_examples_bring_their_classes() -> None:
    example = Example("甲生于乙。", {"角色": ["甲"]})
    request = build_request(make_task("KE2", "丙。", examples=(example,)), "丙。", LOCAL)
    assert "角色" in request.messages[-1].content
    assert "角色" in (request.grammar or "")
    assert "人物" not in (request.grammar or "")


def test_own_examples_and_labels_take_the_place_of_ours() -> None:
    example = Example("甲生于乙。", {"角色": ["甲"]})
    task = make_task("KE2", "丙生于丁。", labels={"角色": "戏里的人"}, examples=(example,))
    request = build_request(task, task.text, LOCAL)
    assert len(request.messages) == 4
    assert request.messages[2].content == '{"角色":["甲"]}'
    assert "角色 (戏里的人)" in request.messages[3].content
    assert "人物" not in "".join(message.content for message in request.messages[1:])
