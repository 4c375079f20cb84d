"""A vocabulary as a CSV file: kind, term, and any number of aliases. Pure."""

from typing import Final

import msgspec

from speech.notes.plain import plain
from speech.vocabulary import KINDS, Kind, Term
from workflows.sheets import MOST_BYTES, BadCellError, Problem, as_meant, one_line, rows

__all__ = ["LONGEST", "MOST_ALIASES", "MOST_BYTES", "MOST_TERMS", "Table", "checked", "read"]

MOST_TERMS: Final = 20_000
MOST_ALIASES: Final = 8
LONGEST: Final = 60
"""Characters of a term."""
_MOST_PROBLEMS: Final = 100
_HEADINGS: Final = ("kind", "类别", "种类", "类型")
_KINDS: Final[dict[str, Kind]] = {
    **{kind: kind for kind in KINDS},
    "产品": "product", "商品": "product", "品牌": "brand", "设备": "fixture", "陈列道具": "fixture",
    "门店": "store",
}  # fmt: skip


class Table(msgspec.Struct, frozen=True):
    """What a file holds. With problems nothing of it is to be used; `problem_count` counts those not told, too."""

    terms: tuple[Term, ...]
    problems: tuple[Problem, ...]
    problem_count: int


def read(content: bytes) -> Table:
    """Read a CSV file, with or without a heading; the first cell of a heading is "kind" or "类别"."""
    try:
        return _checked([(number, [as_meant(cell) for cell in cells]) for number, cells in rows(content)])
    except BadCellError as error:
        return Table((), (Problem(0, error.reason),), 1)


def checked(term: Term) -> Term:
    """Return a term as it is kept: no blanks around, no alias twice or the same as the term.

    Raises:
        BadCellError: it cannot be told from other sounds, or is too long.

    """
    text = _worded(term.text)
    aliases = {plain(alias): alias for alias in map(_worded, reversed(term.aliases))}
    aliases.pop(plain(text), None)
    if len(aliases) > MOST_ALIASES:
        raise BadCellError(f"别名超过 {MOST_ALIASES} 个", f"More than {MOST_ALIASES} aliases")
    return Term(term.kind, text, tuple(reversed(aliases.values())))


def _checked(lines: list[tuple[int, list[str]]]) -> Table:
    if lines and lines[0][1] and lines[0][1][0].lower() in _HEADINGS:
        lines = lines[1:]
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if not lines:
        raise BadCellError("文件中没有词", "There is no term in the file")
    if len(lines) > MOST_TERMS:
        raise BadCellError(f"超过 {MOST_TERMS} 个词", f"More than {MOST_TERMS} terms")
    terms: list[Term] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, cells in lines:
        try:
            terms.append(_new(seen, _term(cells), number))
        except BadCellError as error:
            problems.append(Problem(number, error.reason))
    return Table(() if problems else tuple(terms), tuple(problems[:_MOST_PROBLEMS]), len(problems))


def _new(seen: dict[str, int], term: Term, number: int) -> Term:
    first = seen.setdefault(plain(term.text), number)
    if first != number:
        raise BadCellError(f"与第 {first} 行重复", f"It stands in line {first}, too")
    return term


def _term(cells: list[str]) -> Term:
    kind = _KINDS.get(cells[0].lower())
    if kind is None:
        told = ", ".join(KINDS)
        raise BadCellError(f"类别 “{cells[0][:20]}” 应为 {told} 之一", f"“{cells[0][:20]}” is no kind; use {told}")
    return checked(Term(kind, cells[1] if len(cells) > 1 else "", tuple(cell for cell in cells[2:] if cell)))


def _worded(text: str) -> str:
    text = " ".join(one_line(text.strip(), LONGEST).split())
    if not text:
        raise BadCellError("缺词", "The term is missing")
    if sum(character.isalnum() for character in text) < 2:
        raise BadCellError(f"“{text}” 太短", f"“{text}” is too short to be told from other sounds")
    return text
