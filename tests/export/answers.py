"""Answers for the tests of the formats: the extractor's own, and some full of nasty strings."""

from __future__ import annotations

import json
import random
from typing import Any

from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import PromptType
from knowledge.record import Record, read_record
from tests.scripted_model import ScriptedModel

# What some format or some reader of it could take for its own.
NASTY = [
    "plain", "quote \" and ' and `", "back\\slash \\n \\", "line\nfeed\r\nreturn\rend", "tab\tstop",
    '\n\\"', '"""', "'''", "שלום \u202eabc\u202c", "👨‍👩‍👧 😀 𠮷", "é e\u0301 ﬁ", "　full　width　",
    "=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "＝1+1", " =1", "\t=1", "'quoted", "''two",
    "</script><script>alert(1)</script>", "<a b='c'>&amp;]]>", "a,b;c|d\te", "| --- | \\| \\\\|",
    "* _em_ **b** # h", "[a](http://b) ![i](j) <http://k> http://l", "- x", "1. x", "~~s~~ `c`",
    "\x00\x01\x0b\x0c\x1f\x7f\x85", "\ufeff\ufffe\uffff\ufffd", "\u2028\u2029",
    "`]->() DELETE n //", "'}) DETACH DELETE n; //", "\\u0027}) DETACH DELETE n; //",
    "\\\\u0027}) DETACH DELETE n; //", "\\u0060]->() DELETE n; //", "\\U0027", "\\", "\\\\u",
    "> . <urn:x> <urn:y> <urn:z> .", '"@en . #', "urn:kex:entity/x", "%2F../..", ".", "..",
    "{x} ${y}", "@id", "_:b", "a" * 3000,
]  # fmt: skip
TASKS: tuple[PromptType, ...] = ("KE1", "KE2", "KE3")
TEXT = {
    "KE1": "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴。",
    "KE2": "Marie Curie was born in Warsaw. Marie Curie was a physicist.",
    "KE3": "Marie Curie, also known as Maria, was born in Warsaw on 7 November 1867.",
}
_WRITTEN = {
    "KE1": '{"triples":[["鲁迅","原名","周树人"],["鲁迅","出生日期","1881年9月25日"],'
    '["鲁迅","国籍","中国"]]}',
    "KE2": '{"person":["Marie Curie"],"place":["Warsaw"]}',
    "KE3": '{"entity":"Marie Curie","facts":[["born in","Warsaw"],["born on","7 November 1867"]]}',
}


def strings() -> list[str]:
    """The corpus, and some hundreds of strings put together from pieces of it, always the same."""
    chance = random.Random(20261123)
    pieces = [piece for nasty in NASTY[:-1] for piece in (nasty, nasty[:2], nasty[-2:])]
    return NASTY + ["".join(chance.choices(pieces, k=chance.randrange(1, 5))) for _ in range(300)]


def real(task: PromptType) -> Record:
    """What the extractor makes of a model's words."""
    asked = make_task(
        task, TEXT[task], grounding="free", entity="Marie Curie" if task == "KE3" else None
    )
    answer = list(extract(asked, ScriptedModel([_WRITTEN[task]])))[-1]
    assert isinstance(answer, Answer)
    return read_record({**json.loads(json.dumps(answer.to_json())), "id": task, "text": asked.text})


def reals() -> list[Record]:
    return [real("KE1"), real("KE2"), real("KE3")]


def row(task: PromptType, text: str, knowledge: Any, **more: Any) -> dict[str, Any]:
    """A row as POST /export and read_jsonl take it."""
    return {"text": text, "prompt_type": task, "lang": "en", "model": "Embedded",
            "knowledge": knowledge, **more}  # fmt: skip


def nasty(task: PromptType, string: str) -> Record:
    """An answer whose strings are all this one, wherever a user or a model could put it."""
    text = f"{string} and {string}"
    place = {"text": string, "start": 0, "end": len(string), "status": "verbatim"}
    guess = {"text": string + "!", "start": None, "end": None, "status": "inferred"}
    told = {"evidence": {"start": 0, "end": len(text)}, "confidence": 0.25,
            "also": [{"start": 0, "end": len(string)}]}  # fmt: skip
    knowledge: Any = {"triples": [{"head": place, "relation": string, "tail": guess, **told}]}
    if task == "KE2":
        again = [len(string) + 5, len(text)]
        knowledge = {"entities": {string: [{**place, "mentions": [[0, len(string)], again]}]}}
    elif task == "KE3":
        fact = {"key": string, "value": guess, **told}
        card = {"entity": place, "aliases": [place], "facts": [fact], "not_stated": [string]}
        knowledge = [card, {"entity": guess, "facts": [], "aliases": []}]
    return read_record(row(task, text, knowledge, id=string[:1000], model=string))


# What a browser would do something with, were it markup.
XSS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)' x='", '" autofocus onfocus=alert(1) x="', "javascript:alert(1)",
    "</style><script>alert(1)</script>", "</title><script>alert(1)</script>",
    "--><script>alert(1)</script><!--", "<![CDATA[<script>alert(1)</script>]]>",
    "</text></svg><script>alert(1)</script>", "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><style><img src=x onerror=alert(1)></style>", "<base href=http://evil.test/>",
    '<meta http-equiv="refresh" content="0;url=http://evil.test/">',
    "<link rel=stylesheet href=http://evil.test/a.css>",
    "<style>@import 'http://evil.test/';</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=http://evil.test/></object>", "<details open ontoggle=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<a href='javascript:alert(1)'>x</a>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x&#62;", "\\u003cscript\\u003ealert(1)", "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<img\x0bsrc=x\x0conerror=alert(1)>", "{{7*7}}{% raw %}", "url(http://evil.test/)",
    "<video><source onerror=alert(1)></video>", "\u202e<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞", "<!--", "<plaintext>", "<template>",
]  # fmt: skip
