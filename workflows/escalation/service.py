"""The sweep over clocks that have run out. It costs with what is due, not with what exists."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.caller import installation, system
from core.db import DATABASE_AWAY
from core.errors import StorepatrolError
from core.ids import new_id
from core.log import get_logger
from core.org import OrgNode
from core.parts import Parts
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.escalation.model import Escalation
from workflows.escalation.policy import Overdue, StepUp
from workflows.escalation.policy import escalate as policy
from workflows.pipeline import emit
from workflows.tasks.model import Task
from workflows.tasks.service import LOOK_AGAIN, give, rungs_over

log = get_logger(__name__)

BATCH = 200
TOP_LOOKS_AGAIN = dt.timedelta(days=1)
"""A task at the top stays there; once a day it is seen whether somebody stands above by now."""


def sweep(parts: Parts) -> int:
    """Escalate every task whose clock has run out, each in a transaction of its own; return how many went up.

    Every task is tried once: one that another timer is at, or that cannot go up, does not hold up the others.
    """
    raised, now, after = 0, parts.clock.now(), None
    while batch := _due(parts, now, after):
        for row in batch:
            raised += _try(parts, row.company_id, row.id)
        after = (batch[-1].next_escalation_at, batch[-1].id)
    return raised


def _try(parts: Parts, company_id: uuid.UUID, task_id: uuid.UUID) -> bool:
    try:
        with parts.database.transaction(system(company_id)) as session:
            return escalate(session, parts.clock.now(), task_id)
    except DATABASE_AWAY:
        raise
    except (sa.exc.SQLAlchemyError, StorepatrolError, ValueError, LookupError):
        log.exception("a task could not be escalated", task_id=str(task_id))
        return False


def _due(parts: Parts, now: dt.datetime, after: tuple[dt.datetime, uuid.UUID] | None) -> Sequence[Any]:
    clock = (Task.next_escalation_at, Task.id)
    due = sa.select(Task.company_id, Task.id, Task.next_escalation_at).where(Task.next_escalation_at <= now)
    if after is not None:
        columns = sa.tuple_(*clock)
        due = due.where(columns > sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(after, clock, strict=True))))
    with parts.database.snapshot(installation()) as session:
        return session.execute(due.order_by(*clock).limit(BATCH)).all()


def escalate(session: ScopedSession, now: dt.datetime, task_id: uuid.UUID) -> bool:
    """Take one overdue task one level up; True when it went. However many timers ask, each level happens once."""
    locked = sa.select(Task).where(Task.id == task_id).with_for_update(skip_locked=True)
    task = session.scalar(locked)  # its issue is left alone, so it need not be locked first
    if task is None or task.next_escalation_at is None or task.next_escalation_at > now:
        return False
    rungs = rungs_over(session, task.store_id)
    if task.owner_id is None and rungs:
        give(session, now, task, rungs[0])
        return False
    node = session.scalar(sa.select(OrgNode).where(OrgNode.id == (task.owner_node_id or task.store_id)))
    step = policy(
        Overdue(task.escalation_level, task.owner_id, node.path if node else "/", task.created_at, task.due_at,
                task.next_escalation_at),
        rungs,
        now,
    )  # fmt: skip
    if step is None:
        task.next_escalation_at = now + (LOOK_AGAIN if task.owner_id is None else TOP_LOOKS_AGAIN)
        return False
    _step_up(session, now, task, step)
    return True


def _step_up(session: ScopedSession, now: dt.datetime, task: Task, step: StepUp) -> None:
    session.add(
        Escalation(
            id=new_id(), company_id=task.company_id, store_id=task.store_id, task_id=task.id, level=step.level,
            from_person_id=task.owner_id, to_person_id=step.to.person_id, was_due_at=task.due_at, escalated_at=now,
        )
    )  # fmt: skip
    previous = task.owner_id
    task.owner_id, task.owner_role, task.owner_node_id = step.to.person_id, step.to.role, step.to.node_id
    task.escalation_level, task.next_escalation_at = step.level, step.next_at
    task.version += 1
    emit(
        session,
        now,
        e.TaskEscalated(
            subject_id=task.id,
            why=Text("逾期未完成整改", "overdue, not fixed in time"),
            data={"level": step.level, "from": str(previous) if previous else None, "to": str(step.to.person_id)},
            trace_id=task.trace_id,
        ),
    )
