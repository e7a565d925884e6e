"""Lines as they stand on the pages of a PDF → the paragraphs that they were broken from.

A PDF knows where glyphs stand, not which lines belong together; this tells it by the lines' width,
their ends and what the next one begins with. The width of a line counts a Chinese character as two.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from knowledge.text.language import holds_han

FULL = 0.72  # of the usual width; a shorter line is the last one of its paragraph
SLACK = 4  # columns that a Chinese line may lack: a mark that must not begin the next one, and room
INDENT = 4  # columns that a first line begins later, if it does: two Chinese characters
SENTENCE_END = "。！？!?….：:；;"
CLOSERS = "”’」』）)】》\"'"
_WIDE = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\U00020000-\U0003ffff“”‘’…—]"
)
_ITEM = re.compile(
    r"[-*•·●○■◆▪–—]\s|[•●○■◆▪①-⑳]|(?:\d{1,3}(?:\.\d{1,3}){0,3}[.)、．）]|\[\d{1,3}\])\s?(?!\d)"
    r"|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-z])[)）]|[一二三四五六七八九十]{1,3}、"
    r"|第[0-9一二三四五六七八九十百]{1,4}[章节節条條]"
)
_HYPHENATED = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
# A PDF may name a ligature, or a radical that looks like the character.
_FORMS = re.compile("[\u2e80-\u2eff\u2f00-\u2fdf\ufb00-\ufb06]")
# Of these Unicode knows the shape, but has no compatibility mapping.
_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻡⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车長长门雨青韦页风飞食首马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)
_NUMBER_ONLY = re.compile(r"(?:[\W\d_]|第|共|页|[Pp]age|of)*")


def join_pages(pages: Sequence[str]) -> str:
    """One text, paragraphs apart by a blank line; page numbers and running heads left out."""
    plain = [[_plain(line) for line in page.splitlines()] for page in pages]
    lines = [line for page in _without_furniture(plain) for line in page]
    words = Counter(word.lower() for line in lines for word in re.findall(r"[^\W\d_-]+", line))
    # Latin letters are narrower than half a Chinese character, so that each script has its width.
    usual = {
        han: _usual_width([one for one in lines if holds_han(one) == han]) for han in (False, True)
    }
    paragraphs: list[str] = []
    before = ""
    for line in lines:
        text = line.strip()
        if text and before and not _begins(before, line, usual[holds_han(before)]):
            paragraphs[-1] = _joined(paragraphs[-1], text, words)
        elif text:
            paragraphs.append(text)
        before = line
    return "\n\n".join(paragraphs)


def _plain(line: str) -> str:
    return _FORMS.sub(_form, line)


def _form(match: re.Match[str]) -> str:
    return _RADICALS.get(match[0]) or unicodedata.normalize("NFKC", match[0])


def _without_furniture(pages: list[list[str]]) -> list[list[str]]:
    """Without what stands at the edge of most pages: page numbers, repeated running heads.

    A running head stays where it stands first, since it may be the title.
    """
    pages = [[line for line in lines if line.strip()] for lines in pages]
    counts = Counter(
        pattern for lines in pages for pattern in {_pattern(lines[at]) for at in _edges(lines)}
    )
    common = {one for one, n in counts.items() if n >= 3 and n > len(pages) / 2}
    heads = {one for one in common if not _NUMBER_ONLY.fullmatch(one)}
    return [_cut(lines, common, heads) for lines in pages]


def _cut(lines: list[str], common: set[str], heads: set[str]) -> list[str]:
    """From each edge inwards, up to the first line that is the page's own."""
    gone: set[int] = set()
    for way in ((0, 1), (len(lines) - 1, len(lines) - 2)):
        for at in way:
            if not 0 <= at < len(lines) or _pattern(lines[at]) not in common:
                break
            gone.add(at)
    left = {at for at in gone if _pattern(lines[at]) in heads}
    heads -= {_pattern(lines[at]) for at in left}
    return [line for at, line in enumerate(lines) if at in left or at not in gone]


def _edges(lines: list[str]) -> set[int]:
    """Where a running head and a page number may stand: the first two lines and the last two."""
    return {at for at in (0, 1, len(lines) - 2, len(lines) - 1) if 0 <= at < len(lines)}


def _pattern(line: str) -> str:
    return re.sub(r"\d+", "0", line.strip())


def _usual_width(lines: Sequence[str]) -> float:
    """That of the line which a tenth of them outdo: most are full, headings and last lines not."""
    widths = sorted(_width(line) for line in lines if line.strip())
    return widths[int(0.9 * (len(widths) - 1))] if widths else 0


def _width(line: str) -> int:
    indent = INDENT if line.startswith((" ", "\u3000", "\t")) else 0
    text = line.strip()
    return indent + len(text) + len(_WIDE.findall(text))


def _begins(before: str, line: str, usual: float) -> bool:
    """Whether the line begins a paragraph, and does not go on with the one before."""
    text = line.strip()
    if _ITEM.match(text) or line.startswith((" ", "\u3000", "\t")):
        return True
    room = usual - _width(before)
    ended = before.rstrip().rstrip(CLOSERS).endswith(tuple(SENTENCE_END))
    if ended and holds_han(before) != holds_han(text):
        return True  # the other language has the word
    if holds_han(text[:1]) or _WIDE.search(before.rstrip()[-1:]):
        # Chinese is broken anywhere, so that only a paragraph's last line leaves much room.
        return room > (SLACK if ended else (1 - FULL) * usual)
    word = text.split(maxsplit=1)[0]
    if _HYPHENATED.search(before) and text[0].islower():
        return False
    return room > (1 - FULL) * usual or (room > _width(word) + 1 and text[0].isupper())


def _joined(paragraph: str, text: str, words: Counter[str]) -> str:
    """Both in one line, as they were before they were broken."""
    hyphenated = _HYPHENATED.search(paragraph)
    if hyphenated and text[0].islower():
        whole = (hyphenated[1] + re.split(r"[\W\d_]", text, maxsplit=1)[0]).lower()
        # Written with its hyphen elsewhere ("well-known"), it keeps it.
        keep = words[hyphenated[1].lower()] > 1 and words[whole] == 0
        return (paragraph if keep else paragraph[:-1]) + text
    if _WIDE.search(paragraph[-1]) or _WIDE.search(text[0]):
        return paragraph + text
    return f"{paragraph} {text}"
