"""Dates on packs."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.price_tags.dates import order_in, parse_dates

TODAY = dt.date(2026, 11, 22)
DAYS = st.dates(TODAY - dt.timedelta(days=900), TODAY + dt.timedelta(days=1500))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("生产日期 20250103 保质期 12个月", dt.date(2026, 1, 3)),
        ("生产日期:2026/10/01 保质期:60天", dt.date(2026, 11, 30)),
        ("生产日期20260131 保质期1个月", dt.date(2026, 2, 28)),
        ("生产日期(年/月/日)：2025/11/30 保质期（0-4℃）：十二个月", dt.date(2026, 11, 30)),
        ("保质期：常温二年 生产日期：20241201", dt.date(2026, 12, 1)),
        ("生产日期 2026年06月01日 保质期半年", dt.date(2026, 12, 1)),
        ("包装日期 2026.11.20 请于7日内食用", dt.date(2026, 11, 27)),
        ("保质期：十八个月，生产日期2025.05.22", dt.date(2026, 11, 22)),
        ("有效期至2026年12月", dt.date(2026, 12, 31)),
        ("有效期至：2026年12月5日", dt.date(2026, 12, 5)),
        ("有效期至 2026-12-05", dt.date(2026, 12, 5)),
        ("保质期至2026/12/01", dt.date(2026, 12, 1)),
        ("2026/12/01前食用", dt.date(2026, 12, 1)),
        ("EXP NOV 2026", dt.date(2026, 11, 30)),
        ("EXP20261130", dt.date(2026, 11, 30)),
        ("EXP: Nov 30, 2026", dt.date(2026, 11, 30)),
        ("BBE 30 NOV 26", dt.date(2026, 11, 30)),
        ("BBE30NOV26", dt.date(2026, 11, 30)),
        ("BEST BEFORE 30/11/2026", dt.date(2026, 11, 30)),
        ("best before end: 11/2026", dt.date(2026, 11, 30)),
    ],
)
def test_a_best_before_date_is_read_as_it_is_printed(text: str, day: dt.date) -> None:
    (date,) = parse_dates(text, TODAY)
    assert (date.kind, date.day, date.sure) == ("best_before", day, True)


@pytest.mark.parametrize(
    "text", ["31/02/2026", "4601780005399", "12.80", "2099.01.01", "20261301", "保质期 12个月", ""]
)
def test_what_is_no_date_of_these_years_is_none(text: str) -> None:
    assert parse_dates(text, TODAY) == ()


def test_day_and_month_are_exchanged_only_where_a_country_says_so() -> None:
    assert [parse_dates("EXP 03/04/2027", TODAY, order)[0].day for order in (None, "dmy", "mdy")] == [
        None, dt.date(2027, 4, 3), dt.date(2027, 3, 4)
    ]  # fmt: skip


def test_two_shelf_lives_leave_the_date_open() -> None:
    (date,) = parse_dates("生产日期：2026.11.01 保质期：冷藏7天，保质期：冷冻12个月", TODAY)
    assert (date.kind, date.day, date.sure) == ("best_before", None, False)


def test_what_holds_after_opening_is_no_shelf_life() -> None:
    (date,) = parse_dates("生产日期：2026.11.01 开封后请于3日内饮用", TODAY)
    assert date.kind == "produced"


def test_a_date_alone_is_not_taken_for_a_best_before_date() -> None:
    assert [date.kind for date in parse_dates("2026.11.30", TODAY)] == ["bare"]
    assert [date.kind for date in parse_dates("生产日期 2026.11.01", TODAY)] == ["produced"]


@given(DAYS)
def test_every_day_comes_back(day: dt.date) -> None:
    for text in (
        f"有效期至{day:%Y%m%d}",
        f"EXP {day:%Y-%m-%d}",
        f"EXP {day.day} {day:%b %Y}",
        f"到期 {day:%Y年%m月%d日}",
    ):
        assert [date.day for date in parse_dates(text, TODAY)] == [day]


@given(DAYS)
def test_an_order_that_is_not_known_never_gives_a_wrong_day(day: dt.date) -> None:
    for form, order in (("%d/%m/%Y", "dmy"), ("%m/%d/%Y", "mdy")):
        (date,) = parse_dates(f"EXP {day:{form}}", TODAY)
        assert date.day in (None, day) or order == "mdy"
        if date.day is not None:
            assert date.day == day


@given(st.text(max_size=60))
def test_no_text_upsets_the_parser(text: str) -> None:
    parse_dates(text, TODAY, "dmy")


def test_the_order_follows_from_where_the_store_is() -> None:
    zones = ("Asia/Shanghai", "Europe/London", "America/New_York", "America/Toronto", "UTC")
    assert [order_in(zone) for zone in zones] == ["ymd", "dmy", "mdy", None, None]
