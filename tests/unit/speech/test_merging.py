"""What was said twice is one, by one rule, whoever read the note."""

import msgspec
import pytest

from speech.notes.merging import Said, merged, same_matter, together
from speech.notes.model import NoteIssue, Value

WET = NoteIssue("safety.slip", "safety", "problem", "major", (0, 4), None, None, 0.8)
DRY = msgspec.structs.replace(WET, polarity="ok", span=(9, 13), confidence=0.9)


def at(where: str | None, issue: NoteIssue = WET) -> NoteIssue:
    return msgspec.structs.replace(issue, where=where)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("入口", "入口", True), ("入口", None, True), ("入口", "仓库", False), (None, None, True)],
)
def test_a_matter_is_a_checkpoint_at_a_place(one: str | None, other: str | None, same: bool) -> None:
    assert same_matter(at(one), at(other)) is same


def test_what_only_one_of_them_names_is_kept() -> None:
    more = msgspec.structs.replace(
        WET, where="入口", what="milk", value=Value(3, ""), severity="critical", confidence=0.5
    )
    both = together(WET, more)
    assert (both.where, both.what, both.value, both.severity) == ("入口", "milk", Value(3, ""), "critical")
    assert both.confidence == 0.83
    assert together(more, WET) == both


def test_of_two_minds_the_problem_counts_less_surely() -> None:
    assert together(WET, DRY) == msgspec.structs.replace(WET, confidence=0.65)
    assert together(DRY, WET) == together(WET, DRY)


def test_how_it_is_by_now_counts_more_than_how_it_was() -> None:
    assert merged([Said(WET), Said(DRY, by_now=True)]) == (msgspec.structs.replace(DRY, confidence=0.8),)
    assert merged([Said(DRY, by_now=True), Said(WET)])[0].polarity == "problem"


def test_issues_come_in_the_order_of_the_text() -> None:
    later = msgspec.structs.replace(at("仓库"), span=(20, 24))
    assert merged([Said(later), Said(at("入口"))]) == (at("入口"), later)
