from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.answers import Answer, Value
from checklists.item import Item
from checklists.kinds import AnswerKind, Choice, Number, Option, PassFail, Scale
from checklists.scoring import DIMENSION_CAP, TOTAL_CAP, score_visit
from core.errors import Invalid
from core.text import Text

TEXT = Text("项", "Item")
LICENCES = Choice((Option("valid", TEXT, ok=True), Option("lost", TEXT, ok=False)))
FRIDGE = Number(TEXT, min=0, max=6)
# For each kind its possible answers, worse first.
LADDERS: tuple[tuple[AnswerKind, tuple[Value, ...]], ...] = (
    (PassFail(), (False, True)),
    (FRIDGE, (9.5, 4)),
    (Scale(max=5, pass_from=3), (0, 1, 2, 3, 4, 5)),
    (LICENCES, ("lost", "valid")),
)


def item(id_: str, answer: AnswerKind | None = None, **changes: Any) -> Item:
    return Item(
        **{
            "id": id_,
            "checkpoint": f"safety.{id_}",
            "dimension": "safety",
            "title": TEXT,
            "standard": TEXT,
            "check": TEXT,
            "fix": TEXT,
            "severity": "major",
            "weight": 1,
            "evidence": "none",
            "answer": answer or PassFail(),
            **changes,
        }
    )


def test_everything_good_is_a_hundred_and_everything_bad_is_nothing() -> None:
    items = [item("a"), item("b")]
    assert score_visit(items, [Answer("a", True), Answer("b", True)]).total == 100
    assert score_visit(items, [Answer("a", False), Answer("b", False)]).total == 0


def test_weights_decide_how_much_an_item_counts() -> None:
    items = [item("a", weight=3), item("b")]
    assert score_visit(items, [Answer("a", True), Answer("b", False)]).total == 75


def test_a_scale_earns_its_share_and_still_fails_below_its_line() -> None:
    score = score_visit([item("a", Scale(max=5, pass_from=3))], [Answer("a", 2)])
    assert score.total == 40
    assert score.failed == ("a",)
    assert score.items[0].credit == 0.4


def test_nothing_applicable_has_no_score_rather_than_zero() -> None:
    score = score_visit([item("a"), item("b", required=False)], [Answer("a", not_applicable=True)])
    assert score.total is None
    assert [(d.dimension, d.score, d.answered) for d in score.dimensions] == [("safety", None, 0)]
    assert {i.credit for i in score.items} == {None}


def test_a_failed_critical_item_caps_its_dimension_and_the_total_only() -> None:
    items = [
        item("exit", severity="critical"),
        *(item(f"s{n}") for n in range(9)),
        item("floor", dimension="hygiene"),
    ]
    score = score_visit(items, [Answer(i.id, i.id != "exit") for i in items])
    assert score.total == TOTAL_CAP
    assert {d.dimension: d.score for d in score.dimensions} == {"hygiene": 100, "safety": DIMENSION_CAP}
    assert score.earned == 90.9
    assert {d.dimension: d.earned for d in score.dimensions} == {"hygiene": 100, "safety": 90}
    assert score.critical_failures == score.failed == ("exit",)


def test_a_critical_item_that_does_not_apply_caps_nothing() -> None:
    items = [item("exit", severity="critical"), item("b")]
    assert score_visit(items, [Answer("exit", not_applicable=True), Answer("b", True)]).total == 100


def test_a_cap_never_lifts_a_low_score() -> None:
    items = [item("exit", severity="critical"), item("b", weight=9)]
    assert score_visit(items, [Answer("exit", False), Answer("b", False)]).total == 0


def test_dimensions_come_in_the_order_of_the_house_and_items_in_that_of_the_checklist() -> None:
    items = [item("a", dimension="safety"), item("b", dimension="image")]
    score = score_visit(items, [Answer("b", False), Answer("a", False)])
    assert [d.dimension for d in score.dimensions] == ["image", "safety"]
    assert score.failed == ("a", "b")


