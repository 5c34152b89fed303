"""What is taken to be meant by a text that cannot be right."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfgraph.sources import corrections, datatypes

CODE = re.compile("(0[1-9]|[1-3][0-9]|4[0-7])[0-9]{4}")
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@given(st.from_regex("0[1-9][0-9]{4}", fullmatch=True))
def test_a_code_without_its_zero_means_the_code(code: str) -> None:
    """Whatever code a spreadsheet took for a number, the code is found again."""
    assert corrections.meant(str(int(code)), CODE.fullmatch) == code


@given(st.from_regex(CODE, fullmatch=True))
def test_a_full_width_code_means_the_code(code: str) -> None:
    """Digits typed with a Japanese keyboard are found again."""
    assert corrections.meant(code.translate(FULL_WIDTH), CODE.fullmatch) == code


WAYS = (
    "{0.year}/{0.month}/{0.day}",
    "{0.year}.{0.month}.{0.day}",
    "{0.year}-{0.month}-{0.day}",
    "{0.year}年{0.month}月{0.day}日",
    "{0.year}{0.month:02}{0.day:02}",
    "{0.year}/{0.month:02}/{0.day:02} 0:00",
    "令和{1}年{0.month}月{0.day}日",
    "R{1}.{0.month}.{0.day}",
)


@given(st.dates(date(2019, 5, 1), date(2100, 12, 31)), st.sampled_from(WAYS))
def test_a_date_in_any_way_of_writing_means_the_day(day: date, way: str) -> None:
    """A day in the forms that offices and spreadsheets use is found again."""
    written = way.format(day, day.year - 2018)
    read = datatypes.named("date").read

    assert (read(written) or corrections.meant(written, read)) == str(day)


@pytest.mark.parametrize(
    ("base", "written", "meant"),
    [
        ("date", "令和元年5月1日", "2019-05-01"),
        ("date", "平成30年4月1日", "2018-04-01"),
        ("date", "昭和22年4月17日", "1947-04-17"),
        ("date", "２０２４／４／１", "2024-04-01"),
        ("gYearMonth", "令和4年2月", "2022-02"),
        ("gYearMonth", "2022/2", "2022-02"),
        ("gYear", "令和5年", "2023"),
        ("gYear", "2023年", "2023"),
        ("integer", "1,234", "1234"),
        ("integer", "12.0", "12"),
        ("date", "令和5年2月30日", None),
        ("date", "四月一日", None),
    ],
)
def test_a_value_is_meant_as_its_column_has_it(base: str, written: str, meant: str | None) -> None:
    """The same text may mean a day, a month or a year; only what the column takes is meant."""
    assert corrections.meant(written, datatypes.named(base).read) == meant


@given(st.text(max_size=12), st.sampled_from(datatypes.BASES))
def test_what_is_meant_is_good(text: str, base: str) -> None:
    """A suggestion is always a value of the column, and never what was written."""
    read = datatypes.named(base).read
    meant = corrections.meant(text, read)

    assert meant is None or (read(meant) is not None and meant != text)


def test_names_are_near_across_widths() -> None:
    """Half-width kana are like the full-width ones they stand for, and the name comes back as it is."""
    assert corrections.near("団体ｺｰﾄﾞ", ["名称", "団体コード", "団体区分"])[0] == "団体コード"


def test_no_name_is_near_what_is_like_none() -> None:
    """Where nothing is alike there is no question."""
    assert corrections.question(corrections.near("備考", ["code", "name"])) is None
