"""Ordinary words: what people say every day is not a product misheard.

`common_zh.txt` holds words of two to four characters, `common_en.txt` words of two letters and more, the most usual
first. Where they come from: `docs/adr/0008-ordinary-words-are-shipped.md`.
"""

import math
from functools import cache
from importlib import resources
from typing import Final

_LONGEST: Final = 4
_ALONE: Final = 12.0
"""What a character costs that stands by itself, against the logarithm of a word's rank."""


@cache
def common_zh() -> dict[str, int]:
    """Return Chinese words with their rank, 0 the most usual."""
    return _read("common_zh.txt")


@cache
def common_en() -> dict[str, int]:
    """Return English words in lower case with their rank, 0 the most usual."""
    return _read("common_en.txt")


def _read(name: str) -> dict[str, int]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return {word: rank for rank, word in enumerate(text.split())}


def words_in(run: str) -> tuple[tuple[int, int], ...]:
    """Return where the words of two characters and more stand in Chinese without marks, cut in the likeliest way."""
    known = common_zh()
    best = [0.0] + [math.inf] * len(run)
    begin = [0] * (len(run) + 1)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - _LONGEST), end):
            piece = run[start:end]
            cost = _ALONE if end - start == 1 else math.log(known[piece] + 20) if piece in known else math.inf
            if best[start] + cost < best[end]:
                best[end], begin[end] = best[start] + cost, start
    found, end = [], len(run)
    while end > 0:
        if end - begin[end] > 1:
            found.append((begin[end], end))
        end = begin[end]
    return tuple(reversed(found))


def tiled(run: str, start: int, end: int, terms: frozenset[tuple[int, int]]) -> bool:
    """Tell whether `start` to `end` may be nothing but ordinary words and terms, which may reach beyond either end."""
    known = common_zh()

    def ends_of(place: int) -> set[int]:
        ends = {place + size for size in range(2, _LONGEST + 1) if run[place : place + size] in known}
        return ends | {last for first, last in terms if first == place}

    reach = {last for first in range(max(0, start - 8), start + 1) for last in ends_of(first) if last > start}
    seen: set[int] = set()
    while reach:
        place = reach.pop()
        if place >= end:
            return True
        if place not in seen:
            seen.add(place)
            reach |= ends_of(place)
    return False