def test_scores_have_one_decimal() -> None:
    items = [item("a"), item("b"), item("c")]
    assert score_visit(items, [Answer("a", True), Answer("b", True), Answer("c", False)]).total == 66.7


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([Answer("ghost", True)], "visit.item_unknown"),
        ([Answer("a", True), Answer("a", True)], "answer.twice"),
        ([Answer("a", "fine")], "answer.wrong_type"),
    ],
)
def test_answers_that_cannot_be_scored_are_refused(answers: list[Answer], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        score_visit([item("a")], answers)


@st.composite
def visits(draw: st.DrawFn) -> tuple[list[Item], list[int | None]]:
    """A checklist, and for each item the rung of its ladder that was answered: None is not applicable."""
    items, rungs = [], []
    for number in range(draw(st.integers(1, 8))):
        kind, ladder = draw(st.sampled_from(LADDERS))
        items.append(
            item(
                str(number),
                kind,
                dimension=draw(st.sampled_from(("image", "safety", "pricing"))),
                severity=draw(st.sampled_from(("minor", "major", "critical"))),
                weight=draw(st.integers(1, 10)),
            )
        )
        rungs.append(draw(st.none() | st.integers(0, len(ladder) - 1)))
    return items, rungs


def ladder_of(asked: Item) -> tuple[Value, ...]:
    return next(ladder for kind, ladder in LADDERS if kind == asked.answer)


def answered(items: list[Item], rungs: list[int | None]) -> list[Answer]:
    return [
        Answer(i.id, not_applicable=True) if rung is None else Answer(i.id, ladder_of(i)[rung])
        for i, rung in zip(items, rungs, strict=True)
    ]


@settings(max_examples=60)
@given(visit=visits(), data=st.data())
def test_answering_better_never_lowers_a_score(visit: tuple[list[Item], list[int | None]], data: st.DataObject) -> None:
    items, rungs = visit
    before = score_visit(items, answered(items, rungs))
    better = [
        rung if rung is None else data.draw(st.integers(rung, len(ladder_of(i)) - 1))
        for i, rung in zip(items, rungs, strict=True)
    ]
    after = score_visit(items, answered(items, better))
    assert (after.total is None) is (before.total is None)
    assert (after.total or 0) >= (before.total or 0)
    for old, new in zip(before.dimensions, after.dimensions, strict=True):
        assert (new.score or 0) >= (old.score or 0)
    assert set(after.failed) <= set(before.failed)


@settings(max_examples=60)
@given(visit=visits(), data=st.data())
def test_the_order_of_items_and_answers_does_not_matter(
    visit: tuple[list[Item], list[int | None]], data: st.DataObject
) -> None:
    items, rungs = visit
    answers = answered(items, rungs)
    expected = score_visit(items, answers)
    answers = data.draw(st.permutations(answers))
    assert score_visit(items, answers) == expected
    shuffled = score_visit(data.draw(st.permutations(items)), answers)
    assert (shuffled.total, shuffled.dimensions) == (expected.total, expected.dimensions)


@settings(max_examples=60)
@given(visit=visits())
def test_what_is_not_applicable_counts_as_if_it_had_not_been_asked(visit: tuple[list[Item], list[int | None]]) -> None:
    items, rungs = visit
    asked = [(i, rung) for i, rung in zip(items, rungs, strict=True) if rung is not None]
    with_na = score_visit(items, answered(items, rungs))
    without = score_visit([i for i, _ in asked], answered([i for i, _ in asked], [rung for _, rung in asked]))
    assert with_na.total == without.total
    assert tuple(d for d in with_na.dimensions if d.score is not None) == without.dimensions
    assert with_na.failed == without.failed


@settings(max_examples=60)
@given(visit=visits())
def test_scores_stay_between_nothing_and_a_hundred(visit: tuple[list[Item], list[int | None]]) -> None:
    items, rungs = visit
    score = score_visit(items, answered(items, rungs))
    for value in (score.total, *(d.score for d in score.dimensions)):
        assert value is None or 0 <= value <= 100
    assert set(score.critical_failures) <= set(score.failed)
