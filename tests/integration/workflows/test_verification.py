"""The after photo: closes the task, sends it back with a reason, or goes to a person."""

import threading
import uuid

import pytest
import sqlalchemy as sa

from core.errors import Conflict, Forbidden, NotFound, StaleVersion, StorepatrolError
from core.events import TrailEvent
from core.jobs import Job
from core.text import Text
from tests.integration.workflows.world import GAP, Shop, at_once
from workflows.issues.model import Finding, Issue
from workflows.notify.model import Notification
from workflows.tasks import service as tasks
from workflows.tasks.model import Task
from workflows.tasks.trail import TITLES, entries
from workflows.verification.model import FixAttempt
from workflows.verification.service import Judgement, judge
from workflows.visits.model import Photo


def say(shop: Shop, verdict: str, *reasons: str) -> None:
    """What the comparison will say from now on."""
    shop.comparer.verdict, shop.comparer.reasons = verdict, reasons  # type: ignore[assignment]


def told(shop: Shop, kind: str) -> set[str]:
    ids = {message.person_id for message in shop.rows(Notification, Notification.kind == kind)}
    return {name for name, id_ in shop.company.people.items() if id_ in ids}


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


def refer(shop: Shop, person: str = "manager_a") -> Task:
    task = shop.open_task()
    say(shop, "unsure", "place_not_sure")
    shop.after(task.id, person)
    shop.work()
    return shop.task()


def test_what_the_model_cannot_tell_goes_to_the_next_level_to_decide(shop: Shop) -> None:
    task = refer(shop)
    assert task.state == "in_review"
    assert told(shop, "FixReferred") == {"north_manager"}
    shop.decide(task.id, "north_manager", "fixed", "I was there")
    assert shop.task().state == "closed"
    attempt = shop.one(FixAttempt)
    assert attempt.decided_by == shop.company.people["north_manager"]
    assert (attempt.verdict, attempt.reasons) == ("fixed", ("place_not_sure", "person"))
    event = shop.one(TrailEvent, TrailEvent.kind == "FixVerified")
    assert (event.actor_name, event.why) == ("north_manager", Text("I was there", "I was there"))


def test_a_person_may_send_it_back(shop: Shop) -> None:
    task = refer(shop)
    shop.decide(task.id, "hq", "not_fixed", "half of it is empty")
    assert shop.task().state == "open"
    assert shop.issue().state == "open"


def test_nobody_judges_their_own_after_photo_nor_is_asked_to(shop: Shop) -> None:
    task = refer(shop, "north_manager")
    assert told(shop, "FixReferred") == {"hq"}
    with pytest.raises(Forbidden) as refused:
        shop.decide(task.id, "north_manager")
    assert refused.value.code == "task.own_fix"
    assert shop.task().state == "in_review"


def test_a_decision_on_what_somebody_else_changed_is_refused(shop: Shop) -> None:
    task = refer(shop)
    with pytest.raises(StaleVersion) as refused:
        shop.decide(task.id, "hq", version=task.version - 1)
    assert refused.value.extra == {"current_version": task.version}
    assert shop.task().state == "in_review"


def test_there_is_nothing_to_decide_before_and_after(shop: Shop) -> None:
    task = shop.open_task()
    with pytest.raises(Conflict) as refused:
        shop.decide(task.id, "hq")
    assert refused.value.code == "task.nothing_to_decide"
    say(shop, "unsure")
    shop.after(task.id)
    shop.work()
    shop.decide(task.id, "hq")
    with pytest.raises(Conflict):
        shop.decide(task.id, "north_manager", "not_fixed")


def test_of_two_who_decide_at_once_one_hears_that_the_other_was_quicker(shop: Shop) -> None:
    task = refer(shop)
    answers = at_once(
        lambda: shop.decide(task.id, "hq", "fixed", version=task.version),
        lambda: shop.decide(task.id, "north_manager", "not_fixed", version=task.version),
    )
    assert [error.code for error in answers if isinstance(error, StorepatrolError)] == ["task.stale"]
    assert shop.count(TrailEvent, TrailEvent.kind.in_(("FixVerified", "FixRejected"))) == 1


