"""A price list as a CSV file, as spreadsheets write it; written so that none runs what is in it. Pure."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from vision.price_tags.parsing import to_minor, unit_of
from workflows import sheets
from workflows.sheets import MOST_BYTES, BadCellError, Problem, as_meant, harmless, one_line

__all__ = ["MOST_BYTES", "Line", "Problem", "Table", "harmless", "read", "write"]

MOST_LINES: Final = 50_000
MOST_PROBLEMS: Final = 100
"""So many are told; who has more has another kind of file."""

COLUMNS: Final = ("sku", "barcode", "name_zh", "name_en", "price", "currency", "unit", "valid_from", "valid_to")
NEEDED: Final = ("sku", "price", "currency")
_ALSO: Final = {
    "货号": "sku", "商品编码": "sku", "编码": "sku",
    "条码": "barcode", "条形码": "barcode", "商品条码": "barcode", "ean": "barcode",
    "名称": "name_zh", "商品名称": "name_zh", "品名": "name_zh", "中文名": "name_zh",
    "name": "name_en", "英文名": "name_en",
    "价格": "price", "售价": "price", "零售价": "price", "单价": "price", "币种": "currency", "货币": "currency",
    "单位": "unit", "计价单位": "unit",
    "生效日期": "valid_from", "开始日期": "valid_from", "失效日期": "valid_to", "结束日期": "valid_to",
}  # fmt: skip


class Line(msgspec.Struct, frozen=True):
    """One article and its price."""

    sku: str
    barcode: str | None
    names: tuple[str, ...]
    minor: int
    currency: str
    unit: str | None = None
    quantity: float | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class Table(msgspec.Struct, frozen=True):
    """What a file holds. With problems nothing of it is to be used; `problem_count` counts those not told, too."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    problem_count: int


def read(content: bytes) -> Table:
    """Read a CSV file in UTF-8 or GB 18030, separated by commas, semicolons or tabs, as spreadsheets save it."""
    try:
        return _checked(sheets.rows(content))
    except BadCellError as error:
        return Table((), (Problem(0, error.reason),), 1)


def write(lines: Iterator[Line] | tuple[Line, ...]) -> str:
    """Return a CSV that `read` takes back; cells a spreadsheet would run as a formula begin with an apostrophe."""
    out = io.StringIO(newline="")
    out.write("\ufeff")  # or a spreadsheet takes it for another encoding
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for line in lines:
        zh, en = (*line.names, "", "")[:2]
        unit = "" if line.unit is None else f"{line.quantity or 1:g}{'pcs' if line.unit == 'each' else line.unit}"
        days = (day.isoformat() if day else "" for day in (line.valid_from, line.valid_to))
        price = f"{line.minor // 100}.{line.minor % 100:02}"
        cells = (line.sku, line.barcode or "", zh, en, price, line.currency, unit, *days)
        table.writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def _checked(rows: Iterator[tuple[int, list[str]]]) -> Table:
    columns = _columns(next(rows, (1, []))[1])
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, dt.date | None], int] = {}
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_LINES + 1:
            raise BadCellError(f"超过 {MOST_LINES} 行", f"More than {MOST_LINES} lines")
        try:
            line = _line(columns, cells)
            _new(seen, line, number)
            lines.append(line)
        except BadCellError as error:
            problems.append(Problem(number, error.reason))
    if not lines and not problems:
        raise BadCellError("文件中没有数据行", "There is no line of data in the file")
    return Table(() if problems else tuple(lines), tuple(problems[:MOST_PROBLEMS]), len(problems))


def _new(seen: dict[tuple[str, dt.date | None], int], line: Line, number: int) -> None:
    """An article stands once in a file, or once for each day its price begins."""
    first = seen.setdefault((line.sku, line.valid_from), number)
    if first != number:
        raise BadCellError(f"货号 {line.sku} 与第 {first} 行重复", f"{line.sku} stands in line {first}, too")


def _columns(heading: list[str]) -> dict[str, int]:
    names = [cell.strip().lower().replace(" ", "_") for cell in heading]
    columns = {_ALSO.get(name, name): place for place, name in reversed(list(enumerate(names)))}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        told = ", ".join(missing)
        raise BadCellError(f"首行缺少列: {told}", f"The heading lacks: {told}")
    return columns


def _line(columns: dict[str, int], cells: list[str]) -> Line:
    def cell(name: str) -> str:
        place = columns.get(name)
        return as_meant(cells[place]) if place is not None and place < len(cells) else ""

    currency = cell("currency").upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise BadCellError("币种应为三个字母, 如 CNY", "The currency has to be three letters, such as CNY")
    unit, quantity = _unit(cell("unit"))
    valid_from, valid_to = _day(cell("valid_from")), _day(cell("valid_to"))
    if valid_from and valid_to and valid_from > valid_to:
        raise BadCellError("失效日期早于生效日期", "It ends before it begins")
    names = tuple(
        dict.fromkeys(name for name in (one_line(cell("name_zh"), 200), one_line(cell("name_en"), 200)) if name)
    )
    return Line(
        _sku(cell("sku")), _barcode(cell("barcode")), names, _price(cell("price"), currency), currency, unit, quantity,
        valid_from, valid_to,
    )  # fmt: skip


def _sku(text: str) -> str:
    if not text:
        raise BadCellError("缺货号", "The SKU is missing")
    return one_line(text, 64)


def _barcode(text: str) -> str | None:
    digits = text.replace(" ", "")
    if digits and not re.fullmatch(r"\d{8,14}", digits):
        told = "条码应为 8 至 14 位数字 (表格软件可能改成了科学计数)"
        raise BadCellError(told, "A barcode has 8 to 14 digits (a spreadsheet may have made 6.9E+12 of it)")
    return digits or None


def _price(text: str, currency: str) -> int:
    minor = (
        to_minor(re.sub(r"^[¥￥£$€]\s*", "", text), currency) if re.fullmatch(r"[¥￥£$€]?\s*[\d., ]+", text) else None
    )
    if minor is None:
        raise BadCellError(f"价格 “{text[:20]}” 无法识别", f"“{text[:20]}” is no price")
    return minor


def _unit(text: str) -> tuple[str | None, float | None]:
    if not text:
        return None, None
    unit = unit_of(text)
    if unit is None:
        raise BadCellError(f"单位 “{text[:20]}” 无法识别", f"“{text[:20]}” is no unit known here")
    return unit


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    match = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text)
    try:
        if match:
            return dt.date(*(int(part) for part in match.groups()))
    except ValueError:
        pass
    raise BadCellError(f"日期 “{text[:20]}” 应如 2026-11-30", f"“{text[:20]}” is no date such as 2026-11-30")
