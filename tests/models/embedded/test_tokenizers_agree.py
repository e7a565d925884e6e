"""Both engines read a text as the same tokens: 10,000 strings of both languages, and odd ones."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import xllamacpp

from models.qwen.gguf import read_gguf
from models.qwen.tokenizer import QwenTokenizer

GOLD = Path(__file__).parents[3] / "training" / "gold" / "dev.jsonl"
COUNT = 10_000
ODD = (
    *("\u00a0", "\u200b", "\ufeff", "\u3000", "\r\n", "\t", "  ", "🦊", "é", "e\u0301", "'LL"),
    *("½", "Ⅷ", "١٢"),
)


def strings(rng: random.Random) -> Iterator[str]:
    texts = [json.loads(line)["text"] for line in GOLD.read_text(encoding="utf-8").splitlines()]
    for number in range(COUNT):
        text = rng.choice(texts)
        begin = rng.randrange(len(text))
        piece = text[begin : begin + rng.randint(1, 80)]
        if number % 4 == 0:  # something odd at a random place
            at = rng.randint(0, len(piece))
            piece = piece[:at] + rng.choice(ODD) + piece[at:]
        if number % 10 == 0:  # any characters at all, but for surrogates and controls
            piece += "".join(chr(rng.choice((rng.randint(32, 0x2FFF), rng.randint(0x3000, 0xD7FF))))
                             for _ in range(8))  # fmt: skip
        yield piece


def test_both_engines_read_the_same_tokens(qwen: Path) -> None:
    tokenizer = QwenTokenizer(read_gguf(qwen))
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(qwen), 512, 1
    params.verbosity, params.ui = 0, False
    server = xllamacpp.Server(params)
    parts = urlsplit(server.listening_address)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port or 0)) as line:
        for text in strings(random.Random(1)):
            body = json.dumps({"content": text, "parse_special": False})
            line.request("POST", "/tokenize", body, {"Content-Type": "application/json"})
            theirs = json.loads(line.getresponse().read())["tokens"]
            assert tokenizer.encode(text) == theirs, text
