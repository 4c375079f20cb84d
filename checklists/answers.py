"""What a valid answer is, and whether it fails its item. Pure: no clock, no database."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction

import msgspec

from checklists.item import Item
from checklists.kinds import HIGHEST_NUMBER, Choice, Number, PassFail, Scale
from core.errors import Invalid
from core.text import Text

Value = bool | int | float | str | None
"""pass_fail: true is good. number: in the item's unit. scale: whole points. choice: an option's `value`."""


class Answer(msgspec.Struct, frozen=True):
    """What a person recorded for one item; a `value` beside `not_applicable` is ignored."""

    item_id: str
    value: Value = None
    comment: str = ""
    not_applicable: bool = False


class Problem(msgspec.Struct, frozen=True):
    """Why an answer cannot be taken: a stable code, and a sentence that names what is wrong with it."""

    item_id: str
    code: str
    detail: Text


def check_value(item: Item, value: Value) -> Problem | None:
    """Return what is wrong with `value` as an answer to `item`; None when nothing is. A missing value is a problem."""
    match item.answer:
        case PassFail():
            return None if isinstance(value, bool) else _wrong_type(item, value, Text("是或否", "true or false"))
        case Number() as kind:
            return _check_number(item, kind, value)
        case Scale() as kind:
            return _check_scale(item, kind, value)
        case Choice() as kind:
            return _check_choice(item, kind, value)


def check_answer(item: Item, answer: Answer) -> Problem | None:
    """Return what is wrong with `answer`: its value, "not applicable" where that is refused, or its absence."""
    if answer.not_applicable:
        if item.na_allowed:
            return None
        return _problem(item, "answer.not_applicable_refused", "此项不能选“不适用”", "cannot be not applicable")
    if answer.value is None and not item.required:
        return None
    return check_value(item, answer.value)


def check_answers(items: Iterable[Item], answers: Iterable[Answer], *, complete: bool = True) -> tuple[Problem, ...]:
    """Return every problem of a visit's answers, those of the items in their order first.

    Args:
        items: the items of the version that the visit uses.
        answers: in any order.
        complete: whether every required item has to be answered; a visit under way is checked with False.

    """
    asked, given = tuple(items), tuple(answers)
    by_item = {answer.item_id: answer for answer in given}
    return (*_of_items(asked, by_item, complete=complete), *_of_strays(asked, given))


def refuse(problems: tuple[Problem, ...]) -> None:
    """Raise the first of `problems` as `Invalid`, with all of them in its `problems` member; return when none."""
    if problems:
        first = problems[0]
        raise Invalid(first.code, first.detail, item_id=first.item_id, problems=msgspec.to_builtins(problems))


def is_failed(item: Item, value: Value) -> bool:
    """Tell whether `value` falls short of the item's standard.

    Raises:
        Invalid: the value is no answer to this item.

    """
    if problem := check_value(item, value):
        refuse((problem,))
    match item.answer, value:
        case Scale(pass_from=pass_from), int() | float():
            return value < pass_from
        case _:
            return credit(item, value) == 0


def credit(item: Item, value: Value) -> Fraction:
    """Return the share of the item's weight that `value` earns, 0 to 1: all or nothing, but for a scale.

    Raises:
        Invalid: the value is no answer to this item.

    """
    if problem := check_value(item, value):
        refuse((problem,))
    match item.answer, value:
        case Scale(max=highest), int() | float():
            return Fraction(int(value), highest)
        case Number() as kind, int() | float():
            return Fraction(within_limits(kind, value))
        case Choice(choices=choices), _:
            return Fraction(any(option.ok for option in choices if option.value == value))
        case _:
            return Fraction(value is True)


def within_limits(kind: Number, value: float) -> bool:
    """Tell whether a measured value is good."""
    return (kind.min is None or value >= kind.min) and (kind.max is None or value <= kind.max)


def _of_items(items: tuple[Item, ...], by_item: dict[str, Answer], *, complete: bool) -> Iterator[Problem]:
    for item in items:
        answer = by_item.get(item.id, Answer(item.id))
        blank = answer.value is None and not answer.not_applicable
        if blank and not complete:
            continue
        if problem := check_answer(item, answer):
            yield problem


def _of_strays(items: tuple[Item, ...], answers: tuple[Answer, ...]) -> Iterator[Problem]:
    known = {item.id for item in items}
    for item_id, times in Counter(answer.item_id for answer in answers).items():
        if item_id not in known:
            yield Problem(
                item_id,
                "visit.item_unknown",
                Text(f"此版本检查表没有检查项 {item_id}", f"This version of the checklist has no item {item_id}"),
            )
        elif times > 1:
            yield Problem(
                item_id,
                "answer.twice",
                Text(f"检查项 {item_id} 有 {times} 个答案", f"Item {item_id} is answered {times} times"),
            )


def _problem(item: Item, code: str, zh: str, en: str) -> Problem:
    return Problem(item.id, code, Text(f"“{item.title.zh}”{zh}", f"“{item.title.en}” {en}"))


def _wrong_type(item: Item, value: Value, wanted: Text) -> Problem:
    if value is None:
        return _problem(item, "answer.missing", "还没有回答", "is not answered yet")
    return _problem(item, "answer.wrong_type", f"的答案应为{wanted.zh}", f"is answered by {wanted.en}")


def _check_number(item: Item, kind: Number, value: Value) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong_type(item, value, Text("数字", "a number"))
    if isinstance(value, float) and not math.isfinite(value):
        return _problem(item, "answer.not_a_number", "的答案不是有效数字", "is answered by something that is no number")
    lowest = -HIGHEST_NUMBER if kind.lowest is None else kind.lowest
    highest = HIGHEST_NUMBER if kind.highest is None else kind.highest
    if not lowest <= value <= highest:
        return _problem(
            item,
            "answer.out_of_range",
            f"的数值应在 {lowest:g} 到 {highest:g} {kind.unit.zh} 之间",
            f"takes {lowest:g} to {highest:g} {kind.unit.en}",
        )
    if kind.whole and value != int(value):
        return _problem(item, "answer.not_whole", "的答案应为整数", "is answered by a whole number")
    return None


def _check_scale(item: Item, kind: Scale, value: Value) -> Problem | None:
    points = Text(f"0 到 {kind.max} 的整数分", f"whole points from 0 to {kind.max}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong_type(item, value, points)
    if isinstance(value, float) and not math.isfinite(value):
        return _problem(item, "answer.not_a_number", "的答案不是有效数字", "is answered by something that is no number")
    if not 0 <= value <= kind.max:
        return _problem(item, "answer.out_of_range", f"的分数应为{points.zh}", f"takes {points.en}")
    if value != int(value):
        return _problem(item, "answer.not_whole", f"的分数应为{points.zh}", f"takes {points.en}")
    return None


def _check_choice(item: Item, kind: Choice, value: Value) -> Problem | None:
    labels = Text("、".join(option.label.zh for option in kind.choices), ", ".join(o.label.en for o in kind.choices))
    if not isinstance(value, str):
        return _wrong_type(item, value, Text(f"选项之一({labels.zh})", f"one of: {labels.en}"))
    if value not in {option.value for option in kind.choices}:
        return _problem(
            item, "answer.unknown_choice", f"的答案不在选项中({labels.zh})", f"is answered by one of: {labels.en}"
        )
    return None
