import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.answers import Answer, Value, check_answer, check_answers, check_value, is_failed, refuse
from checklists.item import Item
from checklists.kinds import AnswerKind, Choice, Number, Option, PassFail, Scale, flaws
from core.errors import Invalid
from core.text import Text

TEXT = Text("项", "Item")
FRIDGE = Number(Text("°C", "°C"), min=0, max=6, lowest=-60, highest=60)
FREEZER = Number(Text("°C", "°C"), max=-18, lowest=-60, highest=60)
HOT = Number(Text("°C", "°C"), min=60)
COUNT = Number(Text("件", "items"), max=0, lowest=0, highest=100, whole=True)
STARS = Scale(max=5, pass_from=4)
LICENCES = Choice(
    (Option("valid", Text("有效", "Valid"), ok=True), Option("expired", Text("过期", "Expired"), ok=False))
)
KINDS = (PassFail(), FRIDGE, FREEZER, HOT, COUNT, STARS, LICENCES)


def item(answer: AnswerKind, id_: str = "a", **changes: Any) -> Item:
    return Item(
        **{
            "id": id_,
            "checkpoint": "safety.exits",
            "dimension": "safety",
            "title": TEXT,
            "standard": TEXT,
            "check": TEXT,
            "fix": TEXT,
            "severity": "major",
            "weight": 1,
            "evidence": "none",
            "answer": answer,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("kind", "value", "failed"),
    [
        (PassFail(), True, False),
        (PassFail(), False, True),
        (FRIDGE, 0, False),
        (FRIDGE, 6.0, False),
        (FRIDGE, 6.1, True),
        (FRIDGE, -0.5, True),
        (FREEZER, -18, False),
        (FREEZER, -17.9, True),
        (HOT, 60, False),
        (HOT, 59.9, True),
        (COUNT, 0, False),
        (COUNT, 3, True),
        (STARS, 4, False),
        (STARS, 3, True),
        (STARS, 5.0, False),
        (LICENCES, "valid", False),
        (LICENCES, "expired", True),
    ],
)
def test_an_answer_fails_when_it_falls_short_of_the_standard(kind: AnswerKind, value: Value, failed: bool) -> None:
    assert check_value(item(kind), value) is None
    assert is_failed(item(kind), value) is failed


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (PassFail(), 1, "answer.wrong_type"),
        (PassFail(), "true", "answer.wrong_type"),
        (FRIDGE, "4", "answer.wrong_type"),
        (FRIDGE, True, "answer.wrong_type"),
        (FRIDGE, math.nan, "answer.not_a_number"),
        (FRIDGE, math.inf, "answer.not_a_number"),
        (FRIDGE, 400, "answer.out_of_range"),
        (HOT, 10**400, "answer.out_of_range"),
        (COUNT, 2.5, "answer.not_whole"),
        (COUNT, -1, "answer.out_of_range"),
        (STARS, 6, "answer.out_of_range"),
        (STARS, -1, "answer.out_of_range"),
        (STARS, 3.5, "answer.not_whole"),
        (STARS, math.nan, "answer.not_a_number"),
        (STARS, False, "answer.wrong_type"),
        (LICENCES, "unheard-of", "answer.unknown_choice"),
        (LICENCES, 1, "answer.wrong_type"),
        *((kind, None, "answer.missing") for kind in KINDS),
    ],
)
def test_a_value_that_is_no_answer_is_named_in_both_languages(kind: AnswerKind, value: Value, code: str) -> None:
    problem = check_value(item(kind), value)
    assert problem is not None
    assert (problem.item_id, problem.code) == ("a", code)
    assert "项" in problem.detail.zh
    assert "Item" in problem.detail.en
    with pytest.raises(Invalid, match=code):
        is_failed(item(kind), value)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    value=st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(("", "valid", "expired", "4"))
    ),
)
def test_whatever_is_sent_is_either_refused_or_judged(kind: AnswerKind, value: Value) -> None:
    if check_value(item(kind), value) is None:
        assert is_failed(item(kind), value) in {True, False}


def test_not_applicable_is_taken_where_the_item_allows_it() -> None:
    assert check_answer(item(PassFail()), Answer("a", not_applicable=True)) is None
    refused = check_answer(item(PassFail(), na_allowed=False), Answer("a", not_applicable=True))
    assert refused is not None
    assert refused.code == "answer.not_applicable_refused"


def test_an_optional_item_may_stay_blank_but_not_be_answered_wrongly() -> None:
    optional = item(PassFail(), required=False)
    assert check_answer(optional, Answer("a")) is None
    assert check_answer(optional, Answer("a", "yes")) is not None


def test_a_visit_is_complete_when_every_required_item_is_answered() -> None:
    items = (item(PassFail(), "a"), item(PassFail(), "b"), item(PassFail(), "c", required=False))
    problems = check_answers(items, [Answer("a", True)])
    assert [(p.item_id, p.code) for p in problems] == [("b", "answer.missing")]
    assert check_answers(items, [Answer("b", False), Answer("a", not_applicable=True)]) == ()


def test_a_visit_under_way_may_have_blanks_but_no_wrong_answers() -> None:
    items = (item(PassFail(), "a"), item(FRIDGE, "b"))
    assert check_answers(items, [], complete=False) == ()
    (problem,) = check_answers(items, [Answer("b", "cold")], complete=False)
    assert problem.item_id == "b"


def test_answers_to_unknown_items_and_second_answers_are_problems() -> None:
    answers = [Answer("a", True), Answer("a", False), Answer("ghost", True)]
    problems = check_answers([item(PassFail())], answers)
    assert [(p.item_id, p.code) for p in problems] == [("a", "answer.twice"), ("ghost", "visit.item_unknown")]


def test_a_refusal_carries_the_first_problem_and_lists_all() -> None:
    problems = check_answers([item(PassFail(), "a"), item(FRIDGE, "b")], [Answer("b", 999)])
    with pytest.raises(Invalid) as caught:
        refuse(problems)
    assert caught.value.code == "answer.missing"
    assert [p["item_id"] for p in caught.value.extra["problems"]] == ["a", "b"]
    refuse(())


@pytest.mark.parametrize(
    "kind",
    [
        Number(TEXT),
        Number(TEXT, min=6, max=0),
        Number(TEXT, max=5, highest=4),
        Number(TEXT, max=5, lowest=6),
        Number(TEXT, min=math.nan),
        Number(TEXT, max=math.inf),
        Scale(max=3, pass_from=4),
        Scale(max=3, pass_from=2, anchors=(TEXT,)),
        Choice(()),
        Choice((Option("a", TEXT, ok=True),)),
        Choice((Option("a", TEXT, ok=True), Option("a", TEXT, ok=False))),
    ],
)
def test_a_kind_that_nobody_can_answer_or_fail_has_flaws(kind: AnswerKind) -> None:
    assert flaws(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_sound_kinds_have_no_flaws(kind: AnswerKind) -> None:
    assert flaws(kind) == ()
