"""What is found in a note."""

from typing import Literal

import msgspec

Polarity = Literal["problem", "ok"]
Severity = Literal["minor", "major", "critical"]


LONGEST_NOTE = 12_000
"""Characters of a note's text, heard or typed; ten minutes of fast English are 10,000."""


class Value(msgspec.Struct, frozen=True):
    """A number that was said, with its unit: "°C", "days", "hours", "s", "cm", "m", "%", "yuan" or "" for a count."""

    number: float
    unit: str


class NoteIssue(msgspec.Struct, frozen=True):
    """One statement about one checkpoint; `span` are the characters of the text that say so.

    `where` and `what` (a product, a brand, a piece of material) are words of the text, as they were said.
    """

    checkpoint: str
    dimension: str
    polarity: Polarity
    severity: Severity
    span: tuple[int, int]
    where: str | None
    value: Value | None
    confidence: float
    what: str | None = None


class Understood(msgspec.Struct, frozen=True):
    """What a reader found in a note, and who that was: its name and version, as it is kept beside the findings."""

    by: str
    issues: tuple[NoteIssue, ...]
