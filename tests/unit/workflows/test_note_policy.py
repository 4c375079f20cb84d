"""What holds of a note after what people said of it."""

import itertools
import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from speech.transcript import Segment, Transcript
from speech.vocabulary import Corrected, Correction
from workflows.issues.withdrawal import fate_of
from workflows.notes.policy import (
    Heard,
    Reading,
    Said,
    check_answer,
    finding_of,
    holding,
    readings_of,
    state_of,
    wanted,
)

SURE = 0.6
HEARD = "Shelf 3 is empty. The floor is wet."
NOTE, FIRST, SECOND = (uuid.UUID(int=n) for n in (1, 2, 3))


def issue(text: str, words: str, checkpoint: str = "a.b", confidence: float = 0.9, **more: Any) -> dict[str, Any]:
    start = text.index(words)
    return {
        "checkpoint": checkpoint, "dimension": "a", "polarity": "problem", "severity": "minor",
        "span": [start, start + len(words)], "where": None, "value": None, "confidence": confidence,
    } | more  # fmt: skip


def read(text: str, *issues: dict[str, Any], source: uuid.UUID = NOTE) -> tuple[uuid.UUID, str, str, list[Any]]:
    return source, text, "model", list(issues)


def only(*texts: tuple[uuid.UUID, str, str, list[Any]]) -> Reading:
    return readings_of(texts)[-1]


def said(reading: Reading, verdict: Any, checkpoint: str | None = None, polarity: Any = None) -> dict[uuid.UUID, Said]:
    of = reading.proposals[0]
    return {of.id: Said(uuid.UUID(int=9), of, verdict, checkpoint, polarity, "Wang")}


def corrected(before: str, after: str, **changes: Any) -> tuple[Reading, Reading]:
    """A text that is one statement, read before and after its correction."""
    texts = read(before, issue(before, before)), read(after, issue(after, after) | changes, source=FIRST)
    return readings_of(texts)  # type: ignore[return-value]


def test_a_statement_found_again_in_the_corrected_text_stays_the_same() -> None:
    by_hand = "Shelf 4 is empty. Well, the flor is wet."
    before, after = readings_of(
        [
            read(HEARD, issue(HEARD, "Shelf 3 is empty"), issue(HEARD, "The floor is wet", "c.d")),
            read(by_hand, issue(by_hand, "Shelf 4 is empty"), issue(by_hand, "the flor is wet", "c.d"), source=FIRST),
        ]
    )
    assert [one.id for one in before.proposals] == [one.id for one in after.proposals]


@pytest.mark.parametrize("verdict", ["yes", "no", "other"])
def test_an_answer_outlives_a_slip_of_spelling(verdict: Any) -> None:
    readings = corrected("the flor is wet", "the floor is wet")
    answers = said(readings[0], verdict, "x.y" if verdict == "other" else None)
    assert holding(readings, answers.values()) == answers


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        ("there is water everywhere", {}), ("the door is wet", {"where": "door"}),
        ("the floor is wet", {"what": "Cola"}),
        ("the floor is wet", {"value": {"number": 3, "unit": "cm"}}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("verdict", "holds"), [("yes", True), ("no", False), ("other", False)])
def test_of_more_than_spelling_only_a_yes_still_holds(
    after: str, changes: dict[str, Any], verdict: Any, holds: bool
) -> None:
    readings = corrected("the floor is wet", after, **changes)
    assert bool(holding(readings, said(readings[0], verdict).values())) is holds


def test_an_answer_to_what_is_no_longer_said_does_not_hold() -> None:
    readings = readings_of([read(HEARD, issue(HEARD, "wet")), read("Nothing.", source=FIRST)])
    assert holding(readings, said(readings[0], "yes").values()) == {}
    assert holding((), ()) == {}


def test_an_answer_by_the_name_that_a_statement_had_in_its_own_text_is_found() -> None:
    readings = corrected("the flor is wet", "the floor is wet")
    of = msgspec.structs.replace(readings[1].proposals[0], id=readings[1].own_ids[0])
    assert of.id != readings[0].proposals[0].id
    assert list(holding(readings, [Said(SECOND, of, "yes", None, None, "Wang")])) == [readings[0].proposals[0].id]


def test_a_text_that_is_put_back_brings_its_statements_back() -> None:
    texts = (
        read(HEARD, issue(HEARD, "The floor is wet")),
        read("Nothing.", source=FIRST),
        read(HEARD, issue(HEARD, "The floor is wet"), source=SECOND),
    )
    first, empty, last = readings_of(texts)
    assert empty.proposals == ()
    assert first.proposals[0].id == last.proposals[0].id


def test_the_same_words_said_of_another_checkpoint_are_another_statement() -> None:
    first, last = readings_of([read(HEARD, issue(HEARD, "wet")), read(HEARD, issue(HEARD, "wet", "c.d"), source=FIRST)])
    assert first.proposals[0].id != last.proposals[0].id


def test_what_is_said_twice_in_the_same_words_is_two_statements() -> None:
    text = "wet. wet."
    twice = only(read(text, issue(text, "wet"), {**issue(text, "wet"), "span": [5, 8]}))
    assert len({one.id for one in twice.proposals}) == 2


@pytest.mark.parametrize(
    ("verdict", "confidence", "state"),
    [
        (None, 0.9, "proposed"), (None, 0.6, "proposed"), (None, 0.59, "asked"),
        ("yes", 0.2, "confirmed"), ("no", 0.9, "refused"), ("other", 0.9, "other"),
    ],
)  # fmt: skip
def test_where_a_proposal_stands(verdict: Any, confidence: float, state: str) -> None:
    reading = only(read(HEARD, issue(HEARD, "wet", confidence=confidence)))
    answers = said(reading, verdict, "x.y" if verdict == "other" else None) if verdict else {}
    assert state_of(reading.proposals[0], answers.get(reading.proposals[0].id), SURE) == state


