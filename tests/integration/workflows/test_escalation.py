"""Overdue tasks go up the organisation: one level at a time, each once, however many timers run."""

import pytest
import sqlalchemy as sa

from core.caller import installation
from core.events import TrailEvent
from core.org import Person
from tests.integration.workflows.world import GAP, HOUR, SLA, Shop, at_once
from workflows.escalation.model import Escalation
from workflows.escalation.service import sweep
from workflows.notify.model import Notification
from workflows.tasks.model import Task
from workflows.tasks.service import LOOK_AGAIN

TIME = SLA.of(GAP.severity)


def names(shop: Shop, *ids: object) -> list[str | None]:
    by_id = {id_: name for name, id_ in shop.company.people.items()}
    return [by_id.get(id_) for id_ in ids]  # type: ignore[call-overload]


def told(shop: Shop, kind: str = "TaskEscalated") -> set[str | None]:
    rows = shop.rows(Notification, Notification.kind == kind)
    return set(names(shop, *(row.person_id for row in rows)))


def test_nothing_goes_up_before_its_time(shop: Shop) -> None:
    shop.open_task()
    shop.parts_clock_ticks(TIME - HOUR)
    assert sweep(shop.parts) == 0
    assert shop.count(Escalation) == 0


def test_an_overdue_task_goes_to_the_next_level_and_both_are_told(shop: Shop) -> None:
    before = shop.open_task()
    shop.parts_clock_ticks(TIME)
    assert sweep(shop.parts) == 1
    task = shop.task()
    assert names(shop, before.owner_id, task.owner_id) == ["manager_a", "north_manager"]
    assert (task.owner_role, task.owner_node_id) == ("regional_manager", shop.company.nodes["north"])
    assert (task.escalation_level, task.version) == (1, before.version + 1)
    assert task.due_at == before.due_at  # it stays overdue; only the next step gets a time
    assert task.next_escalation_at == shop.parts.clock.now() + TIME / 2
    shop.work()
    assert told(shop) == {"north_manager"}
    assert told(shop, "TaskPassedUp") == {"manager_a"}
    event = shop.one(TrailEvent, TrailEvent.kind == "TaskEscalated")
    assert event.why is not None
    assert event.data == {"level": 1, "from": str(before.owner_id), "to": str(task.owner_id)}


def test_it_goes_one_level_a_time_up_to_the_top_and_no_further(shop: Shop) -> None:
    shop.open_task()
    owners = []
    for _ in range(5):
        shop.parts_clock_ticks(2 * TIME)
        sweep(shop.parts)
        sweep(shop.parts)  # a second sweep in the same moment finds nothing more
        owners += names(shop, shop.task().owner_id)
    assert owners == ["north_manager", "hq", "hq", "hq", "hq"]
    assert [row.level for row in shop.rows(Escalation, order=Escalation.level)] == [1, 2]
    assert shop.task().next_escalation_at is not None  # somebody may stand above some day


def test_many_timers_at_once_raise_each_task_once(shop: Shop) -> None:
    visits = [shop.visit() for _ in range(6)]
    for visit_id in visits:
        shop.photo(visit_id)
    shop.work()
    shop.parts_clock_ticks(TIME)
    raised = at_once(*[lambda: sweep(shop.parts)] * 4)
    # A timer leaves a task alone that another one is at, so the sum is what matters.
    assert sum(raised) == 6  # type: ignore[arg-type]
    assert sorted(row.level for row in shop.rows(Escalation)) == [1] * 6
    assert {task.escalation_level for task in shop.rows(Task)} == {1}
    shop.work()
    assert shop.count(Notification, Notification.kind == "TaskEscalated") == 6


def test_a_task_that_another_timer_is_at_holds_nobody_up(shop: Shop) -> None:
    if shop.parts.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    first, second = shop.open_task(), shop.open_task("store_b")
    shop.parts_clock_ticks(TIME)
    with shop.parts.database.transaction(shop.company.system()) as session:
        session.scalar(sa.select(Task).where(Task.id == first.id).with_for_update())
        assert sweep(shop.parts) == 1
    assert shop.one(Escalation).task_id == second.id
    assert sweep(shop.parts) == 1


def test_more_tasks_than_one_batch_all_go_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.escalation.service.BATCH", 2)
    for _ in range(5):
        shop.photo(shop.visit())
    shop.work()
    shop.parts_clock_ticks(TIME)
    assert sweep(shop.parts) == 5


def test_a_fix_that_is_sent_buys_time_to_judge_it(shop: Shop) -> None:
    task = shop.open_task()
    shop.parts_clock_ticks(TIME - HOUR)
    shop.after(task.id)
    shop.parts_clock_ticks(TIME / 2 - HOUR)
    assert sweep(shop.parts) == 0


def test_photo_after_photo_does_not_keep_a_task_from_going_up(shop: Shop) -> None:
    task = shop.open_task()
    shop.comparer.verdict, shop.comparer.reasons = "not_fixed", ("gap_still_there",)
    raised = 0
    for _ in range(6):
        shop.after(task.id)
        shop.work()
        shop.parts_clock_ticks(TIME / 2)
        raised += sweep(shop.parts)
    assert raised == 2
    assert names(shop, shop.task().owner_id) == ["hq"]


def test_a_review_that_nobody_does_goes_up(shop: Shop) -> None:
    task = shop.open_task()
    shop.comparer.verdict, shop.comparer.reasons = "unsure", ("too_close",)
    shop.after(task.id)
    shop.work()
    assert shop.task().state == "in_review"
    shop.parts_clock_ticks(2 * TIME)
    assert sweep(shop.parts) == 1
    assert names(shop, shop.task().owner_id) == ["north_manager"]


def test_a_closed_task_never_goes_up(shop: Shop) -> None:
    task = shop.open_task()
    shop.after(task.id)
    shop.work()
    assert shop.task().state == "closed"
    shop.parts_clock_ticks(10 * TIME)
    assert sweep(shop.parts) == 0


def test_a_person_who_left_is_passed_over(shop: Shop) -> None:
    shop.open_task()
    with shop.parts.database.transaction(installation()) as session:
        left = shop.company.people["north_manager"]
        session.execute(sa.update(Person).where(Person.id == left).values(active=False))
    shop.parts_clock_ticks(TIME)
    sweep(shop.parts)
    assert names(shop, shop.task().owner_id) == ["hq"]


def test_a_task_nobody_owned_finds_who_was_named_meanwhile(shop: Shop) -> None:
    people = [shop.company.people[name] for name in ("manager_a", "north_manager", "hq")]
    with shop.parts.database.transaction(installation()) as session:
        session.execute(sa.update(Person).where(Person.id.in_(people)).values(active=False))
    assert shop.open_task().owner_id is None
    with shop.parts.database.transaction(installation()) as session:
        session.execute(sa.update(Person).where(Person.id.in_(people)).values(active=True))
    shop.parts_clock_ticks(LOOK_AGAIN)
    assert sweep(shop.parts) == 0  # nothing went up: it was given
    assert names(shop, shop.task().owner_id) == ["manager_a"]
    shop.work()
    assert told(shop, "TaskAssigned") == {"manager_a"}
    shop.parts_clock_ticks(TIME)
    assert sweep(shop.parts) == 1
