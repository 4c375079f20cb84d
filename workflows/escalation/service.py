"""The sweep over clocks that have run out. It costs with what is due, not with what exists."""

import datetime as dt
import uuid

import sqlalchemy as sa

from core.caller import installation, system
from core.ids import new_id
from core.org import OrgNode
from core.parts import Parts
from core.scope import ScopedSession
from workflows import events as e
from workflows.escalation.model import Escalation
from workflows.escalation.policy import Overdue, StepUp
from workflows.escalation.policy import escalate as policy
from workflows.pipeline import emit
from workflows.tasks.model import Task
from workflows.tasks.service import rungs_over

BATCH = 200


def sweep(parts: Parts) -> int:
    """Escalate every task whose clock has run out, each in a transaction of its own; return how many went up."""
    raised = 0
    while batch := _due(parts):
        for company_id, task_id in batch:
            with parts.database.transaction(system(company_id)) as session:
                raised += escalate(session, parts.clock.now(), task_id)
    return raised


def _due(parts: Parts) -> list[tuple[uuid.UUID, uuid.UUID]]:
    due = (
        sa.select(Task.company_id, Task.id)
        .where(Task.next_escalation_at <= parts.clock.now())
        .order_by(Task.next_escalation_at)
        .limit(BATCH)
    )
    with parts.database.snapshot(installation()) as session:
        return [(row[0], row[1]) for row in session.execute(due)]


def escalate(session: ScopedSession, now: dt.datetime, task_id: uuid.UUID) -> bool:
    """Take one overdue task one level up; True when it went. However many timers ask, each level happens once."""
    locked = sa.select(Task).where(Task.id == task_id).with_for_update(skip_locked=True)
    task = session.scalar(locked)
    if task is None or task.next_escalation_at is None or task.next_escalation_at > now:
        return False
    node = session.scalar(sa.select(OrgNode).where(OrgNode.id == (task.owner_node_id or task.store_id)))
    step = policy(
        Overdue(task.escalation_level, task.owner_id, node.path if node else "/", task.created_at, task.due_at,
                task.next_escalation_at),
        rungs_over(session, task.store_id),
        now,
    )  # fmt: skip
    if step is None:
        task.next_escalation_at = None
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
            why=f"overdue since {task.due_at.isoformat()}",
            data={"level": step.level, "from": str(previous) if previous else None, "to": str(step.to.person_id)},
            trace_id=task.trace_id,
        ),
    )
