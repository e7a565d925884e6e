"""What `app.py chat` says of its own accord, in Chinese and in English; knows no model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.text.spans import Lang


@dataclass(frozen=True)
class Wording:
    """One language's sentences; `{…}` are filled in where they are said."""

    welcome: str
    help: str
    instead: str
    loading: str
    reading: str
    image: str
    with_image: str
    describe: str
    user: str
    label: str
    image_read: str
    blind: str
    cleared: str
    no_history: str
    cut: str
    stopped: str
    not_kept: str
    empty_answer: str
    length: str
    warning: str
    error: str
    too_long: str
    unknown: str
    speed: str
    speed_unknown: str


WORDING: Mapping[Lang, Wording] = {
    "zh": Wording(
        welcome="正在与 {model} 对话。直接输入内容；clear 重新开始，stop 结束，/help 查看帮助。",
        help=(
            "clear 或 /clear    忘记对话，重新选择图片\n"
            "stop 或 /stop      结束（Ctrl-D 也可以）\n"
            "/image 路径        换一张图片，开始新的对话\n"
            "/history           显示目前的对话\n"
            "/help              显示这段说明\n"
            '多行输入：行末写 \\ 表示下一行继续；或者把多行放在两行 """ 之间。\n'
            "回答时按 Ctrl-C 只停止这次回答。"
        ),
        instead="Local-GLM 不可用（{detail}），改用 {model}。",
        loading="正在加载 {model}",
        reading="正在阅读",
        image="图片路径或网址（回车表示不用图片）：",
        with_image="直接回车则问：{question}",
        describe="描述这张图片。",
        user="用户：",
        label="{model}：",
        image_read="图片已读入（{kib:,} KiB）。新的对话开始。",
        blind="{model} 只读文字，不能看图。",
        cleared="对话已清空。",
        no_history="还没有对话。",
        cut="〔被截断〕",
        stopped="〔已停止〕",
        not_kept="还没有写出内容，这个问题不计入对话。",
        empty_answer="模型没有写出内容，这个问题不计入对话。",
        length="回答达到长度上限，被截断（--max-length、--max-tokens）。",
        warning="警告：{message}",
        error="错误：{message}",
        too_long="输入 clear 可以从空的对话重新开始。",
        unknown="没有命令 {name}；/help 列出所有命令。",
        speed=(
            "提示 {prompt} 个 token，回答 {completion} 个；{first:.1f} 秒后开始回答，每秒 {rate} 个"
        ),
        speed_unknown="？",
    ),
    "en": Wording(
        welcome=(
            "You are talking with {model}. Just type; clear starts afresh, stop ends, "
            "/help says more."
        ),
        help=(
            "clear or /clear    forget the talk and choose a picture again\n"
            "stop or /stop      end (so does Ctrl-D)\n"
            "/image PATH        another picture, and a new talk about it\n"
            "/history           show the talk so far\n"
            "/help              show this\n"
            "Several lines: end a line with \\ to go on in the next, or put them between two\n"
            'lines of """.\n'
            "Ctrl-C while a reply is written ends that reply only."
        ),
        instead="Local-GLM cannot serve ({detail}); {model} answers instead.",
        loading="loading {model}",
        reading="reading",
        image="Image path or URL (Enter for none): ",
        with_image="Enter alone asks: {question}",
        describe="Describe this image.",
        user="User: ",
        label="{model}: ",
        image_read="The picture is read ({kib:,} KiB). A new talk begins.",
        blind="{model} reads text only and cannot see pictures.",
        cleared="The talk is forgotten.",
        no_history="Nothing has been said yet.",
        cut="[cut]",
        stopped="[stopped]",
        not_kept="Nothing was written yet; the question is not kept.",
        empty_answer="The model wrote nothing; the question is not kept.",
        length="The reply reached its limit and is cut (--max-length, --max-tokens).",
        warning="Warning: {message}",
        error="Error: {message}",
        too_long="Type clear to start afresh with an empty talk.",
        unknown="There is no command {name}; /help lists them.",
        speed=(
            "prompt {prompt} tokens, reply {completion}; "
            "first text after {first:.1f} s, then {rate} tokens/s"
        ),
        speed_unknown="?",
    ),
}


def locale_language() -> Lang:
    """The language of the user's messages, as POSIX names its variables; English if in doubt."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
