from __future__ import annotations

import time
from typing import Any

import pytest

from knowledge.text.numerals import chinese_number, english_number
from knowledge.values import meaning


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1931年3月5日", "1931-03-05"),
        ("１９３１年３月５日", "1931-03-05"),
        ("1956年9月", "1956-09"),
        ("2008年", "2008"),
        ("二〇〇八年", "2008"),
        ("一九三一年十二月二十五日", "1931-12-25"),
        ("1881-09-25", "1881-09-25"),
        ("1881/9/25", "1881-09-25"),
        ("1881.9.25", "1881-09-25"),
        ("5 March 1931", "1931-03-05"),
        ("5th of March 1931", "1931-03-05"),
        ("March 5, 1931", "1931-03-05"),
        ("Sept. 5, 1931", "1931-09-05"),
        ("Mar. 5th, 1931", "1931-03-05"),
        ("May 1931", "1931-05"),
        ("公元1368年", "1368"),
        ("民国三十七年", "1948"),
        ("民国元年十月十日", "1912-10-10"),
        ("民国26年7月", "1937-07"),
        ("昭和二十年8月15日", "1945-08-15"),
        ("平成元年", "1989"),
    ],
)
def test_dates(text: str, iso: str) -> None:
    found = meaning(text)
    assert found is not None
    assert found.to_json() == {"date": iso}


@pytest.mark.parametrize(
    ("text", "number", "unit", "approximate"),
    [
        ("2,860 metres", 2860, "metres", False),
        ("about 120 square kilometres", 120, "square kilometres", True),
        ("More than 300 students", 300, "students", True),
        ("two", 2, None, False),
        ("twenty-five years", 25, "years", False),
        ("two hundred and five", 205, None, False),
        ("1.5 million people", 1_500_000, "people", False),
        ("$1.2 billion", 1_200_000_000, "$", False),
        ("3.5%", 3.5, "%", False),
        ("-5 °C", -5, "°C", False),
        ("1998", 1998, None, False),
        ("三千余人", 3000, "人", True),
        ("1.2亿元", 120_000_000, "元", False),
        ("约80亿元", 8_000_000_000, "元", True),
        ("10多万人", 100_000, "人", True),
        ("21个", 21, "个", False),
        ("55岁", 55, "岁", False),
        ("三千二百零五米", 3205, "米", False),
        ("十余座", 10, "座", True),
        ("６３０平方公里", 630, "平方公里", False),
        ("两千多年", 2000, "年", True),
        ("2000多年", 2000, "年", True),
        ("三十年", 30, "年", False),
        ("18个月", 18, "个月", False),
        ("100人左右", 100, "人", True),
        ("三百万美元", 3_000_000, "美元", False),
    ],
)
def test_quantities(text: str, number: float, unit: str | None, approximate: bool) -> None:
    found = meaning(text)
    assert found is not None
    expected: dict[str, Any] = {"number": number}
    expected |= {"unit": unit} if unit else {}
    expected |= {"approximate": True} if approximate else {}
    assert found.to_json() == expected
    assert type(found.number) is type(number)


def test_an_approximate_date() -> None:
    found = meaning("约1931年")
    assert found is not None
    assert found.to_json() == {"date": "1931", "approximate": True}


@pytest.mark.parametrize(
    "text",
    [
        "鲁迅", "三国演义", "五四运动", "百度", "211工程", "2022年世界杯", "1990年代", "1931年春",
        "民国年", "去年", "3月5日", "5 March", "7 november", "9/25/1881", "1881年13月",
        "1931年2月30日", "1949—1976年", "10:30", "20th century", "20th", "one of the best",
        "12 Monkeys", "3D", "两三百人", "一百二", "千", "亿", "", " ", "1,2", "12,34", "1.2.3",
        "five twenty", "hundred", "1" * 61, "mar", "9月", "五月", "618年", "98年", "5000年",
        "1990s", "7 pm", "3d", "公元前221年",
    ],
)  # fmt: skip
def test_in_doubt_there_is_none(text: str) -> None:
    assert meaning(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("一千零五十", 1050),
        ("一万二千", 12_000), ("三亿五千万", 350_000_000), ("零", 0), ("一百二十", 120),
        ("一万二", None), ("一二三", None), ("万", None), ("十十", None),
    ],
)  # fmt: skip
def test_chinese_numerals(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("nineteen", 19), ("one thousand two hundred", 1200), ("two million", 2_000_000),
        ("two three", None), ("and", None), ("thousand", None), ("two and three", None),
    ],
)  # fmt: skip
def test_english_numerals(text: str, number: int | None) -> None:
    assert english_number(text) == number


def test_hostile_values_take_no_longer() -> None:
    began = time.process_time()
    for text in ("one " * 15, "a " * 30, "万" * 60, "千" * 60, "1" * 60, "1,111" * 12, "约" * 60):
        meaning(text)
        chinese_number(text)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "text",
    ["Tennessee", "Tencent", "tennis", "Nineveh", "oneself", "nineties", "Tennyson", "two thirds",
     "one third", "three quarters", "4 jan", "221 bc", "10⁶", "10²", "2012²", "98 年",
     "five thousand million", "5 hundred thousand people", "5 hundred million"],
)  # fmt: skip
def test_what_only_looks_like_a_number_means_none(text: str) -> None:
    assert meaning(text) is None


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("fourteen", 14, None),
        ("seventy", 70, None),
        ("sixty percent", 60, "percent"),
        ("sixty-five years old", 65, "years old"),
        ("120 km²", 120, "km²"),
        ("US$1.5 billion", 1_500_000_000, "US$"),
        ("−5°C", -5, "°C"),
        ("百分之五十一", 51, "%"),
        ("百分之3.5", 3.5, "%"),
    ],
)
def test_more_quantities(text: str, number: int, unit: str | None) -> None:
    found = meaning(text)
    assert found is not None
    assert (found.number, found.unit) == (number, unit)


@pytest.mark.parametrize(
    ("text", "iso"), [("2020 年", "2020"), ("2020 年 3 月 5 日", "2020-03-05")]
)
def test_dates_set_with_spaces(text: str, iso: str) -> None:
    found = meaning(text)
    assert found is not None
    assert found.date == iso


@pytest.mark.parametrize(
    ("text", "label", "date", "number"),
    [
        ("2012", "成立时间", "2012", None),
        ("1881", "date of birth", "1881", None),
        ("about 1200", "inception", "1200", None),
        ("2012", "容量", None, 2012),
        ("2012", "持续时间", None, 2012),
        ("1200", "height", None, 1200),
        ("320", "date of birth", None, 320),
        ("2012", "", None, 2012),
    ],
)
def test_a_bare_year_is_one_where_the_label_asks_for_time(
    text: str, label: str, date: str | None, number: int | None
) -> None:
    found = meaning(text, label)
    assert found is not None
    assert (found.date, found.number) == (date, number)
