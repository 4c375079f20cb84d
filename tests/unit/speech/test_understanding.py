"""A note is divided into matters by what is likely of its clauses; limits decide what is measured."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.notes import CheckpointWords, Lexicon, Limits
from speech.notes.clauses import Clause
from speech.notes.understanding import Judge, Likely, Manner, runs, understand

CHILLER = CheckpointWords("equipment.chiller", "equipment", "critical", limits=Limits("°C", 0, 6))
FREEZER = CheckpointWords("equipment.freezer", "equipment", "critical", limits=Limits("°C", max=-15))
GREETING = CheckpointWords("service.search", "service", "minor", limits=Limits("s", max=60))
SHELF = CheckpointWords("availability.on_shelf", "availability", "major")
LEXICON = Lexicon((CHILLER, FREEZER, GREETING, SHELF))
NOTHING = Likely((("availability.on_shelf", 0.05),), 0.9, 0.5)


def about(code: str, sure: float = 0.9, problem: float = 0.9) -> Likely:
    other = next(words.code for words in LEXICON.checkpoints if words.code != code)
    return Likely(((code, sure), (other, 0.02)), 1 - sure - 0.02, problem)


def says(**of: Likely) -> Judge:
    """A judge that knows clauses by a word of theirs."""

    def judge(text: str, clauses: Sequence[Clause]) -> list[Likely]:
        spoken = [text[clause.start : clause.end] for clause in clauses]
        return [next((likely for word, likely in of.items() if word in said), NOTHING) for said in spoken]

    return judge


def test_one_matter_told_in_several_clauses_is_one_issue() -> None:
    judge = says(
        三号货架=about(SHELF.code, 0.5), 嗯=about(SHELF.code, 0.3), 酸奶=about(SHELF.code), 空了=about(SHELF.code)
    )
    (issue,) = understand("三号货架，嗯，酸奶那层，空了", LEXICON, judge)
    assert (issue.checkpoint, issue.polarity, issue.where) == (SHELF.code, "problem", "三号货架")
    assert issue.span == (0, 14)
    assert issue.confidence == pytest.approx(0.9 * 0.9, abs=0.01)


def test_what_is_fine_by_now_counts_more_than_what_was_wrong_before() -> None:
    judge = says(
        不冷=about(CHILLER.code), 货架=about(SHELF.code), 修好=about(CHILLER.code, problem=0.1),
        还行=about(CHILLER.code, problem=0.1),
    )  # fmt: skip
    by_now = understand("冷柜不冷，货架空了，冷柜现在修好了", LEXICON, judge)
    assert [(issue.checkpoint, issue.polarity) for issue in by_now] == [(SHELF.code, "problem"), (CHILLER.code, "ok")]
    unsure = understand("冷柜不冷，货架空了，冷柜还行", LEXICON, judge)
    assert {issue.checkpoint: issue.polarity for issue in unsure}[CHILLER.code] == "problem"


def test_two_matters_are_two() -> None:
    found = understand("货架空了，冷柜九度", LEXICON, says(货架=about(SHELF.code), 冷柜=about(CHILLER.code)))
    assert [issue.checkpoint for issue in found] == [SHELF.code, CHILLER.code]


@pytest.mark.parametrize(
    ("text", "code", "polarity", "value"),
    [
        ("冷柜四度，挺好", "equipment.chiller", "ok", 4),
        ("冷柜九度，挺好", "equipment.chiller", "problem", 9),
        ("the fridge is at nine degrees", "equipment.chiller", "problem", 9),
        ("冰柜十八度", "equipment.freezer", "ok", -18),
        ("找人找了两分钟", "service.search", "problem", 120),
        ("冷柜早上十度，刚才再测五度", "equipment.chiller", "ok", 5),
    ],
)
def test_what_is_measured_is_decided_by_the_limits(text: str, code: str, polarity: str, value: float) -> None:
    (issue,) = understand(text, LEXICON, lambda _, clauses: [about(code)] * len(clauses))
    assert (issue.polarity, issue.value and issue.value.number) == (polarity, value)


def test_a_value_against_the_words_makes_it_less_sure() -> None:
    judge = says(冷柜=about("equipment.chiller", 0.9, problem=0.1))
    agreed, = understand("冷柜四度", LEXICON, judge)  # fmt: skip
    against, = understand("冷柜九度", LEXICON, judge)  # fmt: skip
    assert against.confidence < agreed.confidence


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("三号冷藏柜九度。五号冷藏柜四度。", [("三号冷藏柜", "problem", 9), ("五号冷藏柜", "ok", 4)]),
        ("三号冷藏柜九度，五号冷藏柜八度", [("三号冷藏柜", "problem", 9), ("五号冷藏柜", "problem", 8)]),
        (
            "fridge 3 is at nine degrees. fridge 5 is at four degrees",
            [("fridge 3", "problem", 9), ("fridge 5", "ok", 4)],
        ),
    ],
)
def test_the_same_of_two_places_is_two_issues(text: str, issues: list[tuple[str, str, float]]) -> None:
    found = understand(text, LEXICON, lambda _, clauses: [about(CHILLER.code)] * len(clauses))
    assert [(issue.where, issue.polarity, issue.value and issue.value.number) for issue in found] == issues


def test_a_freezer_above_zero_by_its_words_is_below_and_told_so() -> None:
    (issue,) = understand("冰柜十八点五度", LEXICON, lambda _, clauses: [about(FREEZER.code)] * len(clauses))
    assert (issue.polarity, issue.value and issue.value.number) == ("ok", -18.5)


def test_what_is_unlikely_is_not_said() -> None:
    assert (
        understand("随便说说", LEXICON, lambda _, clauses: [about("availability.on_shelf", 0.2)] * len(clauses)) == ()
    )
    assert understand("", LEXICON, says()) == ()


def test_a_checkpoint_that_the_company_does_not_have_is_left_out() -> None:
    assert understand("货架空了", Lexicon((CHILLER,)), says(货架=about("availability.on_shelf"))) == ()


@pytest.mark.parametrize(("probability", "told"), [(0.7, True), (0.6, False)])
def test_a_clause_within_another_matter_is_told_by_itself_only_where_it_is_surely_about_something_else(
    probability: float, told: bool
) -> None:
    shelf = Likely((("availability.on_shelf", 0.97),), 0.01, 0.9)
    aside = Likely((("equipment.chiller", probability), ("availability.on_shelf", 0.96 - probability)), 0.02, 0.9)
    found = {run.checkpoint for run in runs([shelf, aside, shelf])}
    assert found == {"availability.on_shelf", "equipment.chiller"} if told else {"availability.on_shelf"}


@given(
    st.lists(
        st.builds(
            about,
            st.sampled_from([words.code for words in LEXICON.checkpoints]),
            st.floats(0.01, 0.97),
            st.floats(0, 1),
        ),
        max_size=12,
    )
)
def test_runs_lie_within_the_note_and_are_as_sure_as_asked(judged: list[Likely]) -> None:
    manner = Manner()
    found = runs(judged, manner)
    assert all(0 <= run.first <= run.last < len(judged) for run in found)
    assert all(run.sure >= min(manner.least, manner.second) and 0 <= run.problem <= 1 for run in found)
    assert found == sorted(found, key=lambda run: (run.first, -run.sure))
