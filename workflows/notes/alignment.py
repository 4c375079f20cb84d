"""Where the characters of one version of a text stand in another. Pure."""

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

Span = tuple[int, int]


def carried(before: str, after: str, span: Span) -> Span:
    """Return which characters of `after` the characters `span` of `before` became, by the fewest changes.

    What was added at its edges is not of it. Empty where all of it was taken out; in rewritten stretches it is the
    same share of the way.
    """
    start = _start(before, after, span[0])
    return start, max(start, _end(before, after, span[1]))


def _start(before: str, after: str, at: int) -> int:
    for first, end, after_first, after_end in _changes(before, after):
        if first <= at < end:
            return after_first + round((at - first) / (end - first) * (after_end - after_first))
    return len(after)


def _end(before: str, after: str, at: int) -> int:
    for first, end, after_first, after_end in _changes(before, after):
        if first < at <= end:
            return after_first + round((at - first) / (end - first) * (after_end - after_first))
    return 0


@lru_cache(maxsize=64)
def _changes(before: str, after: str) -> Sequence[tuple[int, int, int, int]]:
    """Return which stretch became which; once for all statements of a note, because it costs with their length."""
    return [(one.src_start, one.src_end, one.dest_start, one.dest_end) for one in Levenshtein.opcodes(before, after)]
