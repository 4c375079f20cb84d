"""Which statement of a corrected text is which of the texts before. Pure.

A statement is the same as long as it says the same (problem or fine) of the same checkpoint in the same stretch of the
text, whatever was put right in its words; or in the same words, wherever they were moved.
"""

import uuid
from collections.abc import Iterable
from typing import Protocol

import msgspec
from rapidfuzz.distance import Levenshtein

from workflows.notes.alignment import Span, carried

SAME_STRETCH = 0.5
"""A statement is where another was if they share this part of the shorter one."""
SAME_WORDS = 0.75
"""Words are the same but for a slip of spelling from this similarity on (0 to 1)."""


class Statement(Protocol):
    """What tells one statement from another."""

    @property
    def checkpoint(self) -> str:
        """Return its checkpoint's code."""

    @property
    def polarity(self) -> str:
        """Return "problem" or "ok"."""

    @property
    def span(self) -> Span:
        """Return its characters in its text."""

    @property
    def said(self) -> str:
        """Return its words."""


class Known(msgspec.Struct, frozen=True):
    """A statement where it was last seen: in `text`, the `reading`th that was read."""

    id: uuid.UUID
    reading: int
    text: str
    statement: Statement


def same_statements(known: Iterable[Known], text: str, found: tuple[Statement, ...]) -> dict[int, uuid.UUID]:
    """Return which of the statements found in `text` (by their index) are known ones; each is at most one.

    The same words go before the same stretch, what was seen lately before what was seen long ago.
    """
    pairs = []
    for one in known:
        for index, statement in enumerate(found):
            if (one.statement.checkpoint, one.statement.polarity) != (statement.checkpoint, statement.polarity):
                continue
            words = one.statement.said == statement.said
            share = _shared(carried(one.text, text, one.statement.span), statement.span)
            if words or share >= SAME_STRETCH:
                pairs.append((words, share, one.reading, -index, one.id))
    same: dict[int, uuid.UUID] = {}
    for *_, index, id_ in sorted(pairs, reverse=True):
        if -index not in same and id_ not in same.values():
            same[-index] = id_
    return same


def same_words(one: str, other: str) -> bool:
    """Tell whether two statements are the same words, but for a slip of spelling."""
    return Levenshtein.normalized_similarity(one, other) >= SAME_WORDS


def _shared(one: Span, other: Span) -> float:
    shorter = min(one[1] - one[0], other[1] - other[0])
    both = min(one[1], other[1]) - max(one[0], other[0])
    return both / shorter if shorter > 0 else 0.0
