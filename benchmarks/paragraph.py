"""How long a paragraph of about 100 Chinese characters takes: first item, whole answer, offsets.

Asks a running server, each paragraph once per task so that no answer comes from a cache of the same
text; prints medians and maxima in seconds and writes them as JSON.

    python benchmarks/paragraph.py [--url http://127.0.0.1:5000] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

PARAGRAPHS = [
    "钱塘江古称浙江，发源于安徽省休宁县，流经黄山、衢州和杭州，在杭州湾注入东海，全长五百八十八公里。"
    "每年农历八月十八，江潮最为壮观。1937年，茅以升主持设计的钱塘江大桥建成通车，全长1453米。",
    "沈从文1902年12月28日生于湖南凤凰县，十四岁参军，1922年来到北京，后在西南联合大学任教。"
    "他的小说《边城》1934年由生活书店出版，写的是茶峒小镇上翠翠和爷爷的故事。1988年他在北京病逝。",
    "大疆创新由汪滔于2006年在深圳创立，是全球最大的民用无人机制造商。2013年公司推出精灵系列航拍机，"
    "2016年发布可折叠的御系列。公司总部设在深圳市南山区，在美国、德国和日本设有办事处，员工一万余人。",
    "敦煌莫高窟坐落在甘肃省敦煌市东南的鸣沙山东麓，始建于前秦建元二年，现存洞窟735个，壁画4.5万平方米。"
    "1900年，道士王圆箓在这里发现了藏经洞。1987年，莫高窟被列入世界文化遗产名录。",
    "屠呦呦1930年12月30日出生于浙江宁波，1955年毕业于北京医学院药学系，此后在中国中医研究院工作。"
    "1972年，她带领的小组提取出青蒿素。2015年，她获得诺贝尔生理学或医学奖，奖金的一半归她所有。",
]


def events(url: str, **fields: str) -> Iterator[tuple[float, str, Any]]:
    """Seconds since the request, event name, data."""
    began = time.monotonic()
    request = urllib.request.Request(  # noqa: S310 (an address that the caller names)
        f"{url}/get_response", urlencode(fields).encode(), {"Accept": "text/event-stream"}
    )
    name = ""
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310 (the same)
        for raw in response:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield time.monotonic() - began, name, json.loads(line.removeprefix("data: "))


def strings(value: Any) -> Iterator[dict[str, Any]]:
    """Every located string of an answer."""
    if isinstance(value, dict):
        if "status" in value:
            yield value
        for child in value.values():
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)


def measure(url: str, task: str) -> dict[str, Any]:
    """One task over all paragraphs."""
    first, whole, items, wrong = [], [], [], 0
    for text in PARAGRAPHS:
        seen = list(events(url, user_input=text, prompt_type=task, model_type="Embedded"))
        found = [at for at, name, _ in seen if name == "item"]
        at, name, answer = seen[-1]
        if name != "done" or not found:
            raise SystemExit(f"{task}: no answer for {text[:12]}…: {answer}")
        first.append(found[0])
        whole.append(at)
        items.append(len(found))
        wrong += sum(
            text[s["start"] : s["end"]] != s["text"]
            for s in strings(answer["knowledge"])
            if s["status"] == "verbatim"
        )
    return {
        "first_item_median_s": round(statistics.median(first), 2),
        "first_item_max_s": round(max(first), 2),
        "whole_median_s": round(statistics.median(whole), 2),
        "whole_max_s": round(max(whole), 2),
        "items_median": statistics.median(items),
        "wrong_offsets": wrong,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:5000")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "paragraphs": [len(text) for text in PARAGRAPHS],
        **{task: measure(arguments.url, task) for task in ("KE1", "KE2", "KE3")},
    }
    text = json.dumps(report, ensure_ascii=False, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
