"""What an issue is about: the product, the brand or the promotion material that a note names."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec

from speech.notes.model import NoteIssue
from speech.notes.places import places
from speech.notes.plain import plain

_WORDS = Path(__file__).with_name("goods.toml")
Span = tuple[int, int]


class Names(Protocol):
    """A company's own products and brands."""

    def spans(self, text: str) -> Sequence[Span]:
        """Return where they stand in a plain text."""


_ABOUT_GOODS = frozenset({"availability", "display", "promotion", "pricing", "freshness", "inventory"})
"""Dimensions whose issues are about goods: the soap that a washroom lacks, the bread of a complaint are none."""
_CAPITALISED = re.compile(r"(?:[A-Z][\w'&-]*\s)+$")


class _Words(msgspec.Struct, frozen=True):
    """Kinds of goods, and of material, as patterns over plain text; group `named` is what is named."""

    goods: tuple[re.Pattern[str], ...]
    material: tuple[re.Pattern[str], ...]


def with_goods(issues: Iterable[NoteIssue], text: str, own: Names | None = None) -> tuple[NoteIssue, ...]:
    """Return the issues of a note with `what` filled in where their words name something and it is not known yet.

    `own` are the company's products and brands, which go before kinds of goods; what promotions are about may be
    material too. A name that is part of a place ("the yoghurt fridge") is none.
    """
    simple = plain(text)
    inside = [(place.start, place.end) for place in places(simple)]

    def outside(spans: Iterable[Span]) -> list[Span]:
        return sorted((s for s in spans if not _within(s, inside)), key=lambda span: (span[0], -span[1]))

    words = _words()
    ours = outside(own.spans(simple) if own else ())
    goods = outside(_with_brand(text, span) for span in _found(words.goods, simple))
    material = outside([*goods, *_found(words.material, simple)])

    def what(issue: NoteIssue) -> str | None:
        if issue.what or issue.dimension not in _ABOUT_GOODS:
            return issue.what or _first(text, issue.span, ours)
        return _first(text, issue.span, ours, material if issue.dimension == "promotion" else goods)

    return tuple(msgspec.structs.replace(issue, what=what(issue)) for issue in issues)


def _first(text: str, span: Span, *choices: Sequence[Span]) -> str | None:
    here = (text[start:end] for some in choices for start, end in some if span[0] <= start and end <= span[1])
    return next(here, None)


def _within(span: Span, others: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _found(patterns: Iterable[re.Pattern[str]], simple: str) -> list[Span]:
    return [match.span("named") for pattern in patterns for match in pattern.finditer(simple)]


def _with_brand(text: str, span: Span) -> Span:
    """Take in the name before a kind of goods: "Oatlark biscuits"; one first word of a sentence is no name."""
    before = _CAPITALISED.search(text, 0, span[0])
    if before is None:
        return span
    begins = not text[: before.start()].strip() or text[: before.start()].rstrip()[-1] in ".!?。！？"
    return (before.start(), span[1]) if not begins or len(before.group().split()) > 1 else span


@lru_cache(maxsize=1)
def _words() -> _Words:
    said = tomllib.loads(_WORDS.read_text("utf-8"))
    lists = {key: _any(re.split(r",\s+" if "," in text else r"\s+", text.strip())) for key, text in said.items()}

    def chinese(heads: str) -> re.Pattern[str]:
        return re.compile(rf"(?P<named>(?:{lists['chinese_before']})*(?:{lists[heads]}))(?!{lists['chinese_place']})")

    def english(heads: str) -> re.Pattern[str]:
        before, after = lists["english_before"], lists["english_place"]
        return re.compile(rf"\b(?P<named>(?:(?:{before}) )?(?:{lists[heads]})(?:e?s)?)\b(?!\s(?:{after})s?\b)")

    return _Words((chinese("chinese"), english("english")), (chinese("chinese_material"), english("english_material")))


def _any(words: Iterable[str]) -> str:
    longest_first = sorted({plain(" ".join(word.split())) for word in words}, key=len, reverse=True)
    return "|".join(map(re.escape, longest_first))