def test_below_the_line_nothing_opens_until_a_person_says_yes() -> None:
    reading = only(read(HEARD, issue(HEARD, "wet", confidence=0.5)))
    assert [one.raises for one in wanted(reading, {}, SURE)] == [False]
    confirmed = wanted(reading, said(reading, "yes"), SURE)
    assert [one.raises for one in confirmed] == [False, True]
    assert confirmed[1].id == finding_of(uuid.UUID(int=9))


def test_what_a_person_refused_is_no_finding() -> None:
    reading = only(read(HEARD, issue(HEARD, "wet")))
    assert wanted(reading, said(reading, "no"), SURE) == ()


def test_another_checkpoint_takes_the_place_of_the_proposed_one() -> None:
    reading = only(read(HEARD, issue(HEARD, "wet")))
    (found,) = wanted(reading, said(reading, "other", "x.y"), SURE)
    assert (found.checkpoint, found.raises) == ("x.y", True)


def test_what_is_fine_makes_no_finding_whatever_is_said_of_it() -> None:
    reading = only(read(HEARD, issue(HEARD, "wet", polarity="ok")))
    for verdict in (None, "yes", "no"):
        assert wanted(reading, said(reading, verdict) if verdict else {}, SURE) == ()


def test_what_was_heard_as_fine_is_a_problem_when_a_person_says_so() -> None:
    reading = only(read(HEARD, issue(HEARD, "wet", polarity="ok")))
    (found,) = wanted(reading, said(reading, "other", polarity="problem"), SURE)
    assert (found.checkpoint, found.raises, found.id) == ("a.b", True, finding_of(uuid.UUID(int=9)))
    (found,) = wanted(reading, said(reading, "other", "x.y", "problem"), SURE)
    assert found.checkpoint == "x.y"


def test_what_was_heard_as_a_problem_is_fine_when_a_person_says_so() -> None:
    reading = only(read(HEARD, issue(HEARD, "wet")))
    assert wanted(reading, said(reading, "other", polarity="ok"), SURE) == ()
    assert wanted(reading, said(reading, "other", "x.y", "ok"), SURE) == ()


@given(
    st.sampled_from(["yes", "no", "other"]), st.sampled_from([None, "x.y"]), st.sampled_from([None, "problem", "ok"])
)
def test_what_was_meant_goes_with_other_and_only_there(verdict: Any, checkpoint: str | None, polarity: Any) -> None:
    named = checkpoint is not None or polarity is not None
    if named == (verdict == "other"):
        check_answer(verdict, checkpoint, polarity)
        return
    with pytest.raises(Invalid, match=r"note\.answer"):
        check_answer(verdict, checkpoint, polarity)


def heard(*spoken: tuple[float, float, str]) -> Heard:
    segments = tuple(Segment(start, end, text, 0.9) for start, end, text in spoken)
    text = " ".join(text for _, _, text in spoken)
    return Heard(Transcript("en", spoken[-1][1], text, segments, "model", 1), Corrected(text, text))


SPOKEN = heard((1.0, 3.0, "Shelf 3 is empty."), (5.0, 8.0, "The floor is wet."))


def test_a_corrected_statement_is_still_at_its_second() -> None:
    text = "Shelf three is quite empty. The floor is very wet."
    start, end = SPOKEN.seconds_of(text, (28, len(text))) or (0, 0)
    assert 4.9 <= start <= 5.2
    assert end == pytest.approx(8.0, abs=0.2)
    assert (SPOKEN.seconds_of(text, (0, 27)) or (0, 0))[0] == 1.0


def test_what_the_vocabulary_wrote_otherwise_is_at_its_second_exactly_whoever_corrected_the_rest() -> None:
    said = heard((1.0, 3.0, "Lumi ora gone."), (5.0, 8.0, "The floor is wet."))
    longer = Correction(0, 8, "Lumi ora", "Lumiora and the daughters", 0.1, (0, 25))
    written = "Lumiora and the daughters gone. The floor is wet."
    known = Heard(said.transcript, Corrected(written, said.transcript.text, (longer,)))
    floor = written.index("The floor")
    assert (known.seconds_of(written, (floor, len(written))) or (0, 0))[0] == 5.0
    by_hand = f"Well: {written}"
    assert (known.seconds_of(by_hand, (floor + 6, len(by_hand))) or (0, 0))[0] == 5.0


def test_where_nothing_was_heard_there_is_no_second() -> None:
    silent = Heard(Transcript("en", 3.0, "", (), "model", 1, "no_speech"), Corrected("", ""))
    assert silent.seconds_of("I said something", (0, 5)) is None


@given(st.text("ab c", max_size=30), st.data())
def test_every_place_of_a_corrected_text_lies_in_the_recording(text: str, data: Any) -> None:
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    start, end = SPOKEN.seconds_of(text, (first, last)) or (-1, -1)
    assert 1.0 <= start <= end <= 8.0


@pytest.mark.parametrize(("closed", "raised", "begun"), list(itertools.product((True, False), repeat=3)))
def test_an_issue_is_withdrawn_only_where_nothing_else_raises_it_and_nobody_works_on_it(
    closed: bool, raised: bool, begun: bool
) -> None:
    fate = fate_of(closed=closed, still_raised=raised, begun=begun)
    assert (fate == "withdrawn") == (not closed and not raised and not begun)
