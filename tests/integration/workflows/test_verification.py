"""The after photo: closes the task, sends it back with a reason, or goes to a person."""

import uuid

import pytest
import sqlalchemy as sa

from core.events import TrailEvent
from core.text import Text
from tests.integration.workflows.world import GAP, Shop, say, told
from workflows.issues.model import Finding, Issue
from workflows.tasks.model import Task
from workflows.tasks.trail import TITLES, entries
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo


def test_a_fix_that_is_seen_closes_task_and_issue(shop: Shop) -> None:
    task = shop.open_task()
    shop.parts_clock_ticks()
    photo_id = shop.after(task.id)
    waiting = shop.task()
    assert waiting.state == "fix_submitted"
    shop.work()
    closed, issue = shop.task(), shop.issue()
    assert (closed.state, issue.state) == ("closed", "closed")
    assert closed.next_escalation_at is None
    assert closed.closed_at == issue.closed_at == shop.parts.clock.now()
    attempt = shop.one(FixAttempt)
    assert (attempt.verdict, attempt.reasons, attempt.decided_by) == ("fixed", ("gap_gone",), None)
    assert shop.one(Photo, Photo.id == photo_id).state == "analysed"
    assert told(shop, "FixVerified") == {"manager_a", "supervisor"}


def test_the_check_looks_where_the_gaps_were(shop: Shop) -> None:
    task = shop.open_task()
    shop.after(task.id)
    shop.work()
    assert shop.comparer.asked == [((0, 5, 8, 20), (10, 5, 18, 20))]


@pytest.mark.parametrize(("verdict", "reason"), [("not_fixed", "gap_still_there"), ("different_place", "other_place")])
def test_a_fix_that_is_none_goes_back_with_the_reason(shop: Shop, verdict: str, reason: str) -> None:
    task = shop.open_task()
    say(shop, verdict, reason)
    shop.after(task.id)
    shop.work()
    back = shop.task()
    assert (back.state, back.next_escalation_at, back.closed_at) == ("open", task.due_at, None)
    assert shop.issue().state == "open"
    attempt = shop.one(FixAttempt)
    assert (attempt.verdict, attempt.reasons) == (verdict, (reason,))
    assert attempt.why is not None
    assert attempt.why.zh != attempt.why.en
    assert told(shop, "FixRejected") == {"manager_a"}
    event = shop.one(TrailEvent, TrailEvent.kind == "FixRejected")
    assert (event.state_from, event.state_to, event.why) == ("fix_submitted", "open", attempt.why)


def test_after_a_refusal_the_next_photo_may_close_it(shop: Shop) -> None:
    task = shop.open_task()
    say(shop, "not_fixed", "gap_still_there")
    shop.after(task.id)
    shop.work()
    say(shop, "fixed", "gap_gone")
    shop.after(task.id)
    shop.work()
    assert shop.task().state == "closed"
    attempts = shop.rows(FixAttempt, order=FixAttempt.submitted_at)
    assert [attempt.verdict for attempt in attempts] == ["not_fixed", "fixed"]


def test_all_that_is_wrong_with_an_after_photo_is_told_in_sentences(shop: Shop) -> None:
    task = shop.open_task()
    say(shop, "unsure", "after_dark", "after_blurred")
    shop.after(task.id)
    shop.work()
    why = shop.one(FixAttempt).why
    assert why == Text("整改照片太暗。整改照片模糊。", "The after photo is too dark. The after photo is blurred.")


def test_an_after_photo_that_is_none_goes_back_to_its_sender(shop: Shop) -> None:
    task = shop.open_task()
    photo_id = shop.after(task.id, content=b"\xff\xd8\xff broken")
    shop.work()
    assert shop.one(Photo, Photo.id == photo_id).state == "unreadable"
    assert shop.task().state == "open"
    assert shop.one(FixAttempt).reasons == ("unreadable",)


