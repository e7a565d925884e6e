"""How far logits of Kex's own engine and of two builds of llama.cpp are from each other.

    PYTHONPATH=. python benchmarks/logits.py --other FOLDER [--prompts 40]

FOLDER holds another llama.cpp: `pip install --no-deps --target FOLDER xllamacpp==VERSION`.
Each gives the log probabilities of the ten most probable tokens after the same beginnings of
annotated texts, without the adapter. The figure is the mean distance over tokens that both list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import click
import numpy as np

from evaluation.gold.rows import OWN, read_gold
from models.embedded.model import Embedded
from models.embedded.own_engine import open_network
from models.qwen.gguf import read_gguf
from models.qwen.network import Token
from models.qwen.tokenizer import QwenTokenizer
from settings import load_settings

TOP = 10
Probabilities = list[dict[str, float]]  # of each prompt: token id → log probability

# Run with another xllamacpp first in the path; standard input has the file and the prompts.
LLAMA = """
import json, sys
from urllib.request import Request, urlopen
import xllamacpp
path, prompts, top = json.load(sys.stdin)
params = xllamacpp.CommonParams()
params.model.path = path
params.n_ctx, params.n_parallel, params.verbosity, params.api_keys = 4096, 1, 0, ["k"]
server = xllamacpp.Server(params)
made = []
for prompt in prompts:
    body = {"prompt": prompt, "n_predict": 1, "n_probs": top, "temperature": 0,
            "cache_prompt": False}
    request = Request(server.listening_address + "/completion", json.dumps(body).encode(),
                      {"Content-Type": "application/json", "Authorization": "Bearer k"})
    answer = json.load(urlopen(request))
    (first,) = answer["completion_probabilities"]
    made.append({str(one["id"]): one["logprob"] for one in first["top_logprobs"]})
print("\\n" + json.dumps(made), flush=True)
import os
os._exit(0)
"""


def llama(folder: Path | None, path: Path, prompts: list[list[int]]) -> Probabilities:
    program = f"import sys; sys.path.insert(0, {str(folder)!r})\n{LLAMA}" if folder else LLAMA
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], input=json.dumps([str(path), prompts, TOP]),
        capture_output=True, text=True, check=True, timeout=900,
    )  # fmt: skip
    made: Probabilities = json.loads(done.stdout.splitlines()[-1])
    return made


def own(path: Path, prompts: list[list[int]]) -> Probabilities:
    settings = load_settings()
    model = Embedded(settings)
    network = open_network(path, model.content_key(path), None, settings, model.threads())
    made = []
    for prompt in prompts:
        tokens = [Token(one, at, 0, wanted=at == len(prompt) - 1) for at, one in enumerate(prompt)]
        (logits,) = network.forward(tokens).astype(np.float64)
        logs = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
        made.append({str(one): float(logs[one]) for one in np.argsort(-logs)[:TOP]})
    network.close()
    return made


@click.command()
@click.option("--other", type=click.Path(exists=True, path_type=Path), help="Another llama.cpp.")
@click.option("--prompts", default=40, show_default=True)
def main(other: Path | None, prompts: int) -> None:
    """Print the distances of all pairs."""
    path = Embedded(load_settings()).whole_weights_path()
    tokenizer = QwenTokenizer(read_gguf(path))
    texts = [row.text for row in read_gold([OWN])][: 4 * prompts : 4]
    ids = [tokenizer.encode(text)[: 20 + 5 * (at % 30)] for at, text in enumerate(texts)]
    engines = {"own engine": own(path, ids), "llama.cpp": llama(None, path, ids)}
    if other is not None:
        engines["other llama.cpp"] = llama(other, path, ids)
    for (a, first), (b, second) in combinations(engines.items(), 2):
        pairs = [
            (one[token], two[token])
            for one, two in zip(first, second, strict=True)
            for token in one.keys() & two.keys()
        ]
        far = np.abs(np.subtract(*zip(*pairs, strict=True)))
        same = sum(
            max(x, key=x.__getitem__) == max(y, key=y.__getitem__)
            for x, y in zip(first, second, strict=True)
        )
        click.echo(
            f"{a} – {b}: mean {far.mean():.4f}, 95% below {np.quantile(far, 0.95):.4f}, "
            f"most {far.max():.4f}; the same best token {same} of {len(first)}"
        )


if __name__ == "__main__":
    main()
