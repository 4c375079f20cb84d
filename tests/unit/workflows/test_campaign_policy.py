"""What a visit's photos say of its campaigns, decided without a database."""

import datetime as dt
import uuid
from typing import Any

import pytest

from core.text import Text
from workflows.campaigns.policy import Expected, Judged, Looked, Seen, Verdict, judge, looked_for, timing, words

DAY = dt.date(2026, 11, 22)
ONE = dt.timedelta(days=1)
PHOTO, OTHER_PHOTO = uuid.UUID(int=1), uuid.UUID(int=2)
CAMPAIGN, OLD = uuid.UUID(int=10), uuid.UUID(int=11)
POSTER, OLD_POSTER, SECOND = uuid.UUID(int=20), uuid.UUID(int=21), uuid.UUID(int=22)
RUNNING = Expected(CAMPAIGN, (POSTER,))
PROOF = Looked(PHOTO, for_material=True, telling=True)


def seen(**changes: Any) -> Seen:
    whole = {
        "photo_id": PHOTO, "artwork_id": POSTER, "campaign_id": CAMPAIGN, "timing": "running", "found": True,
        "score": 0.95, "visible": 0.97, "in_frame": 1.0, "upright": True, "angle": 1.0,
    }  # fmt: skip
    return Seen(**(whole | changes))


def old(**changes: Any) -> Seen:
    return seen(**({"artwork_id": OLD_POSTER, "campaign_id": OLD, "timing": "ended"} | changes))


def judged(*sightings: Seen, looks: tuple[Looked, ...] = (PROOF,), complete: bool = True, **more: Any) -> Judged:
    return judge(more.get("expected", [RUNNING]), looks, sightings, complete=complete)


def faults(result: Judged) -> list[tuple[str, bool]]:
    return [(verdict.fault, verdict.raises) for verdict in result.verdicts]


def state(result: Judged) -> str | None:
    return result.showings[0].state if result.showings else None


@pytest.mark.parametrize(
    ("day", "told"), [(DAY - ONE, "upcoming"), (DAY, "running"), (DAY + ONE, "running"), (DAY + 2 * ONE, "ended")]
)
def test_first_and_last_day_are_days_it_runs(day: dt.date, told: str) -> None:
    assert timing(day, DAY, DAY + ONE) == told


def test_it_is_looked_for_some_time_before_and_after() -> None:
    assert looked_for(DAY - 31 * ONE, DAY, DAY)
    assert not looked_for(DAY - 32 * ONE, DAY, DAY)
    assert looked_for(DAY + 92 * ONE, DAY, DAY)
    assert not looked_for(DAY + 93 * ONE, DAY, DAY)


@pytest.mark.parametrize(
    ("sighting", "fault", "told"),
    [
        (seen(), [], "shown"),
        (seen(visible=0.5), [("hidden", True)], "hidden"),
        (seen(visible=0.5, score=0.6), [("hidden", False)], "hidden"),
        (seen(visible=0.7), [("hidden", False)], "hidden"),
        (seen(visible=0.5, in_frame=0.5), [], "shown"),
        (seen(upright=False, angle=179.0), [("turned", True)], "turned"),
        (seen(upright=False, angle=40.0, score=0.6), [("turned", False)], "turned"),
        (seen(rivals=(OLD_POSTER,)), [("unsure", False)], "unsure"),
        (seen(found=False), [("missing", True)], "missing"),
    ],
)
def test_one_piece_on_one_photo(sighting: Seen, fault: list[tuple[str, bool]], told: str) -> None:
    result = judged(sighting)
    assert faults(result) == fault
    assert state(result) == told


@pytest.mark.parametrize(
    "look", [Looked(PHOTO, for_material=False, telling=True), Looked(PHOTO, for_material=True, telling=False)]
)
def test_a_photo_of_something_else_or_an_unclear_one_proves_nothing(look: Looked) -> None:
    result = judged(seen(found=False), looks=(look,))
    assert (faults(result), state(result)) == ([], None)


def test_nothing_is_said_of_running_ones_before_all_photos_are_there() -> None:
    assert judged(seen(visible=0.4), complete=False) == Judged((), ())


def test_of_several_photos_the_one_that_shows_it_best_counts() -> None:
    result = judged(seen(visible=0.4), seen(photo_id=OTHER_PHOTO), seen(found=False))
    assert (faults(result), state(result)) == ([], "shown")


def test_every_piece_of_a_campaign_has_to_be_there() -> None:
    result = judged(seen(), seen(artwork_id=SECOND, found=False), expected=[Expected(CAMPAIGN, (POSTER, SECOND))])
    assert (faults(result), state(result)) == ([("missing", True)], "missing")


def test_two_pieces_of_one_campaign_need_not_be_told_apart() -> None:
    result = judged(seen(rivals=(SECOND,)), expected=[Expected(CAMPAIGN, (POSTER, SECOND))])
    assert ("unsure", False) not in faults(result)


def test_what_has_ended_is_told_at_once_and_once() -> None:
    result = judged(old(), old(photo_id=OTHER_PHOTO, score=0.99), complete=False)
    assert faults(result) == [("expired", True)]
    assert result.verdicts[0].photo_id == OTHER_PHOTO


def test_a_doubtful_old_one_opens_nothing_by_itself() -> None:
    assert faults(judged(old(score=0.6), complete=False)) == [("expired", False)]
    doubt = judged(old(rivals=(POSTER,)), seen(rivals=(OLD_POSTER,)), complete=False)
    assert faults(doubt) == [("unsure", False)]


def test_no_campaign_no_word() -> None:
    assert judged(expected=[]) == Judged((), ())


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict("missing", CAMPAIGN, POSTER, PHOTO, raises=True), "No material"),
        (Verdict("hidden", CAMPAIGN, POSTER, PHOTO, True, seen(visible=0.63)), "37%"),
        (Verdict("turned", CAMPAIGN, POSTER, PHOTO, True, seen(angle=-175.0)), "upside down"),
        (Verdict("turned", CAMPAIGN, POSTER, PHOTO, True, seen(angle=-40.0)), "40°"),
        (Verdict("expired", CAMPAIGN, POSTER, PHOTO, True, seen()), "2026-11-22"),
        (Verdict("unsure", CAMPAIGN, POSTER, PHOTO, False, seen()), "unclear"),
    ],
)
def test_each_fault_has_a_sentence_that_names_the_campaign(verdict: Verdict, said: str) -> None:
    sentence = words(verdict, Text("十一月", "November"), DAY)
    assert said in sentence.en
    assert "November" in sentence.en
    assert "十一月" in sentence.zh
