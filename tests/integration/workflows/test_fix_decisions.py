"""A fix in doubt: a person decides, nobody judges their own, and of two at once one hears of the other."""

import threading

import pytest
import sqlalchemy as sa

from core.errors import Conflict, Forbidden, NotFound, StaleVersion, StorepatrolError
from core.events import TrailEvent
from core.jobs import Job
from core.text import Text
from tests.integration.workflows.world import GAP, Shop, at_once, say, told
from workflows.issues.model import Issue
from workflows.tasks import service as tasks
from workflows.tasks.model import Task
from workflows.verification.model import FixAttempt
from workflows.verification.service import Judgement, judge


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
