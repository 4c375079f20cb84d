"""The arithmetic of a cell: what HQ defends to a store."""

import math
import uuid

from hypothesis import given
from hypothesis import strategies as st

from checklists.library import load
from core.org import OrgNode
from core.text import Text
from reports.heatmap import Sums, _row, _Sum, share

LIBRARY = load()
answers = st.lists(st.tuples(st.integers(1, 100), st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0))), max_size=20)


def summed(given_answers: list[tuple[int, float]], open_issues: int = 0) -> _Sum:
    return _Sum(
        weight=sum(weight for weight, _ in given_answers),
        points=sum(weight * points for weight, points in given_answers),
        answers=len(given_answers),
        failed=sum(points == 0 for _, points in given_answers),
        open_issues=open_issues,
    )


def node() -> OrgNode:
    return OrgNode(id=uuid.uuid4(), name=Text("店", "store"), code="s", kind="store", path="/s/")


def test_nothing_asked_is_no_score_and_not_zero() -> None:
    assert share(0, 0) is None
    assert share(0, 3) == 0.0


@given(answers.filter(bool))
def test_a_score_lies_between_the_worst_and_the_best_answer(given_answers: list[tuple[int, float]]) -> None:
    points = [100 * one for _, one in given_answers]
    score = summed(given_answers).score()
    assert score is not None
    assert min(points) - 0.05 <= score <= max(points) + 0.05


@given(answers, answers)
def test_two_stores_together_weigh_as_their_answers_do(
    one: list[tuple[int, float]], other: list[tuple[int, float]]
) -> None:
    both = summed(one)
    both.add(summed(other))
    together = summed(one + other)
    assert both.answers == together.answers
    assert both.failed == together.failed
    assert math.isclose(both.score() or 0, together.score() or 0)


def test_a_row_adds_up_its_own_stores_and_no_other() -> None:
    mine, yours = uuid.uuid4(), uuid.uuid4()
    sums: Sums = {
        (mine, "hygiene"): summed([(3, 1.0), (1, 0.0)], open_issues=1),
        (mine, "pricing"): summed([(4, 1.0)]),
        (yours, "hygiene"): summed([(9, 0.0)], open_issues=7),
    }
    row = _row(node(), LIBRARY, sums, [mine], visits=2)
    cells = {cell.dimension: cell for cell in row.cells}
    assert list(cells) == list(LIBRARY.dimensions)
    assert (cells["hygiene"].score, cells["hygiene"].answers, cells["hygiene"].failed) == (75.0, 2, 1)
    assert cells["hygiene"].open_issues == 1
    assert (cells["safety"].score, cells["safety"].answers) == (None, 0)
    assert row.score == 87.5
    assert row.visits == 2


def test_open_issues_alone_make_no_score() -> None:
    store = uuid.uuid4()
    row = _row(node(), LIBRARY, {(store, "safety"): _Sum(open_issues=2)}, [store], visits=0)
    cell = next(cell for cell in row.cells if cell.dimension == "safety")
    assert (cell.score, cell.open_issues, row.score) == (None, 2, None)
