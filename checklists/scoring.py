"""The score of a visit, 0 to 100. Pure, exact, and the same for the same answers in any order.

The rule, which HQ can defend to a store:

1. An answered item earns its weight times its credit: all or nothing, but for a scale, which earns points / max.
2. A dimension's score, and the total, is the weight earned over the weight asked, times 100, of the answered items.
   "Not applicable" and unanswered items count on neither side; where nothing is left the score is None, not 0.
3. A failed critical item caps its dimension at `DIMENSION_CAP` and the total at `TOTAL_CAP`, however good the rest is.

Answering better therefore never lowers a score: credit and the absence of a cap only grow.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from checklists.answers import Answer, check_answers, credit, is_failed, refuse
from checklists.checkpoint import DIMENSIONS
from checklists.item import Item

DIMENSION_CAP = 40
TOTAL_CAP = 60
DECIMALS = 1


class ItemScore(msgspec.Struct, frozen=True):
    """What one item contributed; `credit` is None when it did not count."""

    item_id: str
    checkpoint: str
    dimension: str
    weight: int
    credit: float | None
    failed: bool
    critical: bool


class DimensionScore(msgspec.Struct, frozen=True):
    """One dimension of a visit; `earned` is its score before the cap, and both are None when no item of it counted."""

    dimension: str
    score: float | None
    earned: float | None
    answered: int
    failed: int


class VisitScore(msgspec.Struct, frozen=True):
    """A visit's score, one decimal, with what it is made of, in the order of the items and of the dimensions.

    `earned` is the total before the cap: where it is higher, the `critical_failures` are why.
    """

    total: float | None
    earned: float | None
    dimensions: tuple[DimensionScore, ...]
    items: tuple[ItemScore, ...]
    failed: tuple[str, ...]
    critical_failures: tuple[str, ...]


class _Counted(msgspec.Struct, frozen=True):
    """An item with the exact credit it earned."""

    item: Item
    credit: Fraction | None = None
    failed: bool = False


def score_visit(items: Iterable[Item], answers: Iterable[Answer]) -> VisitScore:
    """Score the answers of a visit, complete or not.

    Raises:
        Invalid: an answer to an item that is not there, two for one item, or a value that is no answer.

    """
    asked, given = tuple(items), tuple(answers)
    refuse(check_answers(asked, given, complete=False))
    by_item = {answer.item_id: answer for answer in given}
    counted = tuple(_count(item, by_item.get(item.id)) for item in asked)
    present = {item.dimension for item in asked}
    failed = tuple(c.item for c in counted if c.failed)
    total, earned = _score(counted, TOTAL_CAP)
    return VisitScore(
        total=total,
        earned=earned,
        dimensions=tuple(_dimension(d, counted) for d in DIMENSIONS if d in present),
        items=tuple(_item_score(c) for c in counted),
        failed=tuple(item.id for item in failed),
        critical_failures=tuple(item.id for item in failed if item.severity == "critical"),
    )


def _count(item: Item, answer: Answer | None) -> _Counted:
    if answer is None or answer.not_applicable or answer.value is None:
        return _Counted(item)
    return _Counted(item, credit(item, answer.value), is_failed(item, answer.value))


def _score(counted: Sequence[_Counted], cap: int) -> tuple[float | None, float | None]:
    """Return the weighted score of those that counted, capped and not; fractions make it independent of their order."""
    shares = [(c.item.weight, c.credit) for c in counted if c.credit is not None]
    if not shares:
        return None, None
    earned = 100 * sum((weight * share for weight, share in shares), Fraction()) / sum(weight for weight, _ in shares)
    capped = any(c.failed and c.item.severity == "critical" for c in counted)
    score = min(earned, Fraction(cap)) if capped else earned
    return float(round(score, DECIMALS)), float(round(earned, DECIMALS))


def _dimension(dimension: str, counted: tuple[_Counted, ...]) -> DimensionScore:
    here = [c for c in counted if c.item.dimension == dimension]
    score, earned = _score(here, DIMENSION_CAP)
    return DimensionScore(
        dimension=dimension,
        score=score,
        earned=earned,
        answered=sum(c.credit is not None for c in here),
        failed=sum(c.failed for c in here),
    )


def _item_score(counted: _Counted) -> ItemScore:
    item = counted.item
    return ItemScore(
        item_id=item.id,
        checkpoint=item.checkpoint,
        dimension=item.dimension,
        weight=item.weight,
        credit=None if counted.credit is None else float(counted.credit),
        failed=counted.failed,
        critical=item.severity == "critical",
    )
