"""CSV files as spreadsheets save them, read and written so that none runs what is in a cell. Pure."""

import csv
import io
from collections.abc import Iterator
from typing import Final

import msgspec

from core.text import Text

MOST_BYTES: Final = 8 * 1024 * 1024
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a line of a file, counted from 1 with the heading; 0 is the file itself."""

    line: int
    reason: Text


class BadCellError(Exception):
    """A cell, line or file cannot be right, and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh, en)


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the numbered lines of a file in UTF-8 or GB 18030, separated by commas, semicolons or tabs.

    Raises:
        BadCellError: it is no such file.

    """
    text = _decoded(content)
    heading = text.split("\n", 1)[0]
    separator = max(",;\t", key=heading.count)
    return _numbered(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def harmless(cell: str) -> str:
    """Return the cell as text for a spreadsheet: what begins like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def as_meant(cell: str) -> str:
    """Return what a cell says, without blanks around it and without the apostrophe of `harmless`."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(DANGEROUS) else text


def one_line(text: str, most: int) -> str:
    """Return the text of a cell that is not too long and has no control characters.

    Raises:
        BadCellError: it is, or has.

    """
    if len(text) > most:
        raise BadCellError(f"文字超过 {most} 个字", f"Longer than {most} characters")
    if any(ord(char) < 32 for char in text):
        raise BadCellError("含有控制字符", "There are control characters in it")
    return text


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise BadCellError("文件超过 8 MB", "The file has more than 8 MB")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise BadCellError("不是 CSV 文本文件; 请在表格软件中另存为 CSV", "This is no CSV text; save the table as CSV")


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(lines, start=1):
            yield number, cells
    except csv.Error as error:
        raise BadCellError(f"第 {number + 1} 行的引号不成对", f"Line {number + 1}: {error}") from error