def test_a_late_verdict_on_an_older_photo_is_kept_and_moves_nothing(shop: Shop) -> None:
    task = shop.open_task()
    first, second = shop.after(task.id), shop.after(task.id)
    verdicts = {first: "fixed", second: "not_fixed"}
    for photo_id in (first, second):
        with shop.parts.database.transaction(shop.company.system()) as session:
            judge(session, shop.parts.clock.now(), photo_id, Judgement(verdicts[photo_id], (), None))  # type: ignore[arg-type]
        assert shop.task().state == ("fix_submitted" if photo_id == first else "open")
    kept = {attempt.photo_id: attempt.verdict for attempt in shop.rows(FixAttempt)}
    assert kept == verdicts
    assert shop.issue().state == "open"


def test_a_person_who_was_quicker_than_the_model_is_not_overruled(shop: Shop) -> None:
    task = refer(shop)
    shop.decide(task.id, "hq", "not_fixed")
    attempt = shop.one(FixAttempt)
    with shop.parts.database.transaction(shop.company.system()) as session:
        judge(session, shop.parts.clock.now(), attempt.photo_id, Judgement("fixed", ("gap_gone",), None))
    assert shop.one(FixAttempt).verdict == "not_fixed"
    assert shop.task().state == "open"


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


def test_a_closed_task_takes_no_more_photos(shop: Shop) -> None:
    task = shop.open_task()
    shop.after(task.id)
    shop.work()
    with pytest.raises(Conflict) as refused:
        shop.after(task.id)
    assert refused.value.code == "task.closed"


def test_a_photo_that_arrives_while_the_task_is_being_closed_does_not_open_it_again(shop: Shop) -> None:
    task = refer(shop)
    closing, _ = at_once(
        lambda: shop.decide(task.id, "hq", version=task.version),
        lambda: shop.after(task.id),
    )
    # Whoever came first: it is closed and the photo was refused, or the photo waits and the decision came too late.
    now = shop.task()
    closed_first = closing is None
    assert (now.state, shop.count(FixAttempt)) == (("closed", 1) if closed_first else ("fix_submitted", 2))


def test_nobody_sends_after_photos_to_another_region(shop: Shop) -> None:
    task = shop.open_task()
    with pytest.raises(NotFound):
        shop.after(task.id, "manager_c")


def test_beginning_is_noted_once_and_does_not_stop_the_clock(shop: Shop) -> None:
    task = shop.open_task()
    with shop.parts.database.transaction(shop.caller("manager_a")) as session:
        tasks.start(session, shop.parts.clock.now(), task.id, task.version)
    begun = shop.task()
    assert (begun.state, begun.started_at) == ("open", shop.parts.clock.now())
    assert (begun.next_escalation_at, begun.version) == (task.next_escalation_at, task.version + 1)
    with pytest.raises(StaleVersion), shop.parts.database.transaction(shop.caller("manager_a")) as session:
        tasks.start(session, shop.parts.clock.now(), task.id, task.version)


def test_severity_and_verdict_at_once_leave_no_error(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    shop.work()
    shop.after(shop.task().id)
    shop.photo(visit_id)
    shop.submit(visit_id, GAP.code)
    at_once(*[shop.work] * 3)
    shop.work()
    assert {job.last_error for job in shop.rows(Job)} == {None}
    assert (shop.task().state, shop.issue().state) == ("closed", "closed")


def somebody_waits(shop: Shop) -> bool:
    """Tell whether a statement waits for a lock. In a transaction of its own: one sees the same answer all along."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with shop.parts.database.engine.connect() as connection:
        return bool(connection.scalar(sa.text(waiting)))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_changes_task_and_issue_locks_the_issue_first(shop: Shop) -> None:
    """One order for all, or two who change both would wait for each other until the database kills one."""
    task = shop.open_task()
    photo_id = shop.after(task.id)
    fixed = Judgement("fixed", (), None)

    def verdict() -> None:
        with shop.parts.database.transaction(shop.company.system()) as session:
            judge(session, shop.parts.clock.now(), photo_id, fixed)

    thread = threading.Thread(target=verdict)
    with shop.parts.database.transaction(shop.company.system()) as session:
        session.scalar(sa.select(Issue).where(Issue.id == task.issue_id).with_for_update())
        thread.start()
        while not somebody_waits(shop):
            assert thread.is_alive()
        held = sa.select(Task).where(Task.id == task.id).with_for_update(nowait=True)
        assert session.scalar(held) is not None  # who waits for the issue does not hold the task
    thread.join()
    assert shop.task().state == "closed"


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
