"""When a task goes up the organisation, and to whom. Pure: no I/O, `now` is an argument."""

import datetime as dt
import uuid

import msgspec

from workflows.tasks.policy import GRACE_SHARE, Duty, rung_above


class Overdue(msgspec.Struct, frozen=True):
    """What the policy needs to know of a task whose clock has run out."""

    level: int
    owner_id: uuid.UUID | None
    owner_path: str
    created_at: dt.datetime
    due_at: dt.datetime
    next_escalation_at: dt.datetime | None


class StepUp(msgspec.Struct, frozen=True):
    """One level up: to whom, and when the one after that would come."""

    level: int
    to: Duty
    next_at: dt.datetime


def escalate(task: Overdue, rungs: tuple[Duty, ...], now: dt.datetime) -> StepUp | None:
    """Return the step that is due, or None when it is not yet time or nobody is left above the owner."""
    if task.next_escalation_at is None or now < task.next_escalation_at:
        return None
    above = rung_above(rungs, task.owner_path, task.owner_id)
    if above is None:
        return None
    return StepUp(level=task.level + 1, to=above, next_at=now + (task.due_at - task.created_at) * GRACE_SHARE)
