"""Trains a vocabulary of a few hundred pieces, laid out like VisualGLM's `ice_text.model`.

For tests and tiny checkpoints: the real vocabulary may not be given away. The sentences are the
project's own. Same seed, same bytes.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import sentencepiece

VOCAB_SIZE = 900
_REPEATS = 12  # passes over the sentences, differently mixed, so that words become pieces
_CONTROL = (
    "[MASK]", "[gMASK]", "[sMASK]", "<unused_0>", "<sop>", "<eop>", "<ENC>", "<dBLOCK>",
)  # fmt: skip
_WHITE_SPACE = ("<n>", "<|tab|>", *(f"<|blank_{count}|>" for count in range(2, 81)))

_SENTENCES = (
    "描述这张图片。",
    "这张图片可能是在什么场所拍摄的？",
    "问：你好\n答：你好，有什么可以帮助你的吗？",
    "图片里有一只小猫，它坐在窗台上看着外面。",
    "从文本中抽取知识三元组，只回答文本中出现的内容。",
    "识别下列文本中的命名实体：人物、地点、机构。",
    "李明出生在成都，现在住在北京，是一名老师。",
    "王芳是长江电力公司的工程师，她毕业于武汉大学。",
    "这家公司成立于一九九八年，总部位于上海。",
    "她的父亲是医生，母亲是图书馆的管理员。",
    "河边的小镇有一座石桥，建于三百年前。",
    "张老师在学校教数学，也喜欢写诗。",
    "博物馆每天上午九点开门，周一不开放。",
    "这部电影由陈晓导演，讲述了一个家庭的故事。",
    "火车从广州出发，八个小时后到达昆明。",
    "昆明的天气四季如春，花开得很早。",
    "他写的第一本书叫做《山里的灯》，出版于去年。",
    "请告诉我主要人物、他们的关系和时间。",
    "那座山高三千米，山顶常年有雪。",
    "医院的新大楼将在明年春天完工。",
    "城市的东边是大海，西边是平原。",
    "两位科学家共同发现了一种新的材料。",
    "大学的图书馆收藏了许多古代的地图。",
    "实体、关系、属性和类别都写在回答里。",
    "人工智能技术可以帮助人们阅读和整理文本。",
    "这个问题没有答案，因为文本里没有提到。",
    "今天是星期五，明天我们去公园散步。",
    "农场里养着牛、羊和马，还种了苹果树。",
    "餐厅的价格不高，菜的味道也很好。",
    "球队在最后一分钟赢得了比赛。",
    "Describe the image.",
    "What is in this picture, and where was it taken?",
    "There is a small cat in the picture; it is sitting on the window sill.",
    "Extract the knowledge triples from the text, and nothing that the text does not say.",
    "Name the people, the places and the organisations in the following sentence.",
    "Anna Weber was born in Bremen and works as a teacher in Hamburg.",
    "The company was founded in 1998, and its office is in the old town.",
    "He wrote his first book when he was twenty-three years old.",
    "The museum opens at nine o'clock; it isn't open on Mondays.",
    "The bridge over the river was built three hundred years ago.",
    "They've moved from the village to the city, where they're looking for work.",
    "Who is the head, what is the relation, and what is the tail?",
    'The answer is a list of entities: ["person", "place", "time"].',
    '{"triples":[["Anna Weber","birth place","Bremen"]]}',
    '{"entities":[{"entity":"昆明","facts":[["天气","四季如春"]]}]}',
    '{"person":["李明","王芳"],"place":["成都"],"organisation":[]}',
    "The train leaves at 7:45 and arrives at 12:30 (local time).",
    "Prices went up by 3.5% in 2024, from 80 to 82.8 on average.",
    "def read(path):\n    return path.read_text()  # the whole file",
    "Question: how many people live there?\tAnswer: about 12,000.",
    "The film tells the story of a family that lives beside the sea.",
    "Two scientists found a new material and named it after their teacher.",
    "The library keeps many old maps of the coast and the islands.",
    "In winter the mountain is covered with snow, and the road is closed.",
    "I can't find the place in the text, so I will not answer.",
    "The restaurant near the station serves good food at a fair price.",
    "<img></img>问：图里的人是谁？\n答：",
    "The house has a garden, a well, and an apple tree!",
    "Their mother is a doctor; their father drives a bus.",
    "First read the text, then write the answer in the given form.",
)


def train(path: Path, seed: int) -> None:
    """Write a vocabulary to `path`; the seed decides how the sentences are mixed.

    unk 0, `<s>` 1, `</s>` 2 and `<pad>` 3 are in the official places; sentencepiece puts the
    other special pieces before the learnt ones, the official file behind them.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_lines(seed),
        model_writer=model,
        model_type="unigram",
        vocab_size=VOCAB_SIZE,
        pad_id=3,
        control_symbols=list(_CONTROL),
        user_defined_symbols=list(_WHITE_SPACE),
        # As in the official file; what is not named here is sentencepiece's default there too.
        character_coverage=0.9999,
        split_digits=True,
        byte_fallback=True,
        normalization_rule_name="nmt_nfkc",
        num_threads=1,  # the order in which threads finish would show in the scores
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())


def _lines(seed: int) -> Iterator[str]:
    """The sentences with their halves mixed, line by line: more words, the same letters."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable mixture, no secret
    for _ in range(_REPEATS):
        for sentence in dice.sample(_SENTENCES, len(_SENTENCES)):
            other = dice.choice(_SENTENCES)
            for line in f"{sentence} {other[dice.randrange(len(other)) :]}".splitlines():
                yield line.replace("\t", " ")
