"""`ice_text.model`: text to ids and back as the official ChatGLM-6B tokenizer does it.

Ids of special pieces are looked up by name, so any vocabulary of this layout works, however
small. Knows sentencepiece; nothing of prompts, pictures or tensors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from errors import WeightsError
from models.visualglm.config import VisualGLMConfig
from wording import joined, message

VOCABULARY_FILE = "ice_text.model"
OFFICIAL_SHA256 = "5e974d9a69c242ce014c88c2b26089270f6198f3c0b700a887666cd3e816f17e"
_OFFICIAL_BYTES = 2_706_249
_OLD_BYTES, _OLD_PIECES = 2_699_926, 130_000  # before special and byte pieces were added

_MAX_BLANKS = 80  # the longest run of blanks that has a piece of its own
_BLANKS = re.compile(f" {{2,{_MAX_BLANKS}}}")
_SURROGATE = re.compile("[\ud800-\udfff]")

# What the official tokenizer cuts out of a text as special. [gMASK] is not among them.
_SPECIAL = ("<sop>", "<eop>", "<unk>", "<pad>", "[MASK]")
_SPECIAL_SPLIT = re.compile("(" + "|".join(map(re.escape, _SPECIAL)) + ")")

# Pieces that stand for white space. Decoding finds them in the *text*, so that "<", "n", ">" give
# a newline too, as they do officially.
SPELLINGS = {"<n>": "\n", "<|tab|>": "\t"} | {
    f"<|blank_{count}|>": " " * count for count in range(2, _MAX_BLANKS + 1)
}
_SPELLING = re.compile("|".join(map(re.escape, SPELLINGS)))

# `clean_up_tokenization` of transformers 4.27.1, one after the other over the whole text.
CLEAN_UP = (
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
    (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip


class Tokenizer:
    """The vocabulary, read once; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`.

        Raises WeightsError when it is missing, no sentencepiece model, the older vocabulary, or
        lacks a piece that VisualGLM needs.
        """
        self.path = path
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WeightsError(
                message("errors.vocabulary_unreadable", path=path, reason=error.strerror),
                field="KEX_GLM_PATH",
            ) from error
        if len(data) == _OLD_BYTES:
            raise _old(path)
        try:
            self._processor = SentencePieceProcessor(model_proto=data)
        except RuntimeError as error:
            raise _damaged(path) from error
        if not data or not len(self):
            raise _damaged(path)
        if len(self) == _OLD_PIECES:
            raise _old(path)
        self._sha256 = hashlib.sha256(data).hexdigest()
        self.pad_id, self.unk_id, self.mask_id = map(self._find, ("<pad>", "<unk>", "[MASK]"))
        self.gmask_id = self._find("[gMASK]")
        self.sop_id = self._find("<sop>")  # the answer starts; bos_token_id in config.json
        self.eop_id = self._find("<eop>")  # the answer ends; eos_token_id in config.json
        self.newline_id, self.tab_id = self._find("<n>"), self._find("<|tab|>")
        self._special = {piece: self._find(piece) for piece in _SPECIAL}
        self._hidden = frozenset(self._special.values())

    def _find(self, piece: str) -> int:
        """The id of a piece; sentencepiece answers any unknown piece with the id of <unk>."""
        found = int(self._processor.piece_to_id(piece))
        if self.pieces([found]) != [piece]:
            raise WeightsError(
                message("errors.vocabulary_no_piece", path=self.path, piece=piece),
                field="KEX_GLM_PATH",
            )
        return found

    def __len__(self) -> int:
        """How many pieces the file has; the model's `vocab_size` may be larger, never smaller."""
        return int(self._processor.get_piece_size())

    def check(self, config: VisualGLMConfig) -> None:
        """Whether the vocabulary fits the model; raises WeightsError naming what does not."""
        pairs = (
            ("pad_token_id", config.pad_token_id, "<pad>", self.pad_id),
            ("mask_token_id", config.mask_token_id, "[MASK]", self.mask_id),
            ("gmask_token_id", config.gmask_token_id, "[gMASK]", self.gmask_id),
            ("bos_token_id", config.bos_token_id, "<sop>", self.sop_id),
            ("eos_token_id", config.eos_token_id, "<eop>", self.eop_id),
        )
        wrong = [
            message("errors.vocabulary_other_id", name=name, said=said, piece=piece, found=found)
            for name, said, piece, found in pairs
            if said != found
        ]
        if len(self) > config.vocab_size:
            wrong.append(
                message("errors.vocabulary_too_big", size=config.vocab_size, count=len(self))
            )
        if wrong:
            raise WeightsError(
                message(
                    "errors.vocabulary_misfit", path=self.path, reasons=joined("clauses", wrong)
                ),
                field="KEX_GLM_PATH",
            )

    def encode(self, text: str, *, specials: bool = True) -> list[int]:
        """The ids of `text`, without [gMASK] and <sop>.

        Officially `<sop>`, `<eop>`, `[MASK]`, `<pad>` and `<unk>` in a text become the special
        ids of these names, and white space beside them is dropped. Without `specials` they are
        spelt out by ordinary pieces, and no special id can come of any text.
        """
        text = _SURROGATE.sub("\ufffd", text)  # half a character, which sentencepiece refuses
        if not specials:
            return self._encode_plain(text)
        ids: list[int] = []
        parts = _SPECIAL_SPLIT.split(text)  # text, special, text, …, text
        for index, part in enumerate(parts):
            if index % 2:
                ids.append(self._special[part])
                continue
            part = part.lstrip() if index else part
            part = part.rstrip() if index + 1 < len(parts) else part
            ids += self._encode_plain(part)
        return ids

    def _encode_plain(self, text: str) -> list[int]:
        text = text.replace("\n", "<n>").replace("\t", "<|tab|>")
        text = _BLANKS.sub(lambda match: f"<|blank_{len(match[0])}|>", text)
        return list(self._processor.encode(text))

    def decode(self, ids: Iterable[int], skip_special: bool = False, clean_up: bool = True) -> str:
        """The text of `ids`; padding and ids beyond the vocabulary say nothing.

        `skip_special` drops <unk> too, which otherwise reads ⁇. `clean_up` takes the blank away
        before English punctuation, as the official tokenizer does by default.
        """
        shown = [i for i in ids if self.is_shown(i, skip_special)]
        text = str(self._processor.decode(shown))
        text = _SPELLING.sub(lambda match: SPELLINGS[match[0]], text)
        for old, new in CLEAN_UP if clean_up else ():
            text = text.replace(old, new)
        return text

    def is_shown(self, token_id: int, skip_special: bool) -> bool:
        """Whether decoding looks at an id at all."""
        if not 0 <= token_id < len(self) or token_id == self.pad_id:
            return False
        return not (skip_special and token_id in self._hidden)

    def is_byte(self, token_id: int) -> bool:
        """Whether an id of the vocabulary stands for one byte."""
        return bool(self._processor.is_byte(token_id))

    def spell(self, token_id: int, first: bool) -> str:
        """What sentencepiece makes of one id; blanks are dropped where a text has its `first`."""
        if first:
            return str(self._processor.decode([token_id]))
        return str(self._processor.decode([self.newline_id, token_id])).removeprefix("<n>")

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """How each id is spelt in the vocabulary; an id beyond it is an empty string."""
        known = range(len(self))
        return [str(self._processor.id_to_piece(i)) if i in known else "" for i in ids]

    def token_bytes(self) -> list[bytes]:
        """For every id the bytes that it stands for in a grammar.

        White space is white space again, byte pieces are their byte; special ids and other
        control pieces are empty.
        """
        return [self.bytes_of(token_id) for token_id in range(len(self))]

    def bytes_of(self, token_id: int) -> bytes:
        """One entry of `token_bytes`; empty for an id beyond the vocabulary too."""
        processor = self._processor
        if not 0 <= token_id < len(self):
            return b""
        if processor.is_control(token_id) or processor.is_unknown(token_id):
            return b""
        piece = str(processor.id_to_piece(token_id))
        if processor.is_byte(token_id):
            return bytes([int(piece[1:-1], 16)])  # <0x41>
        return SPELLINGS.get(piece, piece.replace("▁", " ")).encode()


def _damaged(path: Path) -> WeightsError:
    return WeightsError(
        message(
            "errors.vocabulary_bad",
            path=path,
            file=VOCABULARY_FILE,
            size=_OFFICIAL_BYTES,
            sha256=OFFICIAL_SHA256,
        ),
        field="KEX_GLM_PATH",
    )


def _old(path: Path) -> WeightsError:
    return WeightsError(
        message(
            "errors.vocabulary_old",
            path=path,
            old_bytes=_OLD_BYTES,
            old_pieces=_OLD_PIECES,
            file=VOCABULARY_FILE,
            size=_OFFICIAL_BYTES,
            sha256=OFFICIAL_SHA256,
        ),
        field="KEX_GLM_PATH",
    )
