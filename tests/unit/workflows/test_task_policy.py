import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.caller import Role
from core.errors import Conflict
from workflows.tasks.model import TaskState
from workflows.tasks.policy import (
    DUTY,
    SEVERITIES,
    Action,
    Duty,
    Sla,
    TaskClock,
    clock_after,
    ladder,
    rung_above,
    transition,
    worst,
)

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SLA = Sla(minor=72 * HOUR, major=24 * HOUR, critical=4 * HOUR)
STORE_PATH = "/root/north/city/store/"
ABOVE = ("/root/", "/root/north/", "/root/north/city/", STORE_PATH)
ELSEWHERE = ("/root/south/", "/root/north/city/store2/", "/other/")

duties = st.builds(
    Duty,
    person_id=st.uuids(),
    role=st.sampled_from(Role),
    node_id=st.uuids(),
    path=st.sampled_from((*ABOVE, *ELSEWHERE)),
)
times = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


def duty(role: Role, path: str, person: int = 0) -> Duty:
    return Duty(uuid.UUID(int=person), role, uuid.uuid5(uuid.NAMESPACE_OID, path), path)


# The whole table: what may happen in which state, and where it leads. Every pair that is not here is refused.
LEADS_TO = {
    (TaskState.OPEN, Action.START): TaskState.OPEN,
    (TaskState.OPEN, Action.SUBMIT_FIX): TaskState.FIX_SUBMITTED,
    (TaskState.FIX_SUBMITTED, Action.SUBMIT_FIX): TaskState.FIX_SUBMITTED,
    (TaskState.FIX_SUBMITTED, Action.ACCEPT): TaskState.CLOSED,
    (TaskState.FIX_SUBMITTED, Action.REJECT): TaskState.OPEN,
    (TaskState.FIX_SUBMITTED, Action.REFER): TaskState.IN_REVIEW,
    (TaskState.IN_REVIEW, Action.SUBMIT_FIX): TaskState.FIX_SUBMITTED,
    (TaskState.IN_REVIEW, Action.ACCEPT): TaskState.CLOSED,
    (TaskState.IN_REVIEW, Action.REJECT): TaskState.OPEN,
    (TaskState.OPEN, Action.WITHDRAW): TaskState.CLOSED,
    (TaskState.CLOSED, Action.REOPEN): TaskState.OPEN,
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", TaskState)
def test_a_task_moves_as_the_table_says_and_no_other_way(state: TaskState, action: Action) -> None:
    if (state, action) in LEADS_TO:
        assert transition(state, action) is LEADS_TO[state, action]
        return
    with pytest.raises(Conflict) as refused:
        transition(state, action)
    assert refused.value.code == "task.not_now"
    assert refused.value.extra == {"state": state.value, "action": action.value}


def test_out_of_a_closed_task_leads_only_that_its_issue_holds_after_all() -> None:
    assert [action for state, action in LEADS_TO if state is TaskState.CLOSED] == [Action.REOPEN]


@given(st.lists(duties, max_size=12))
def test_a_ladder_has_one_person_a_node_from_the_store_up(found: list[Duty]) -> None:
    rungs = ladder(found, STORE_PATH)
    lengths = [len(rung.path) for rung in rungs]
    assert lengths == sorted(set(lengths), reverse=True)
    assert all(STORE_PATH.startswith(rung.path) and rung.role in DUTY for rung in rungs)
    assert {rung.path for rung in rungs} == {
        one.path for one in found if one.role in DUTY and STORE_PATH.startswith(one.path)
    }


@given(st.lists(duties, max_size=12), st.randoms(use_true_random=False))
def test_every_process_arrives_at_the_same_person(found: list[Duty], shuffler: object) -> None:
    shuffled = list(found)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ladder(found, STORE_PATH) == ladder(shuffled, STORE_PATH)


def test_of_two_at_one_node_the_nearer_to_the_work_answers() -> None:
    manager, region = duty(Role.STORE_MANAGER, STORE_PATH, 9), duty(Role.REGIONAL_MANAGER, STORE_PATH, 1)
    assert ladder((region, manager), STORE_PATH) == (manager,)
    assert ladder((duty(Role.HQ, "/root/", 2), duty(Role.HQ, "/root/", 1)), STORE_PATH)[0].person_id.int == 1


def test_supervisors_inspect_and_do_not_fix() -> None:
    assert ladder((duty(Role.SUPERVISOR, STORE_PATH), duty(Role.ADMIN, "/root/")), STORE_PATH) == ()


@given(st.lists(duties, max_size=12), st.sampled_from(ABOVE), st.none() | st.uuids())
def test_the_next_rung_is_higher_and_somebody_else(found: list[Duty], path: str, person: uuid.UUID | None) -> None:
    rungs = ladder(found, STORE_PATH)
    above = rung_above(rungs, path, person)
    higher = [rung for rung in rungs if len(rung.path) < len(path) and rung.person_id != person]
    assert above == (higher[0] if higher else None)


def test_nobody_escalates_to_themselves() -> None:
    rungs = (
        duty(Role.REGIONAL_MANAGER, ABOVE[2], 1),
        duty(Role.REGIONAL_MANAGER, ABOVE[1], 1),
        duty(Role.HQ, ABOVE[0], 2),
    )
    above = rung_above(rungs, rungs[0].path, rungs[0].person_id)
    assert above == rungs[2]
    assert rung_above(rungs, "/root/", uuid.UUID(int=2)) is None


@given(st.lists(st.sampled_from(SEVERITIES), min_size=1))
def test_the_worst_of_severities_is_one_of_them_and_none_is_worse(severities: list[str]) -> None:
    found = worst(severities)
    assert found in severities
    assert all(SEVERITIES.index(found) >= SEVERITIES.index(other) for other in severities)  # type: ignore[arg-type]


def test_a_severity_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="grave"):
        SLA.of("grave")
    with pytest.raises(ValueError, match="not in"):
        worst(["minor", "grave"])


