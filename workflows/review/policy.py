"""Open an issue, ask a person, or drop: what follows from the gaps of one photo. Pure: no I/O.

A gap's score is a probability: of gaps that score 0.8, 8 in 10 are real. Two thresholds of the company divide them into
confident, doubtful and dropped ones. What counts is the share of the shelf that is empty: an issue opens by itself when
the confident gaps alone exceed the checkpoint's limit; a person is asked when it depends on the doubtful ones. Where no
row was seen there is no share: nothing opens by itself, and a gap worth a question is asked about.
"""

import hashlib
import math
import uuid
from typing import Literal

import msgspec

from core.errors import Invalid
from core.text import Text
from vision import quality
from vision.geometry import Box, Span, same_slot
from vision.shelf import Gap, Row, ShelfReading, oos_rate, place_gaps

Outcome = Literal["open", "ask", "drop"]
Verdict = Literal["gap", "not_gap", "adjusted", "missed"]

BANDS = 10
"""The scores from 0 to 1 are reported in so many bands of equal width."""
SMALLEST_SIDE = 4
"""Pixels of the full photo: a smaller box is a slip of the finger."""


class Thresholds(msgspec.Struct, frozen=True):
    """From which score on a gap is worth a question, and from which it needs none; `sample` of those is asked, too."""

    ask_from: float = 0.3
    open_from: float = 0.6
    sample: float = 0.02


DEFAULT = Thresholds()


def check_thresholds(thresholds: Thresholds) -> None:
    """Return when the thresholds make sense.

    Raises:
        Invalid: one is no share, or questions would begin above the score that needs none.

    """
    values = (thresholds.ask_from, thresholds.open_from, thresholds.sample)
    if not all(0 <= value <= 1 for value in values) or thresholds.ask_from > thresholds.open_from:
        raise Invalid(
            "review.thresholds",
            Text(
                "须满足 0 ≤ 询问起点 ≤ 自动开单起点 ≤ 1, 抽查比例在 0 与 1 之间",
                "It must be 0 ≤ ask_from ≤ open_from ≤ 1, and the sample between 0 and 1",
            ),
        )


class Ruling(msgspec.Struct, frozen=True):
    """What follows for one photo: `sure_rate` by the confident gaps alone, `possible_rate` with the doubtful ones.

    The tuples hold positions in the reading's gaps.
    """

    outcome: Outcome
    sure_rate: float | None
    possible_rate: float | None
    confident: tuple[int, ...]
    doubtful: tuple[int, ...]


def rule(reading: ShelfReading, limit: float, by: Thresholds) -> Ruling:
    """Return what follows from a reading, for a checkpoint that allows a share of `limit` to be empty.

    On a photo of a quality that gaps cannot be told by (`quality.doubtful`), and on one without a row in view, none of
    them is confident, whatever its score: a person decides.
    """
    gaps, rows, rate = reading.gaps, reading.rows, reading.oos_rate
    open_from = math.inf if rate is None or quality.doubtful(reading.quality) else by.open_from
    confident = tuple(i for i, gap in enumerate(gaps) if gap.score >= open_from)
    doubtful = tuple(i for i, gap in enumerate(gaps) if by.ask_from <= gap.score < open_from)
    if rate is None:
        return Ruling("ask" if doubtful else "drop", None, None, confident, doubtful)
    sure = _rate(gaps, rows, rate, confident)
    possible = _rate(gaps, rows, rate, (*confident, *doubtful))
    outcome: Outcome = "open" if sure > limit else "ask" if possible > limit else "drop"
    return Ruling(outcome, sure, possible, confident, doubtful)


def _rate(gaps: tuple[Gap, ...], rows: tuple[Row, ...], rate: float, chosen: tuple[int, ...]) -> float:
    if len(chosen) == len(gaps):
        return rate
    return oos_rate(tuple(gaps[i] for i in sorted(chosen)), rows) or 0.0


def sampled(photo_id: uuid.UUID, share: float) -> bool:
    """Tell whether this photo is one of the `share` that is asked all the same; always the same answer."""
    draw = int.from_bytes(hashlib.sha256(b"review sample" + photo_id.bytes).digest()[:8], "big")
    return draw < share * 2**64


class Mark(msgspec.Struct, frozen=True):
    """A gap as it is shown to a reviewer: `asked` ones need an answer, the others are there for orientation."""

    box: Box
    score: float
    row: int | None
    asked: bool
    span: Span | None = None


class BoxAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of one box: of the mark at `index`, or, without one, that a gap was missed at `box`."""

    verdict: Verdict
    index: int | None = None
    box: Box | None = None


class Given(msgspec.Struct, frozen=True):
    """A whole answer; `complete`: every gap of the photo is marked now, so that it can teach a detector."""

    boxes: tuple[BoxAnswer, ...] = ()
    no_shelf: bool = False
    complete: bool = False


def check_answer(marks: tuple[Mark, ...], size: tuple[int, int], given: Given) -> None:
    """Return when an answer fits what was asked.

    Raises:
        Invalid: `review.answer`, naming the first thing that does not fit.

    """
    answered = [answer.index for answer in given.boxes if answer.index is not None]
    if given.no_shelf:
        _need(not given.boxes, "没有货架的照片不能再标空位", "A photo without a shelf has no boxes to answer")
        return
    _need(len(answered) == len(set(answered)), "同一处答了两次", "One box is answered twice")
    for answer in given.boxes:
        _check_box(marks, size, answer)
    asked = {index for index, mark in enumerate(marks) if mark.asked}
    _need(asked <= set(answered), "还有空位未回答", "Some boxes are not answered yet")


def _check_box(marks: tuple[Mark, ...], size: tuple[int, int], answer: BoxAnswer) -> None:
    drawn = answer.verdict in ("adjusted", "missed")
    _need((answer.index is None) == (answer.verdict == "missed"), "漏标与编号不符", "Only a missed gap has no number")
    _need(
        drawn == (answer.box is not None), "框与判断不符", "A box goes with an adjusted or missed gap, and only there"
    )
    _need(
        answer.index is None or 0 <= answer.index < len(marks), "没有这个编号的空位", "There is no box of this number"
    )
    if answer.box is not None:
        x0, y0, x1, y1 = answer.box
        inside = min(x0, y0) >= 0 and x1 <= size[0] and y1 <= size[1]
        _need(inside, "框超出照片", "A box lies outside the photo")
        _need(x1 - x0 >= SMALLEST_SIDE and y1 - y0 >= SMALLEST_SIDE, "框太小", "A box is too small to be meant")


def _need(fits: bool, zh: str, en: str) -> None:
    if not fits:
        raise Invalid("review.answer", Text(zh, en))


class Judged(msgspec.Struct, frozen=True):
    """The gaps of a photo as a person left them, and the share of the shelf they make."""

    gaps: tuple[Gap, ...]
    rate: float | None

    def exceeds(self, limit: float) -> bool:
        """Tell whether more than a share of `limit` is empty; where no share can be told, whether anything is."""
        return bool(self.gaps) if self.rate is None else self.rate > limit


def judged(marks: tuple[Mark, ...], rows: tuple[Row, ...], given: Given, open_from: float) -> Judged:
    """Return what is true of a photo after the answer.

    A mark that was not asked and not touched stays what the model made of it: a gap when it was confident.
    """
    if given.no_shelf:
        return Judged((), None)
    said = {answer.index: answer for answer in given.boxes if answer.index is not None}
    kept: list[Gap] = []
    drawn = [(answer.box, 1.0) for answer in given.boxes if answer.index is None and answer.box]
    for index, mark in enumerate(marks):
        answer = said.get(index)
        if answer is not None and answer.box is not None:
            drawn.append((answer.box, 1.0))
        elif mark.score >= open_from if answer is None else answer.verdict == "gap":
            # Where the reader saw it along its row: on an oblique photo the box alone does not tell.
            kept.append(Gap(mark.box, 1.0 if answer else mark.score, mark.row, mark.span))
    gaps = tuple(sorted((*kept, *place_gaps(drawn, rows)), key=lambda gap: (gap.row is None, gap.row or 0, gap.box[0])))
    return Judged(gaps, oos_rate(gaps, rows))


def agrees(mark: Mark, answer: BoxAnswer | None, *, no_shelf: bool) -> bool:
    """Tell whether a person found the model right about a mark; a box that was only tightened was right."""
    if no_shelf or answer is None or answer.verdict == "not_gap":
        return False
    return answer.box is None or same_slot(mark.box, answer.box)


def band_of(score: float) -> int:
    """Return the band of a score, 0 to 9."""
    return min(BANDS - 1, max(0, int(score * BANDS)))
