import datetime as dt
import itertools
import uuid

from hypothesis import given
from hypothesis import strategies as st

from core.caller import Role
from workflows.escalation.policy import Overdue, StepUp, escalate
from workflows.tasks.policy import Duty

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
PATHS = ("/root/north/city/store/", "/root/north/city/", "/root/north/", "/root/")


def rungs_of(people: list[int]) -> tuple[Duty, ...]:
    """A ladder over one store; the same number twice is one person with duties at two nodes."""
    roles = (Role.STORE_MANAGER, Role.REGIONAL_MANAGER, Role.REGIONAL_MANAGER, Role.HQ)
    return tuple(
        Duty(uuid.UUID(int=number), role, uuid.uuid5(uuid.NAMESPACE_OID, path), path)
        for number, role, path in zip(people, roles, PATHS, strict=False)
    )


ladders = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(rungs_of)
allowed = st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=3))


def task_of(owner: Duty, created: dt.datetime, due: dt.datetime, rings: dt.datetime | None, level: int = 0) -> Overdue:
    return Overdue(level, owner.person_id, owner.path, created, due, rings)


@given(ladders, allowed, st.timedeltas(dt.timedelta(microseconds=1), dt.timedelta(days=3)))
def test_never_before_its_time(rungs: tuple[Duty, ...], time: dt.timedelta, early: dt.timedelta) -> None:
    due = NOW + time
    assert escalate(task_of(rungs[0], NOW, due, due), rungs, due - early) is None


@given(ladders)
def test_a_clock_that_stands_never_rings(rungs: tuple[Duty, ...]) -> None:
    assert escalate(task_of(rungs[0], NOW, NOW + HOUR, None), rungs, NOW + 1000 * HOUR) is None


def climb(rungs: tuple[Duty, ...], time: dt.timedelta, late: dt.timedelta) -> list[tuple[dt.datetime, StepUp]]:
    """Sweep at every ring, each `late` by so much, until nobody is left above."""
    owner, level, rings = rungs[0], 0, NOW + time
    steps: list[tuple[dt.datetime, StepUp]] = []
    while True:
        now = rings + late
        step = escalate(task_of(owner, NOW, NOW + time, rings, level), rungs, now)
        if step is None:
            return steps
        steps.append((now, step))
        owner, level, rings = step.to, step.level, step.next_at
        assert len(steps) <= len(rungs)


@given(ladders, allowed, st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)))
def test_each_level_once_always_upwards_and_never_past_the_top(
    rungs: tuple[Duty, ...], time: dt.timedelta, late: dt.timedelta
) -> None:
    steps = [step for _, step in climb(rungs, time, late)]
    assert [step.level for step in steps] == list(range(1, len(steps) + 1))
    heights = [len(rungs[0].path), *(len(step.to.path) for step in steps)]
    assert heights == sorted(set(heights), reverse=True)
    people = [rungs[0].person_id, *(step.to.person_id for step in steps)]
    assert all(one != other for one, other in itertools.pairwise(people))
    assert all(step.to in rungs for step in steps)


@given(ladders, allowed, st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)))
def test_everyone_gets_half_of_the_time_even_when_the_sweep_comes_late(
    rungs: tuple[Duty, ...], time: dt.timedelta, late: dt.timedelta
) -> None:
    for now, step in climb(rungs, time, late):
        assert step.next_at == now + time / 2


def test_a_task_nobody_owned_goes_to_the_first_one_above_the_store() -> None:
    rungs = rungs_of([1, 2, 3, 4])[1:]
    step = escalate(Overdue(0, None, PATHS[0], NOW, NOW + HOUR, NOW + HOUR), rungs, NOW + HOUR)
    assert step is not None
    assert (step.level, step.to) == (1, rungs[0])
