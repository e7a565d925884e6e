"""How fast a knowledge base is filled and asked: python benchmarks/base_import.py [ADDRESS]

20,000 synthetic sources with ten triples each (200,000), names by Zipf's law out of 60,000, half
Chinese; a twentieth of the sources state another name. Then searches, cards and lists, 30 times
each, other ones every time.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from knowledge.record import read_record
from storage.knowledge_base.base import Base
from storage.knowledge_base.records import Arrival

SOURCES = 20_000
TRIPLES = 10
NAMES = 60_000
RELATIONS = (
    "出生地",
    "任职于",
    "位于",
    "创办",
    "作品",
    "works for",
    "located in",
    "wrote",
    "part of",
)
_CHINESE = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
_LATIN = ("al", "ber", "ca", "dor", "en", "fi", "gar", "hol", "in", "jo", "ka", "lun", "mar", "ne")


def names(draw: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < NAMES:
        if len(found) % 2:
            found["".join(draw.choices(_CHINESE, k=draw.randrange(2, 6)))] = None
        else:
            words = ("".join(draw.choices(_LATIN, k=3)).title() for _ in range(2))
            found[" ".join(words)] = None
    return list(found)


def arrivals(draw: random.Random, pool: list[str]) -> Iterator[Arrival]:
    weights = list(accumulate(1 / (at + 10) for at in range(len(pool))))
    for number in range(SOURCES):
        picked = draw.choices(pool, cum_weights=weights, k=2 * TRIPLES)
        triples: list[dict[str, Any]] = []
        text = ""
        for head, tail in zip(picked[::2], picked[1::2], strict=True):
            relation = draw.choice(RELATIONS)
            if number % 20 == 0 and not triples:
                tail, relation = f"{head}号{draw.choice(_CHINESE)}", "别名"
            start = len(text)
            text += f"{head} 的 {relation} 是 {tail}。"
            at = start + len(head) + len(relation) + 6
            triples.append({
                "head": {"text": head, "start": start, "end": start + len(head),
                         "status": "verbatim"},
                "relation": relation,
                "tail": {"text": tail, "start": at, "end": at + len(tail), "status": "verbatim"},
                "evidence": {"start": start, "end": len(text)},
                "confidence": 0.8,
            })  # fmt: skip
        answer = {"prompt_type": "KE1", "lang": "zh", "model": "benchmark"}
        row = {"id": f"doc-{number}", "text": text, **answer, "knowledge": {"triples": triples}}
        yield Arrival(read_record(row), "benchmark")


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(ask: Callable[[str], Any], words: list[str]) -> dict[str, float]:
    taken = []
    for word in words:
        began = time.perf_counter()
        ask(word)
        taken.append(1000 * (time.perf_counter() - began))
    taken.sort()
    return {"p50_ms": round(statistics.median(taken), 1), "max_ms": round(taken[-1], 1)}


def main() -> None:
    draw = random.Random(20261124)  # noqa: S311  # no secret
    pool = names(draw)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "base.db"
        base = Base(sys.argv[1] if len(sys.argv) > 1 else str(file))
        memory = megabytes()
        began = time.perf_counter()
        done = 0
        for counts in base.take_in(arrivals(draw, pool)):
            done += counts.added
            if done == SOURCES // 5:
                fifth = {"sources_per_s": round(done / (time.perf_counter() - began)),
                         "memory_mb": round(megabytes())}  # fmt: skip
                print("at a fifth", fifth, flush=True)
        seconds = time.perf_counter() - began
        told: dict[str, Any] = {
            "sources_per_s": round(SOURCES / seconds),
            "triples_per_s": round(SOURCES * TRIPLES / seconds),
            "seconds": round(seconds, 1),
            "memory_mb": {"before": round(memory), "at most": round(megabytes())},
            "file_mb": round(file.stat().st_size / 1e6) if file.exists() else None,
        }
        common, rare = pool[:30], draw.sample(pool[1000:20_000], 30)
        ids = [found.id for name in common + rare for found in base.entities(name).rows[:1]]
        asked: dict[str, tuple[Callable[[str], Any], list[str]]] = {
            "list of all": (lambda _: base.entities(), [""] * 30),
            "name, exact": (base.entities, common + rare),
            "piece of a name, 2 characters": (base.entities, [name[:2] for name in rare]),
            "piece of a name, 3 characters": (base.entities, [name[-3:] for name in rare]),
            "card, common": (base.entity, ids[:30]),
            "card, rare": (base.entity, ids[30:]),
            "neighbourhood, depth 1": (base.around, ids),
            "neighbourhood, depth 2": (lambda name: base.around(name, 2), ids),
            "triples of a relation": (base.triples, list(RELATIONS)),
            "triples of an entity": (lambda name: base.triples("", name), ids),
            "texts, 2 characters": (base.sources, [name[:2] for name in rare]),
            "texts, a word": (base.sources, rare),
            "texts, a word that is nowhere": (base.sources, ["无此词语", "nowhere at all"]),
            "source": (base.source, [f"doc-{at}" for at in range(30)]),
        }
        told["asked"] = {name: measured(ask, words) for name, (ask, words) in asked.items()}
        told["status"] = str(base.status())
        print(json.dumps(told, ensure_ascii=False, indent=1))
        base.close()


if __name__ == "__main__":
    main()
