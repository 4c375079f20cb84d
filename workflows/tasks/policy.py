"""Who gets a task, how long they have, and what may happen to it. Pure: no I/O, `now` is an argument."""

import datetime as dt
import enum
import uuid
from collections.abc import Iterable
from typing import Literal, assert_never

import msgspec

from core.caller import Role
from core.errors import Conflict
from core.text import Text
from workflows.tasks.model import TaskState

Severity = Literal["minor", "major", "critical"]

SEVERITIES: tuple[Severity, ...] = ("minor", "major", "critical")

DUTY = (Role.STORE_MANAGER, Role.REGIONAL_MANAGER, Role.HQ)
"""Roles that answer for a store, nearest to the work first. Supervisors inspect; they do not fix."""


class Sla(msgspec.Struct, frozen=True):
    """How long a fix may take, by severity."""

    minor: dt.timedelta
    major: dt.timedelta
    critical: dt.timedelta

    def of(self, severity: str) -> dt.timedelta:
        """Return the time allowed for a problem of this severity."""
        match severity:
            case "minor":
                return self.minor
            case "major":
                return self.major
            case "critical":
                return self.critical
            case _:
                raise ValueError(f"unknown severity {severity!r}")


class Duty(msgspec.Struct, frozen=True):
    """One person's duty at one node (`path` as in the tree)."""

    person_id: uuid.UUID
    role: Role
    node_id: uuid.UUID
    path: str


def worst(severities: Iterable[str]) -> Severity:
    """Return the most severe of at least one."""
    return max((SEVERITIES[SEVERITIES.index(s)] for s in severities), key=SEVERITIES.index)


def ladder(duties: Iterable[Duty], store_path: str) -> tuple[Duty, ...]:
    """Return who answers for the store, one for each node from the store up to the root.

    Of several people at one node the one with the lower rank in `DUTY` answers, then the smaller id, so that every
    process arrives at the same person.
    """
    above = [duty for duty in duties if duty.role in DUTY and store_path.startswith(duty.path)]
    above.sort(key=lambda duty: (-len(duty.path), DUTY.index(duty.role), duty.person_id))
    rungs: dict[str, Duty] = {}
    for duty in above:
        rungs.setdefault(duty.path, duty)
    return tuple(rungs.values())


def rung_above(rungs: tuple[Duty, ...], path: str, person_id: uuid.UUID | None) -> Duty | None:
    """Return the next rung strictly above `path` that is somebody else, None at the top."""
    for rung in rungs:
        if len(rung.path) < len(path) and path.startswith(rung.path) and rung.person_id != person_id:
            return rung
    return None


class Action(enum.StrEnum):
    """What may happen to a task. Only one whose issue was withdrawn is opened anew."""

    START = "start"
    SUBMIT_FIX = "submit_fix"
    ACCEPT = "accept"
    REJECT = "reject"
    REFER = "refer"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


STATE_NAMES = {
    TaskState.OPEN: Text("待整改", "open"),
    TaskState.FIX_SUBMITTED: Text("已提交整改", "waiting for the check of its after photo"),
    TaskState.IN_REVIEW: Text("待复核", "in review"),
    TaskState.CLOSED: Text("已关闭", "closed"),
}

UNFINISHED: tuple[TaskState, ...] = (TaskState.OPEN, TaskState.FIX_SUBMITTED, TaskState.IN_REVIEW)
JUDGED: tuple[TaskState, ...] = (TaskState.FIX_SUBMITTED, TaskState.IN_REVIEW)


def transition(state: TaskState, action: Action) -> TaskState:
    """Return the state after `action`.

    Raises:
        Conflict: this cannot happen to a task in this state.

    """
    allowed: tuple[TaskState, ...]
    match action:
        case Action.START:
            allowed, after = (TaskState.OPEN,), TaskState.OPEN
        case Action.SUBMIT_FIX:
            allowed, after = UNFINISHED, TaskState.FIX_SUBMITTED
        case Action.ACCEPT:
            allowed, after = JUDGED, TaskState.CLOSED
        case Action.REJECT:
            allowed, after = JUDGED, TaskState.OPEN
        case Action.REFER:
            allowed, after = (TaskState.FIX_SUBMITTED,), TaskState.IN_REVIEW
        case Action.WITHDRAW:
            allowed, after = (TaskState.OPEN,), TaskState.CLOSED
        case Action.REOPEN:
            allowed, after = (TaskState.CLOSED,), TaskState.OPEN
        case _:
            assert_never(action)
    if state not in allowed:
        raise Conflict(
            "task.not_now",
            Text(
                f"任务处于“{STATE_NAMES[state].zh}”状态, 现在不能这样做",
                f"The task is {STATE_NAMES[state].en}; this cannot be done to it now",
            ),
            state=state.value,
            action=action.value,
        )
    return after


GRACE_SHARE = 0.5
"""The share of the original time that the next level has, and that an after photo buys, once a level."""


class TaskClock(msgspec.Struct, frozen=True):
    """When a task goes up next, and the level at which time was last bought by sending a fix."""

    next_at: dt.datetime | None
    grace_level: int | None


def clock_after(
    action: Action, clock: TaskClock, level: int, created_at: dt.datetime, due_at: dt.datetime, now: dt.datetime
) -> TaskClock:
    """Return the clock after `action`. It runs until the fix is accepted or the issue withdrawn.

    A fix that is sent leaves time to judge it, but once a level only: photo after photo must not keep a task from
    going up, and a review that nobody does goes up as well.
    """
    match action:
        case Action.ACCEPT | Action.WITHDRAW:
            return TaskClock(None, clock.grace_level)
        case Action.REOPEN:
            return TaskClock(due_at, None)
        case Action.SUBMIT_FIX if clock.grace_level != level:
            bought = now + (due_at - created_at) * GRACE_SHARE
            return TaskClock(max(clock.next_at or bought, bought), level)
        case Action.SUBMIT_FIX | Action.START | Action.REJECT | Action.REFER:
            return clock
        case _:
            assert_never(action)