level = st.integers(0, 5)
not_accepting = st.sampled_from([action for action in Action if action not in (Action.ACCEPT, Action.WITHDRAW)])


@given(not_accepting, level, times, st.timedeltas(HOUR, 72 * HOUR), times)
def test_the_clock_runs_until_the_fix_is_accepted(
    action: Action, level: int, created: dt.datetime, allowed: dt.timedelta, now: dt.datetime
) -> None:
    due = created + allowed
    clock = clock_after(action, TaskClock(due, None), level, created, due, now)
    assert clock.next_at is not None
    assert clock.next_at >= due
    assert clock_after(Action.ACCEPT, clock, level, created, due, now).next_at is None


def test_a_fix_that_is_sent_late_leaves_time_to_judge_it() -> None:
    clock = clock_after(Action.SUBMIT_FIX, TaskClock(NOW, None), 0, NOW - 4 * HOUR, NOW, NOW + HOUR)
    assert clock.next_at == NOW + 3 * HOUR


@given(level, st.lists(st.timedeltas(HOUR, 200 * HOUR), min_size=1, max_size=10))
def test_photo_after_photo_buys_time_once_a_level(level: int, waits: list[dt.timedelta]) -> None:
    created, due = NOW - 4 * HOUR, NOW
    bought = clock_after(Action.SUBMIT_FIX, TaskClock(due, None), level, created, due, NOW)
    clock, now = bought, NOW
    for wait in waits:
        now += wait
        for action in (Action.REJECT, Action.SUBMIT_FIX, Action.REFER):
            clock = clock_after(action, clock, level, created, due, now)
    assert clock == bought
    above = clock_after(Action.SUBMIT_FIX, clock, level + 1, created, due, now)
    assert above.next_at == now + 2 * HOUR
