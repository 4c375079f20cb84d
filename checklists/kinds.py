"""Kinds of answer an item may ask for, each with what counts as good."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from core.text import Text

HIGHEST_NUMBER = 1e9  # nothing measured in a store is larger; keeps absurd input out of sums and of the database
MAX_POINTS = 100


class PassFail(msgspec.Struct, frozen=True, tag="pass_fail", tag_field="kind", forbid_unknown_fields=True):
    """The standard is met (true) or not (false)."""


class Number(msgspec.Struct, frozen=True, tag="number", tag_field="kind", forbid_unknown_fields=True):
    """A measured or counted value in `unit`.

    It is good from `min` to `max`, both included; null is no limit on that side. Outside of `lowest` to `highest` it
    is no measurement but a slip of the finger, and refused. `whole` takes only whole numbers (a count).
    """

    unit: Text
    min: float | None = None
    max: float | None = None
    lowest: float | None = None
    highest: float | None = None
    whole: bool = False


class Scale(msgspec.Struct, frozen=True, tag="scale", tag_field="kind", forbid_unknown_fields=True):
    """Whole points from 0 to `max`, good from `pass_from` on.

    `anchors` describe what each point looks like, from 0 up, so that two inspectors choose the same.
    """

    max: Annotated[int, msgspec.Meta(ge=1, le=MAX_POINTS)]
    pass_from: Annotated[int, msgspec.Meta(ge=1, le=MAX_POINTS)]
    anchors: tuple[Text, ...] = ()


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to choose: what is stored, what people read, and whether it meets the standard."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    label: Text
    ok: bool


class Choice(msgspec.Struct, frozen=True, tag="choice", tag_field="kind", forbid_unknown_fields=True):
    """Exactly one of `choices`."""

    choices: tuple[Option, ...]


AnswerKind = PassFail | Number | Scale | Choice


def flaws(kind: AnswerKind) -> tuple[str, ...]:
    """Return what makes this kind unanswerable or impossible to fail; empty when it is sound."""
    match kind:
        case PassFail():
            return ()
        case Number():
            return tuple(_number_flaws(kind))
        case Scale():
            return tuple(_scale_flaws(kind))
        case Choice():
            return tuple(_choice_flaws(kind))


def _number_flaws(kind: Number) -> Iterator[str]:
    if kind.min is None and kind.max is None:
        yield "a number needs a limit: min, max or both"
    if not all(-HIGHEST_NUMBER <= n <= HIGHEST_NUMBER for n in _given(kind.min, kind.max, kind.lowest, kind.highest)):
        yield f"limits lie between -{HIGHEST_NUMBER:g} and {HIGHEST_NUMBER:g}"
        return
    for lower, upper in (("min", "max"), ("lowest", "highest"), ("lowest", "min"), ("lowest", "max")):
        yield from _inverted(kind, lower, upper)
    for lower, upper in (("min", "highest"), ("max", "highest")):
        yield from _inverted(kind, lower, upper)


def _given(*numbers: float | None) -> list[float]:
    return [n for n in numbers if n is not None]


def _inverted(kind: Number, lower: str, upper: str) -> Iterator[str]:
    low, high = getattr(kind, lower), getattr(kind, upper)
    if low is not None and high is not None and low > high:
        yield f"limits inverted: {lower} {low:g} is above {upper} {high:g}"


def _scale_flaws(kind: Scale) -> Iterator[str]:
    if kind.pass_from > kind.max:
        yield f"limits inverted: pass_from {kind.pass_from} is above max {kind.max}"
    if kind.anchors and len(kind.anchors) != kind.max + 1:
        yield f"a scale to {kind.max} has {kind.max + 1} anchors, not {len(kind.anchors)}"


def _choice_flaws(kind: Choice) -> Iterator[str]:
    values = [option.value for option in kind.choices]
    if len(set(values)) < len(values):
        yield "two choices have the same value"
    if {option.ok for option in kind.choices} != {True, False}:
        yield "choices need at least one that is ok and one that is not"
