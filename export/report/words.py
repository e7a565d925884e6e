"""What a report says of itself, in the language of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.answer_json import CorrectionMark
from knowledge.items import PromptType, Status
from knowledge.text.spans import Lang


@dataclass(frozen=True)
class Words:
    """Templates hold numbers and names in braces, for `str.format`."""

    title: str
    answer: str
    tasks: Mapping[PromptType, str]
    counted: Mapping[PromptType, tuple[str, str]]  # one, several
    statuses: Mapping[Status, str]
    notes: Mapping[Status, str]
    ends: Mapping[str, str]
    columns: Mapping[PromptType, tuple[str, ...]]
    confidence: str
    text: str
    aliases: str
    comma: str
    colon: str
    no_facts: str
    further: str
    graph: str
    drawn: str
    part: str
    warnings: str
    corrections: Mapping[CorrectionMark, str]
    by_person: str
    left_out: str
    why: Mapping[str, str]  # of what is left out, by the contract's code


WORDS: dict[Lang, Words] = {
    "zh": Words(
        title="Kex：文字中的知识",
        answer="答案 {}",
        tasks={"KE1": "三元组", "KE2": "命名实体", "KE3": "实体的事实"},
        counted={
            "KE1": ("{} 个三元组", "{} 个三元组"),
            "KE2": ("{} 个实体", "{} 个实体"),
            "KE3": ("{} 条事实", "{} 条事实"),
        },
        statuses={"verbatim": "原文", "normalised": "规整", "inferred": "推断"},
        notes={
            "verbatim": "与原文逐字相同",
            "normalised": "在原文中找到，但写法略有不同，或是实体的另一名称",
            "inferred": "原文中没有这一字符串",
        },
        ends={"head": "头实体", "tail": "尾实体", "entity": "实体", "value": "值"},
        columns={
            "KE1": ("头实体", "关系", "尾实体", "依据"),
            "KE2": ("实体", "位置"),
            "KE3": ("属性", "值", "依据"),
        },
        confidence="置信度",
        text="原文",
        aliases="又名：",
        comma="、",
        colon="：",
        no_facts="没有找到事实",
        further="另见",
        graph="图谱",
        drawn="{nodes} 个节点，{edges} 条边；表格里是同样的内容。",
        part="图中只画出联系最紧密的部分（{all} 条边中的 {edges} 条）；表格是完整的。",
        warnings="注意",
        corrections={"add": "补充", "edit": "修改", "confirm": "确认"},
        by_person="由人更正",
        left_out="未采用",
        why={
            "not_in_text": "原文中没有",
            "leaked": "出自示例，不是原文",
            "unsure": "把握不足",
            "unasked": "没有要求",
        },
    ),
    "en": Words(
        title="Kex: knowledge in text",
        answer="Answer {}",
        tasks={"KE1": "Triples", "KE2": "Named entities", "KE3": "Facts about an entity"},
        counted={
            "KE1": ("{} triple", "{} triples"),
            "KE2": ("{} entity", "{} entities"),
            "KE3": ("{} fact", "{} facts"),
        },
        statuses={"verbatim": "verbatim", "normalised": "normalised", "inferred": "inferred"},
        notes={
            "verbatim": "as it stands in the text",
            "normalised": "found in the text, written slightly differently, or under another name",
            "inferred": "this string does not stand in the text",
        },
        ends={"head": "head", "tail": "tail", "entity": "entity", "value": "value"},
        columns={
            "KE1": ("Head", "Relation", "Tail", "Evidence"),
            "KE2": ("Entity", "Places"),
            "KE3": ("Key", "Value", "Evidence"),
        },
        confidence="Confidence",
        text="Text",
        aliases="Also called: ",
        comma=", ",
        colon=": ",
        no_facts="No facts found",
        further="also at",
        graph="Graph",
        drawn="{nodes} nodes and {edges} edges; the table holds the same.",
        part="Only the most connected part is drawn: {edges} of {all} edges, {nodes} nodes. "
        "The table is complete.",
        warnings="Warnings",
        corrections={"add": "added", "edit": "edited", "confirm": "confirmed"},
        by_person="by a person",
        left_out="Left out",
        why={
            "not_in_text": "does not stand in the text",
            "leaked": "stems from an example, not from the text",
            "unsure": "too unsure",
            "unasked": "was not asked for",
        },
    ),
}
