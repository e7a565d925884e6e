"""The most frequent relation names of the gold texts, which the engine guesses with.

`python -m training.relations training/gold/train.jsonl models/embedded/relations.yaml`
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

COUNT = 400  # of each language
HEAD = """\
# The relation names that the adapter learnt, most frequent first (python -m training.relations):
# guesses at what it is writing (models/qwen/drafts.py). They speed answers up and change none.
"""


def relations(path: Path) -> dict[str, list[str]]:
    """Language → its names; where two are as frequent, in order of the alphabet."""
    counts: dict[str, Counter[str]] = {"zh": Counter(), "en": Counter()}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        counts[row["lang"]].update(relation for _, relation, _ in row["triples"])
    return {
        lang: [name for name, _ in sorted(found.items(), key=lambda one: (-one[1], one[0]))[:COUNT]]
        for lang, found in counts.items()
    }


if __name__ == "__main__":
    found = relations(Path(sys.argv[1]))
    # JSON is YAML; a list a language, each on a line of its own.
    lines = [f"{lang}: {json.dumps(names, ensure_ascii=False)}\n" for lang, names in found.items()]
    Path(sys.argv[2]).write_text(HEAD + "".join(lines), encoding="utf-8")
