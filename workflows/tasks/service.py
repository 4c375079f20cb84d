"""Tasks: made for an issue, started, and moved along by what `policy` allows."""

import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from checklists.checkpoint import Library
from core.caller import ROLE_NAMES, Role
from core.errors import not_found, stale
from core.ids import derived_id
from core.org import Membership, OrgNode, Person
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.issues.model import Issue
from workflows.pipeline import emit
from workflows.tasks.model import Task, TaskState
from workflows.tasks.policy import DUTY, Action, Duty, Sla, TaskClock, clock_after, ladder, transition

LOOK_AGAIN = dt.timedelta(minutes=15)
"""How soon a task that nobody could be given is looked at again."""


def rungs_over(session: ScopedSession, store_id: uuid.UUID) -> tuple[Duty, ...]:
    """Return who answers for a store, one for each node, from the store up."""
    path = session.scalars(sa.select(OrgNode.path).where(OrgNode.id == store_id)).one()
    return ladder(duties_over(session, path, DUTY), path)


def duties_over(session: ScopedSession, path: str, roles: Collection[Role]) -> list[Duty]:
    """Return everybody who holds one of `roles` at the node of `path` or above it.

    Plain tables with the company named: who stands above a store is needed by callers who do not see that far up.
    """
    ancestors = [uuid.UUID(hex=part) for part in path.strip("/").split("/")]
    member, node, person = Membership.__table__.c, OrgNode.__table__.c, Person.__table__.c
    rows = session.execute(
        sa.select(member.person_id, member.role, node.id, node.path)
        .join_from(Membership.__table__, OrgNode.__table__, node.id == member.node_id)
        .join(Person.__table__, person.id == member.person_id)
        .where(member.company_id == session.caller.company_id, node.id.in_(ancestors), member.role.in_(roles))
        .where(person.active)
    )
    return [Duty(*row) for row in rows]


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
        # Without an owner it is looked at again soon: somebody may have been named by then.
        next_escalation_at=due_at if owner else now + LOOK_AGAIN, trace_id=issue.trace_id,
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
            why=_because(owner),
            data={
                "owner_id": str(owner.person_id) if owner else None,
                "due_at": due_at.isoformat(),
                "severity": task.severity,
            },
            trace_id=task.trace_id,
        ),
    )
    return task


def _because(owner: Duty | None) -> Text:
    if owner is None:
        return Text("该门店没有负责人", "nobody answers for this store")
    role = ROLE_NAMES[owner.role]
    return Text(
        f"指派给离门店最近的负责人: {role.zh}", f"given to the nearest one who answers for the store: {role.en}"
    )


def give(session: ScopedSession, now: dt.datetime, task: Task, owner: Duty) -> None:
    """Give a task that nobody answered for to someone who does now; their time begins now."""
    task.owner_id, task.owner_role, task.owner_node_id = owner.person_id, owner.role, owner.node_id
    task.next_escalation_at = now + (task.due_at - task.created_at)
    task.version += 1
    emit(
        session,
        now,
        e.TaskAssigned(
            subject_id=task.id,
            why=_because(owner),
            data={"owner_id": str(owner.person_id), "due_at": task.due_at.isoformat(), "severity": task.severity},
            trace_id=task.trace_id,
        ),
    )


def get(session: ScopedSession, task_id: uuid.UUID) -> Task:
    """Return the task, for looking.

    Raises:
        NotFound: no such task in the caller's part of the organisation.

    """
    task = session.scalar(sa.select(Task).where(Task.id == task_id))
    if task is None:
        raise not_found("task", task_id)
    return task


def lock(session: ScopedSession, task_id: uuid.UUID, *, version: int | None = None) -> Task:
    """Return the task for a change, with `version` when the change is based on one.

    Whoever changes a task or its issue locks the issue first, then the task, so that no two wait for each other.

    Raises:
        NotFound: no such task in the caller's part of the organisation.
        StaleVersion: it has changed since.

    """
    issue_of = sa.select(Task.issue_id).where(Task.id == task_id).scalar_subquery()
    session.scalar(sa.select(Issue.id).where(Issue.id == issue_of).with_for_update())
    task = session.scalar(sa.select(Task).where(Task.id == task_id).with_for_update())
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
    clock = TaskClock(task.next_escalation_at, task.grace_level)
    clock = clock_after(action, clock, task.escalation_level, task.created_at, task.due_at, now)
    task.next_escalation_at, task.grace_level = clock.next_at, clock.grace_level
    task.closed_at = now if after is TaskState.CLOSED else None
    return before, after


def start(session: ScopedSession, now: dt.datetime, task_id: uuid.UUID, version: int) -> Task:
    """Note that somebody has begun; the clock goes on."""
    task = lock(session, task_id, version=version)
    change = move(task, Action.START, now)
    task.started_at = task.started_at or now
    emit(session, now, e.TaskStarted(subject_id=task.id, change=change, trace_id=task.trace_id))
    return task
