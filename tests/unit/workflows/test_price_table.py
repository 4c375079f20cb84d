"""A price list as spreadsheets write it."""

import csv
import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.prices.table import Line, harmless, read, write

HEADING = "sku,barcode,name_zh,name_en,price,currency,unit,valid_from,valid_to\n"
NAMES = st.text(alphabet="abc=+-@'全脂牛奶\" ,;", max_size=12).map(str.strip)


def table(*lines: str) -> bytes:
    return (HEADING + "\n".join(lines)).encode()


def test_a_line_holds_what_it_says() -> None:
    found = read(table("A1,6901234567892,全脂牛奶,Whole milk,12.80,cny,500g,2026-11-01,2026/11/30"))
    days = (dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    assert found.lines == (Line("A1", "6901234567892", ("全脂牛奶", "Whole milk"), 1280, "CNY", "g", 500, *days),)


def test_a_chinese_spreadsheet_with_its_own_headings_and_encoding_is_read() -> None:
    found = read("货号;商品名称;价格;币种\nA1;酱油;¥9,9;CNY".encode("gb18030"))
    assert [(line.sku, line.names, line.minor) for line in found.lines] == [("A1", ("酱油",), 990)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (",,,,1,CNY,,,", "SKU"),
        ("A,,,,free,CNY,,,", "no price"),
        ("A,,,,0,CNY,,,", "no price"),
        ("A,,,,-1,CNY,,,", "no price"),
        ("A,,,,1,yuan,,,", "three letters"),
        ("A,6.9E+12,,,1,CNY,,,", "6.9E+12"),
        ("A,,,,1,CNY,furlong,,", "no unit"),
        ("A,,,,1,CNY,,2026-02-30,", "no date"),
        ("A,,,,1,CNY,,2026-02-03,2026-02-01", "ends before"),
        (f"{'A' * 65},,,,1,CNY,,,", "64"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_nothing_is_taken(line: str, word: str) -> None:
    found = read(table("B,,,,2,CNY,,,", line))
    assert found.lines == ()
    ((number, reason),) = [(problem.line, problem.reason.en) for problem in found.problems]
    assert (number, word in reason) == (3, True)


def test_an_article_stands_once_or_once_for_each_beginning() -> None:
    assert [problem.line for problem in read(table("A,,,,1,CNY,,,", "A,,,,2,CNY,,,")).problems] == [3]
    assert len(read(table("A,,,,1,CNY,,2026-01-01,", "A,,,,2,CNY,,2026-02-01,")).lines) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"a,b\n1,2", HEADING.encode(), b'sku,price,currency\n"A,1,CNY', b"\x00" * 9],
)
def test_what_is_no_price_list_is_refused_whole(content: bytes) -> None:
    found = read(content)
    assert (found.lines, [problem.line for problem in found.problems]) == ((), [0])


def test_only_so_many_problems_are_told_but_all_are_counted() -> None:
    found = read(table(*(",,,,1,CNY,,," for _ in range(130))))
    assert (len(found.problems), found.problem_count) == (100, 130)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_that_leaves_begins_like_a_formula(start: str) -> None:
    assert harmless(f"{start}HYPERLINK()") == f"'{start}HYPERLINK()"


@given(NAMES, NAMES, st.integers(1, 9_999_999))
def test_what_was_written_is_read_back(zh: str, en: str, minor: int) -> None:
    names = tuple(dict.fromkeys(name for name in (zh, en) if name))
    line = Line("S1", None, names, minor, "CNY", "each", 1.0)
    if any(name.startswith("'") for name in names):
        return  # an apostrophe of one's own before a sign is read as ours
    written = write((line,))
    cells = list(csv.reader(io.StringIO(written)))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert read(written.encode()).lines == (line,)


@given(st.binary(max_size=200))
def test_no_bytes_upset_the_reader(content: bytes) -> None:
    read(content)
