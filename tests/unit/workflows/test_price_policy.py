"""Which line of the list a tag belongs to, and what is said of it."""

import datetime as dt
import uuid

import pytest

from vision.price_tags.model import DateMark, Price, Tag, TagsReading
from vision.quality import Quality
from vision.shelf import Gap, Row, ShelfReading
from workflows.prices.policy import Catalogue, Listed, compare, judge_date, raises, without_tag
from workflows.prices.table import Line

DAY = dt.date(2026, 11, 22)
MILK = Line("MILK-1L", "6901234567892", ("全脂纯牛奶1L", "Verde whole milk 1L"), 1280, "CNY")
SMALL = Line("MILK-250", None, ("全脂纯牛奶250ml", "Verde whole milk 250ml"), 450, "CNY")
PORK = Line("PORK", None, ("黑猪五花肉", "Black pork belly"), 3980, "CNY", "g", 500)


def catalogue(*lines: Line, depth: int = 0) -> Catalogue:
    return Catalogue([Listed(line, uuid.UUID(int=1), depth) for line in lines], DAY)


def tag(text: str, *prices: Price, confidence: float = 0.95, codes: tuple[str, ...] = ()) -> Tag:
    return Tag((0, 0, 90, 40), text, confidence, readable=True, price=prices[0], prices=prices, codes=codes)


@pytest.mark.parametrize(
    ("text", "codes", "by"),
    [("x 6901234567892", ("6901234567892",), "barcode"), ("MILK-1L 12.80", (), None), ("Verde Whole Mi1k 1L", (), None),
     ("VERDE WHOLE MILK 1L", (), "name"), ("VERDE WHOLE MLK 1L", (), None), ("全脂纯牛奶1L ¥12.80", (), "name"),
     ("VERDEE WHOLE MILK 1L", (), "name"), ("whole milk", (), None), ("牛奶", (), None)],
)  # fmt: skip
def test_a_tag_finds_its_line_only_when_little_else_can_be_meant(
    text: str, codes: tuple[str, ...], by: str | None
) -> None:
    match = catalogue(MILK, SMALL, PORK).match(tag(text, Price(1280, "CNY"), codes=codes))
    assert (match and match.by) == by


def test_a_size_tells_two_articles_of_one_name_apart() -> None:
    match = catalogue(MILK, SMALL).match(tag("Verde whole milk 250ml", Price(450)))
    assert match is not None
    assert match.listed.line == SMALL


def test_two_names_on_one_tag_are_nobodys() -> None:
    assert catalogue(MILK, PORK).match(tag("Verde whole milk 1L Black pork belly", Price(1280))) is None


@pytest.mark.parametrize(
    ("prices", "verdict"),
    [
        ((Price(1280, "CNY"),), "same"),
        ((Price(1280, None),), "same"),
        ((Price(1380, "CNY"),), "differs"),
        ((Price(1280, "GBP"),), "unsure"),
        ((Price(128000, "CNY"),), "unsure"),
        ((Price(128, "CNY"),), "unsure"),
        ((Price(1380, "CNY", "g", 500),), "unsure"),
        ((Price(990, "CNY", label="now"), Price(1380, "CNY", label="was")), "unsure"),
        ((Price(990, "CNY", label="now"), Price(1280, "CNY", label="was")), "same"),
        ((Price(2560, "CNY", "each", 2),), "same"),
    ],
)
def test_a_tag_is_compared_with_its_line(prices: tuple[Price, ...], verdict: str) -> None:
    assert compare(tag("6901234567892", *prices, codes=("6901234567892",)), catalogue(MILK)).verdict == verdict


def test_a_price_per_kilogram_equals_half_of_it_per_500_grams() -> None:
    found = catalogue(PORK)
    per_kilo = tag("黑猪五花肉 79.60元/千克", Price(7960, "CNY", "g", 1000))
    assert compare(per_kilo, found).verdict == "same"


def test_only_a_code_read_well_opens_an_issue_by_itself() -> None:
    found = catalogue(MILK)
    wrong = Price(1380, "CNY")
    by_code = compare(tag("x", wrong, codes=("6901234567892",)), found)
    by_name = compare(tag("Verde whole milk 1L", wrong), found)
    poorly = compare(tag("x", wrong, confidence=0.85, codes=("6901234567892",)), found)
    assert [(one.verdict, raises(one)) for one in (by_code, by_name, poorly)] == [
        ("differs", True), ("differs", False), ("differs", False)
    ]  # fmt: skip


def test_an_unreadable_tag_is_never_compared() -> None:
    blank = Tag((0, 0, 9, 9), "6901234567892", 0.4, readable=False, codes=("6901234567892",))
    assert compare(blank, catalogue(MILK)).verdict == "unreadable"


def test_the_nearest_list_and_the_latest_beginning_hold() -> None:
    def line(minor: int, start: dt.date | None = None, end: dt.date | None = None) -> Line:
        return Line("S100", None, ("Some good thing",), minor, "CNY", valid_from=start, valid_to=end)

    listed = [
        Listed(line(100), uuid.UUID(int=1), 0),
        Listed(line(200), uuid.UUID(int=2), 1),
        Listed(line(300, DAY - dt.timedelta(days=3)), uuid.UUID(int=2), 1),
        Listed(line(400, DAY + dt.timedelta(days=1)), uuid.UUID(int=2), 1),
        Listed(line(500, None, DAY - dt.timedelta(days=1)), uuid.UUID(int=3), 2),
    ]
    match = Catalogue(listed, DAY).match(tag("some good thing", Price(300)))
    assert match is not None
    assert match.listed.line.minor == 300


def test_days_are_counted_for_sure_dates_only() -> None:
    sure = DateMark((0, 0, 1, 1), "EXP", DAY + dt.timedelta(days=1), 0.95)
    guess = DateMark((0, 0, 1, 1), "?", DAY + dt.timedelta(days=1), 0.5)
    assert [judge_date(mark, DAY).days_left for mark in (sure, guess)] == [1, None]


def shelf(*gaps: tuple[int, int, int, int]) -> ShelfReading:
    rows = (Row((0, 0, 1000, 200), 0.9),)
    return ShelfReading(
        1000, 220, Quality(ok=True, reasons=()), tuple(Gap(gap, 0.9, 0) for gap in gaps), rows, 0.1, "m", 1.0
    )


def reading(*lefts: int, cut_short: bool = False) -> TagsReading:
    tags = tuple(
        Tag((x, 180, x + 100, 215), "t", 0.95, readable=True, price=Price(100), prices=(Price(100),), row=0)
        for x in lefts
    )
    return TagsReading(tags, (), "m", 1.0, cut_short)


def test_a_gap_between_two_readable_tags_without_one_of_its_own_is_asked_about() -> None:
    gap = (350, 20, 450, 190)
    assert without_tag(shelf(gap), reading(100, 600)) == (gap,)


@pytest.mark.parametrize(
    "seen", [reading(), reading(100), reading(600), reading(100, 360, 600), reading(100, 600, cut_short=True)]
)
def test_no_tag_is_missed_where_none_might_have_been_seen(seen: TagsReading) -> None:
    assert without_tag(shelf((350, 20, 450, 190)), seen) == ()
