"""Tasks: made for an issue, started, and moved along by what `policy` allows."""

import datetime as dt
import uuid

import sqlalchemy as sa

from checklists.checkpoint import Library
from core.errors import not_found, stale
from core.ids import derived_id
from core.org import Membership, OrgNode, Person
from core.scope import ScopedSession
from workflows import events as e
from workflows.issues.model import Issue
from workflows.pipeline import emit
from workflows.tasks.model import Task, TaskState
from workflows.tasks.policy import DUTY, Action, Duty, Sla, escalation_clock, ladder, transition


def rungs_over(session: ScopedSession, store_id: uuid.UUID) -> tuple[Duty, ...]:
    """Return who answers for a store, from the store up."""
    store = session.scalars(sa.select(OrgNode).where(OrgNode.id == store_id)).one()
    ancestors = [uuid.UUID(hex=part) for part in store.path.strip("/").split("/")]
    rows = session.execute(
        sa.select(Membership.person_id, Membership.role, OrgNode.id, OrgNode.path)
        .join(OrgNode, OrgNode.id == Membership.node_id)
        .join(Person, Person.id == Membership.person_id)
        .where(OrgNode.id.in_(ancestors), Membership.role.in_(DUTY), Person.active)
    )
    return ladder((Duty(*row) for row in rows), store.path)


def assign(session: ScopedSession, now: dt.datetime, issue_id: uuid.UUID, library: Library, sla: Sla) -> Task:
    """Make the task of an issue and give it to whoever is responsible; a second call returns the first one's task."""
    issue = session.scalars(sa.select(Issue).where(Issue.id == issue_id).with_for_update()).one()
    known = session.scalar(sa.select(Task).where(Task.issue_id == issue_id))
    if known is not None:
        return known
    rungs = rungs_over(session, issue.store_id)
    owner = rungs[0] if rungs else None
    due_at = issue.opened_at + sla.of(issue.severity)
    task = Task(
        id=derived_id("task", issue.id), company_id=issue.company_id, store_id=issue.store_id, issue_id=issue.id,
        checkpoint=issue.checkpoint, dimension=issue.dimension, title=issue.title, severity=issue.severity,
        fix=library.checkpoints[issue.checkpoint].fix, state=TaskState.OPEN, created_at=now, due_at=due_at,
        owner_id=owner and owner.person_id, owner_role=owner and owner.role, owner_node_id=owner and owner.node_id,
        next_escalation_at=due_at if len(rungs) > 1 else None, trace_id=issue.trace_id,
    )  # fmt: skip
    session.add(task)
    session.flush()
    told = e.TaskAssigned if owner else e.TaskUnassignable
    emit(
        session,
        now,
        told(
            subject_id=task.id,
            change=(None, TaskState.OPEN),
            why=f"{owner.role} at the nearest node" if owner else "nobody answers for this store",
            data={"owner_id": str(task.owner_id), "due_at": due_at.isoformat(), "severity": task.severity},
            trace_id=task.trace_id,
        ),
    )
    return task


def get(session: ScopedSession, task_id: uuid.UUID, *, version: int | None = None) -> Task:
    """Return the task, locked for a change when `version` tells which one the change is based on.

    Raises:
        NotFound: no such task in the caller's part of the organisation.
        StaleVersion: it has changed since.

    """
    query = sa.select(Task).where(Task.id == task_id)
    task = session.scalar(query if version is None else query.with_for_update())
    if task is None:
        raise not_found("task", task_id)
    if version is not None and task.version != version:
        raise stale("task", task.version)
    return task


def move(task: Task, action: Action, now: dt.datetime) -> tuple[str, str]:
    """Apply `action` to the task and its clock; return the states before and after."""
    before = TaskState(task.state)
    after = transition(before, action)
    task.state, task.version = after, task.version + 1
    task.next_escalation_at = escalation_clock(after, task.created_at, task.due_at, now)
    task.closed_at = now if after is TaskState.CLOSED else None
    return before, after


def start(session: ScopedSession, now: dt.datetime, task_id: uuid.UUID, version: int) -> Task:
    """Note that somebody has begun; the clock goes on."""
    task = get(session, task_id, version=version)
    clock = task.next_escalation_at
    change = move(task, Action.START, now)
    task.next_escalation_at = clock
    task.started_at = task.started_at or now
    emit(session, now, e.TaskStarted(subject_id=task.id, change=change, trace_id=task.trace_id))
    return task
