"""Checkpoints: the measurable standards of the library, in the 12 dimensions."""

from typing import Annotated, Literal

import msgspec

from checklists.kinds import AnswerKind
from core.text import Text

DIMENSIONS = (
    "image",
    "display",
    "availability",
    "promotion",
    "pricing",
    "hygiene",
    "service",
    "staff",
    "inventory",
    "freshness",
    "equipment",
    "safety",
)
"""The 12 dimensions, in the order in which people see them everywhere."""

Severity = Literal["minor", "major", "critical"]
Evidence = Literal["none", "photo", "reading"]
"""What goes with an answer: nothing, a photo, or a photo that the detector reads."""

Weight = Annotated[int, msgspec.Meta(ge=1, le=100)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How supervisors speak of a checkpoint in a voice note: nouns and wordings of the problem, lower case."""

    zh: tuple[str, ...]
    en: tuple[str, ...]


class Dimension(msgspec.Struct, frozen=True):
    """One of the 12 sides of a store, with one line on what it is for."""

    code: str
    title: Text
    purpose: Text


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One standard that two inspectors judge the same.

    `sees` names what a photo can find against it ("gap"): the photo fails the checkpoint when the measured share
    (`oos_rate`) is above `limit`. `na_allowed` tells whether "not applicable" may be answered.
    """

    code: str
    dimension: str
    title: Text
    standard: Text
    check: Text
    fix: Text
    severity: Severity
    weight: Weight
    evidence: Evidence
    answer: AnswerKind
    words: Words
    sees: Literal["gap"] | None = None
    limit: Share | None = None
    na_allowed: bool = True


class Library(msgspec.Struct, frozen=True):
    """Every checkpoint and dimension, by code, in the order of the dimensions."""

    dimensions: dict[str, Dimension]
    checkpoints: dict[str, Checkpoint]

    def of(self, dimension: str) -> tuple[Checkpoint, ...]:
        """Return the checkpoints of one dimension."""
        return tuple(c for c in self.checkpoints.values() if c.dimension == dimension)

    def seeing(self, what: Literal["gap"]) -> tuple[Checkpoint, ...]:
        """Return the checkpoints against which a photo can find `what`."""
        return tuple(c for c in self.checkpoints.values() if c.sees == what)
