"""A price list as a CSV file, as spreadsheets write it; written so that none runs what is in it. Pure."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from core.text import Text
from vision.price_tags.parsing import to_minor, unit_of

MOST_LINES: Final = 50_000
MOST_BYTES: Final = 8 * 1024 * 1024
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
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


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


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a line of the file, counted from 1 with the heading; 0 is the file itself."""

    line: int
    reason: Text


class Table(msgspec.Struct, frozen=True):
    """What a file holds. With problems nothing of it is to be used; `problem_count` counts those not told, too."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    problem_count: int


class _BadCellError(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh, en)


def read(content: bytes) -> Table:
    """Read a CSV file in UTF-8 or GB 18030, separated by commas, semicolons or tabs, as spreadsheets save it."""
    try:
        text = _decoded(content)
        dialect = _separator(text)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True)
        return _checked(_numbered(rows))
    except _BadCellError as error:
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


def harmless(cell: str) -> str:
    """Return the cell as text for a spreadsheet: what begins like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _BadCellError("文件超过 8 MB", "The file has more than 8 MB")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise _BadCellError("不是 CSV 文本文件; 请在表格软件中另存为 CSV", "This is no CSV text; save the table as CSV")


def _separator(text: str) -> str:
    heading = text.split("\n", 1)[0]
    return max(",;\t", key=heading.count)


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(rows, start=1):
            yield number, cells
    except csv.Error as error:
        raise _BadCellError(f"第 {number + 1} 行的引号不成对", f"Line {number + 1}: {error}") from error


def _checked(rows: Iterator[tuple[int, list[str]]]) -> Table:
    columns = _columns(next(rows, (1, []))[1])
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, dt.date | None], int] = {}
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_LINES + 1:
            raise _BadCellError(f"超过 {MOST_LINES} 行", f"More than {MOST_LINES} lines")
        try:
            line = _line(columns, cells)
            _new(seen, line, number)
            lines.append(line)
        except _BadCellError as error:
            problems.append(Problem(number, error.reason))
    if not lines and not problems:
        raise _BadCellError("文件中没有数据行", "There is no line of data in the file")
    return Table(() if problems else tuple(lines), tuple(problems[:MOST_PROBLEMS]), len(problems))


def _new(seen: dict[tuple[str, dt.date | None], int], line: Line, number: int) -> None:
    """An article stands once in a file, or once for each day its price begins."""
    first = seen.setdefault((line.sku, line.valid_from), number)
    if first != number:
        raise _BadCellError(f"货号 {line.sku} 与第 {first} 行重复", f"{line.sku} stands in line {first}, too")


def _columns(heading: list[str]) -> dict[str, int]:
    names = [cell.strip().lower().replace(" ", "_") for cell in heading]
    columns = {_ALSO.get(name, name): place for place, name in reversed(list(enumerate(names)))}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        told = ", ".join(missing)
        raise _BadCellError(f"首行缺少列: {told}", f"The heading lacks: {told}")
    return columns


def _line(columns: dict[str, int], cells: list[str]) -> Line:
    def cell(name: str) -> str:
        place = columns.get(name)
        text = cells[place].strip() if place is not None and place < len(cells) else ""
        return text[1:] if text[:1] == "'" and text[1:].startswith(_DANGEROUS) else text

    currency = cell("currency").upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise _BadCellError("币种应为三个字母, 如 CNY", "The currency has to be three letters, such as CNY")
    unit, quantity = _unit(cell("unit"))
    valid_from, valid_to = _day(cell("valid_from")), _day(cell("valid_to"))
    if valid_from and valid_to and valid_from > valid_to:
        raise _BadCellError("失效日期早于生效日期", "It ends before it begins")
    names = tuple(dict.fromkeys(name for name in (_text(cell("name_zh"), 200), _text(cell("name_en"), 200)) if name))
    return Line(
        _sku(cell("sku")), _barcode(cell("barcode")), names, _price(cell("price"), currency), currency, unit, quantity,
        valid_from, valid_to,
    )  # fmt: skip


def _sku(text: str) -> str:
    if not text:
        raise _BadCellError("缺货号", "The SKU is missing")
    return _text(text, 64)


def _text(text: str, most: int) -> str:
    if len(text) > most:
        raise _BadCellError(f"文字超过 {most} 个字", f"Longer than {most} characters")
    if any(ord(char) < 32 for char in text):
        raise _BadCellError("含有控制字符", "There are control characters in it")
    return text


def _barcode(text: str) -> str | None:
    digits = text.replace(" ", "")
    if digits and not re.fullmatch(r"\d{8,14}", digits):
        told = "条码应为 8 至 14 位数字 (表格软件可能改成了科学计数)"
        raise _BadCellError(told, "A barcode has 8 to 14 digits (a spreadsheet may have made 6.9E+12 of it)")
    return digits or None


def _price(text: str, currency: str) -> int:
    minor = (
        to_minor(re.sub(r"^[¥￥£$€]\s*", "", text), currency) if re.fullmatch(r"[¥￥£$€]?\s*[\d., ]+", text) else None
    )
    if minor is None:
        raise _BadCellError(f"价格 “{text[:20]}” 无法识别", f"“{text[:20]}” is no price")
    return minor


def _unit(text: str) -> tuple[str | None, float | None]:
    if not text:
        return None, None
    unit = unit_of(text)
    if unit is None:
        raise _BadCellError(f"单位 “{text[:20]}” 无法识别", f"“{text[:20]}” is no unit known here")
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
    raise _BadCellError(f"日期 “{text[:20]}” 应如 2026-11-30", f"“{text[:20]}” is no date such as 2026-11-30")