def test_a_fault_nobody_photographed_is_for_a_person_to_judge(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.submit(visit_id, "availability.key_items")
    shop.work()
    task = shop.task()
    shop.after(task.id)
    shop.work()
    assert shop.task().state == "in_review"
    assert shop.one(FixAttempt).reasons == ("no_before_photo",)


def test_only_what_a_photo_can_show_is_judged_by_comparing_photos(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.reader.gaps = 0
    item = next(item for item in shop.items if item.checkpoint == "availability.key_items")
    shop.photo(visit_id, item_id=item.id)
    shop.submit(visit_id, "availability.key_items")
    shop.work()
    shop.after(shop.task().id)
    shop.work()
    assert shop.comparer.asked == [], "a full shelf says nothing about this"
    assert shop.task().state == "in_review"
    assert shop.one(FixAttempt).reasons == ("not_by_camera",)


class TestOfSeveralPlaces:
    """One visit, one checkpoint, one task, and photos of two shelves."""

    @pytest.fixture
    def hashes(self, shop: Shop) -> tuple[str, str]:
        visit_id = shop.visit()
        ids = [shop.photo(visit_id), shop.photo(visit_id)]
        shop.work()
        first, second = (shop.one(Photo, Photo.id == id_).sha256 for id_ in ids)
        return first, second

    def test_all_have_to_be_put_right_before_the_task_closes(self, shop: Shop, hashes: tuple[str, str]) -> None:
        shop.comparer.of = {hashes[1]: "different_place"}
        shop.after(shop.task().id)
        shop.work()
        assert (shop.task().state, shop.issue().state) == ("open", "open")
        (attempt,) = shop.rows(FixAttempt)
        assert (attempt.verdict, attempt.reasons) == ("not_fixed", ("gap_gone", "others_left"))
        shop.comparer.of, shop.comparer.asked = {}, []
        shop.after(shop.task().id)
        shop.work()
        assert len(shop.comparer.asked) == 1, "what is done is done"
        assert (shop.task().state, shop.issue().state) == ("closed", "closed")

    def test_the_photo_is_compared_with_the_one_of_its_place(self, shop: Shop, hashes: tuple[str, str]) -> None:
        shop.comparer.of = {hashes[0]: "different_place", hashes[1]: "not_fixed"}
        shop.after(shop.task().id)
        shop.work()
        attempt = shop.one(FixAttempt)
        assert attempt.verdict == "not_fixed"
        assert shop.one(Photo, Photo.id == attempt.before_photo_id).sha256 == hashes[1]

    def test_a_photo_that_shows_both_closes_it_at_once(self, shop: Shop, hashes: tuple[str, str]) -> None:
        shop.after(shop.task().id)
        shop.work()
        assert shop.task().state == "closed"
        assert len(shop.one(FixAttempt).places_done) == len(hashes)

    def test_what_a_person_refused_counts_as_done_nowhere(self, shop: Shop, hashes: tuple[str, str]) -> None:
        shop.comparer.of = dict.fromkeys(hashes, "not_fixed")
        for _ in range(2):
            shop.after(shop.task().id)
            shop.work()
        shop.comparer.of = {hashes[1]: "not_fixed"}
        shop.after(shop.task().id)
        shop.work()
        assert len(shop.rows(FixAttempt, order=FixAttempt.submitted_at)[-1].places_done) == 1
        shop.decide(shop.task().id, "north_manager", "not_fixed", "that is another shelf")
        shop.comparer.asked = []
        shop.after(shop.task().id)
        shop.work()
        assert len(shop.comparer.asked) == len(hashes), "both places are looked for again"


def test_a_photo_that_raised_nothing_is_not_what_the_fix_is_compared_with(shop: Shop) -> None:
    task = shop.open_task()
    raised_it = shop.one(Finding).photo_id
    shop.reader.gaps, shop.reader.oos_rate = 1, 0.001  # less than the checkpoint allows
    shop.photo(task_visit(shop))
    shop.work()
    assert sorted(finding.raises for finding in shop.rows(Finding)) == [False, True]
    shop.after(task.id)
    shop.work()
    assert len(shop.comparer.asked) == 1
    assert shop.one(FixAttempt).before_photo_id == raised_it
    assert shop.task().state == "closed"


def task_visit(shop: Shop) -> uuid.UUID:
    return shop.issue().visit_id


def test_what_the_machine_refuses_again_and_again_goes_to_a_person(shop: Shop) -> None:
    task = shop.open_task()
    say(shop, "not_fixed", "gap_still_there")
    for _ in range(2):
        shop.after(task.id)
        shop.work()
        assert shop.task().state == "open"
    shop.after(task.id)
    shop.work()
    assert shop.task().state == "in_review"
    last = shop.rows(FixAttempt, order=FixAttempt.submitted_at)[-1]
    assert (last.verdict, last.reasons) == ("unsure", ("gap_still_there", "refused_before"))
    shop.decide(task.id, "north_manager", "fixed")
    assert shop.task().state == "closed"


def test_a_photo_of_the_problem_that_cannot_be_read_stops_nobody(shop: Shop) -> None:
    visit_id = shop.visit()
    item = next(item for item in shop.items if item.checkpoint == GAP.code)
    shop.photo(visit_id, b"this is no photo", item_id=item.id)
    shop.submit(visit_id, GAP.code)
    shop.work()
    shop.after(shop.task().id)
    shop.work()
    assert shop.task().state == "in_review"
    assert shop.one(FixAttempt).reasons == ("no_before_photo",)


def trail(shop: Shop, task: Task) -> list[str]:
    with shop.parts.database.snapshot(shop.caller("hq")) as session:
        photos = session.scalars(sa.select(Photo.id)).all()
        subjects: list[tuple[str, uuid.UUID]] = [("photo", photo_id) for photo_id in photos]
        found = entries(session, ("task", task.id), ("issue", task.issue_id), *subjects)
    assert all(entry.title == TITLES[entry.kind] for entry in found)
    assert all(entry.actor for entry in found)
    return [entry.kind for entry in found]


def test_every_step_is_in_the_trail_in_its_order(shop: Shop) -> None:
    task = shop.open_task()
    say(shop, "unsure", "place_not_sure")
    shop.after(task.id)
    shop.work()
    shop.parts_clock_ticks()
    shop.decide(task.id, "hq", "not_fixed")
    say(shop, "fixed", "gap_gone")
    shop.after(task.id)
    shop.parts_clock_ticks()
    shop.work()
    assert trail(shop, task) == [
        "PhotoStored",
        "PhotoAnalysed",
        "IssueOpened",
        "TaskAssigned",
        "AfterPhotoStored",
        "FixSubmitted",
        "FixReferred",
        "FixRejected",
        "AfterPhotoStored",
        "FixSubmitted",
        "FixVerified",
    ]


@pytest.mark.parametrize("statement", [sa.update(TrailEvent).values(kind="Nothing"), sa.delete(TrailEvent)])
def test_the_trail_is_only_ever_added_to(shop: Shop, statement: sa.Executable) -> None:
    shop.open_task()
    before = len(shop.rows(TrailEvent))
    system = shop.company.system()
    with pytest.raises(sa.exc.DBAPIError, match="only ever"), shop.parts.database.transaction(system) as session:
        session.execute(statement, execution_options={"synchronize_session": False})
    assert len(shop.rows(TrailEvent)) == before
    assert shop.count(Issue) == 1
