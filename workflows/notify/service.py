"""Tells people what became theirs, and why they are told."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from core.caller import Role
from core.errors import not_found
from core.ids import derived_id
from core.jobs import Ticket
from core.org import Membership, OrgNode, Person
from core.scope import ScopedSession
from core.text import Text
from workflows.issues.model import Issue
from workflows.notify.model import Notification
from workflows.tasks.model import Task
from workflows.tasks.policy import rung_above
from workflows.tasks.service import rungs_over
from workflows.tools import Effects, Tools
from workflows.visits.model import Visit


class Wording(msgspec.Struct, frozen=True):
    """A message's title, with `{task}` and `{store}`, and the reason why this person gets it."""

    title: Text
    reason: Text


WORDINGS = {
    "TaskAssigned": Wording(
        Text("新整改任务: {task} ({store})", "New task: {task} ({store})"),
        Text("您负责该门店", "You answer for this store"),
    ),
    "TaskUnassignable": Wording(
        Text("无人负责的任务: {task} ({store})", "Nobody answers for: {task} ({store})"),
        Text("该门店没有负责人, 请指定", "This store has nobody responsible; please name someone"),
    ),
    "TaskEscalated": Wording(
        Text("逾期升级: {task} ({store})", "Overdue, now yours: {task} ({store})"),
        Text("任务逾期未处理, 已升级一级", "The task was overdue and went up one level"),
    ),
    "FixVerified": Wording(
        Text("整改已通过: {task} ({store})", "Fixed: {task} ({store})"),
        Text("您发现或负责此问题", "You found this problem or answer for it"),
    ),
    "FixRejected": Wording(
        Text("整改未通过: {task} ({store})", "Not fixed yet: {task} ({store})"),
        Text("您负责此任务", "This task is yours"),
    ),
    "FixReferred": Wording(
        Text("请复核整改照片: {task} ({store})", "Please judge the after photo: {task} ({store})"),
        Text("系统无法确定是否已整改", "The model could not tell whether it is fixed"),
    ),
}


def tell(_tools: Tools, ticket: Ticket) -> Effects:
    """Write the messages of one event about a task."""

    def apply(session: ScopedSession, now: dt.datetime) -> None:
        task = session.scalars(sa.select(Task).where(Task.id == ticket.subject_id)).one()
        kind = ticket.payload["event"]
        store = session.scalars(sa.select(OrgNode).where(OrgNode.id == task.store_id)).one()
        wording = WORDINGS[kind]
        title = Text(
            wording.title.zh.format(task=task.title.zh, store=store.name.zh),
            wording.title.en.format(task=task.title.en, store=store.name.en),
        )
        for person_id in _recipients(session, kind, task, ticket.payload):
            session.add(
                Notification(
                    id=derived_id("notification", ticket.id, person_id), key=f"{ticket.id}:{person_id}",
                    company_id=task.company_id, person_id=person_id, kind=kind, title=title, reason=wording.reason,
                    task_id=task.id, at=now,
                )
            )  # fmt: skip

    return apply


def _recipients(session: ScopedSession, kind: str, task: Task, data: dict[str, Any]) -> set[uuid.UUID]:
    found: set[uuid.UUID | None]
    match kind:
        case "TaskAssigned" | "FixRejected":
            found = {task.owner_id}
        case "TaskEscalated":
            found = {uuid.UUID(data["to"]), uuid.UUID(data["from"]) if data["from"] else None}
        case "FixVerified":
            visit_id = session.scalar(sa.select(Issue.visit_id).where(Issue.id == task.issue_id))
            found = {task.owner_id, session.scalar(sa.select(Visit.supervisor_id).where(Visit.id == visit_id))}
        case "FixReferred":
            found = {_reviewer(session, task)}
        case "TaskUnassignable":
            found = set(_overseers(session))
        case _:
            raise ValueError(f"no message for {kind}")
    return {person_id for person_id in found if person_id is not None}


def _reviewer(session: ScopedSession, task: Task) -> uuid.UUID | None:
    """Return the next one above the owner, or the owner's own rung when nobody is."""
    rungs = rungs_over(session, task.store_id)
    node = session.scalar(sa.select(OrgNode.path).where(OrgNode.id == task.owner_node_id))
    above = rung_above(rungs, node, task.owner_id) if node else None
    return above.person_id if above else task.owner_id


def _overseers(session: ScopedSession) -> list[uuid.UUID]:
    roles = (Role.HQ, Role.ADMIN)
    query = sa.select(Membership.person_id).join(Person, Person.id == Membership.person_id)
    return list(session.scalars(query.where(Membership.role.in_(roles), Person.active)))


def mark_read(session: ScopedSession, now: dt.datetime, notification_id: uuid.UUID) -> Notification:
    """Note that the caller has read a message of theirs; reading twice changes nothing."""
    mine = sa.select(Notification).where(
        Notification.id == notification_id, Notification.person_id == session.caller.person_id
    )
    message = session.scalar(mine)
    if message is None:
        raise not_found("notification", notification_id)
    message.read_at = message.read_at or now
    return message
