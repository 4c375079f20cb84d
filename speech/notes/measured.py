"""A value that was said, held against the limits of its checkpoint."""

import re

import msgspec

from speech.notes.lexicon import Limits
from speech.notes.model import Polarity, Value
from speech.notes.values import Found

_BELOW = re.compile(r"(?:不到|(?<!不)低于|不足|below|under|less than)\s*$")
_ABOVE = re.compile(r"(?:超过|(?<!不)高于|(?<!不)大于|above|over|more than)\s*$")


class Measured(msgspec.Struct, frozen=True):
    """What the limits say; `assumed_sign` where "the freezer is at eighteen" was taken to mean below zero."""

    polarity: Polarity
    value: Value
    assumed_sign: bool


def by_limits(text: str, found: Found, limits: Limits) -> Measured:
    """Judge a value of plain text, with the "over" or "under" beside it; its unit is that of the limits."""
    number = found.value.number
    assumed_sign = limits.max is not None and limits.max < 0 and number >= 10
    if assumed_sign:
        number = -number
    held = number
    if _BELOW.search(text[: found.start]) or text.startswith("以下", found.end):
        held -= 0.01
    elif _ABOVE.search(text[: found.start]) or text.startswith("以上", found.end):
        held += 0.01
    polarity: Polarity = "ok" if limits.allow(held) else "problem"
    return Measured(polarity, Value(number, found.value.unit), assumed_sign)
