"""Tells people what became theirs, and why they are told."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from core.access.permissions import PERMISSIONS, Action
from core.caller import Role
from core.errors import not_found
from core.ids import derived_id
from core.jobs import Ticket
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows.issues.model import Issue
from workflows.notify.model import Notification
from workflows.tasks.model import Task
from workflows.tasks.policy import rung_above
from workflows.tasks.service import duties_over, rungs_over
from workflows.tools import Effects, Tools
from workflows.visits.model import Photo, Visit


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
    "TaskPassedUp": Wording(
        Text("逾期, 已转交上级: {task} ({store})", "Overdue, passed up: {task} ({store})"),
        Text("此任务原由您负责", "This task was yours"),
    ),
    "TaskDueSooner": Wording(
        Text("问题加重, 时限提前: {task} ({store})", "More severe, due sooner: {task} ({store})"),
        Text("您负责此任务", "This task is yours"),
    ),
    "TaskWithdrawn": Wording(
        Text("无需整改: {task} ({store})", "Nothing to fix: {task} ({store})"),
        Text("此任务由您负责, 语音记录更正后问题已撤回", "This task was yours; the voice note behind it was corrected"),
    ),
    "TaskReopened": Wording(
        Text("任务重新打开: {task} ({store})", "To be fixed after all: {task} ({store})"),
        Text("您负责此任务", "This task is yours"),
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


Recipients = dict[uuid.UUID | None, str]
"""Who is told, and which of the `WORDINGS` they read."""


def tell(_tools: Tools, ticket: Ticket) -> Effects:
    """Write the messages of one event about a task."""

    def apply(session: ScopedSession, now: dt.datetime) -> None:
        task = session.scalars(sa.select(Task).where(Task.id == ticket.subject_id)).one()
        store = session.scalars(sa.select(OrgNode).where(OrgNode.id == task.store_id)).one()
        wanted = _recipients(session, ticket.payload["event"], task, store, ticket.payload)
        for person_id in _who_may_see(session, store, wanted):
            kind = wanted[person_id]
            session.add(
                Notification(
                    id=derived_id("notification", ticket.id, person_id), key=f"{ticket.id}:{person_id}",
                    company_id=task.company_id, person_id=person_id, kind=kind, title=_title(kind, task, store),
                    reason=WORDINGS[kind].reason, task_id=task.id, at=now,
                )
            )  # fmt: skip

    return apply


def _title(kind: str, task: Task, store: OrgNode) -> Text:
    title = WORDINGS[kind].title
    return Text(
        title.zh.format(task=task.title.zh, store=store.name.zh),
        title.en.format(task=task.title.en, store=store.name.en),
    )


def _recipients(session: ScopedSession, kind: str, task: Task, store: OrgNode, data: dict[str, Any]) -> Recipients:
    match kind:
        case "TaskAssigned":
            return {_person(data["owner_id"]): kind}  # who may have lost it again by now
        case "FixRejected" | "TaskDueSooner" | "TaskWithdrawn" | "TaskReopened":
            return {task.owner_id: kind}
        case "TaskEscalated":
            return {_person(data["from"]): "TaskPassedUp", _person(data["to"]): kind}
        case "FixVerified":
            visit_id = session.scalar(sa.select(Issue.visit_id).where(Issue.id == task.issue_id))
            finder = session.scalar(sa.select(Visit.supervisor_id).where(Visit.id == visit_id))
            return {task.owner_id: kind, finder: kind}
        case "FixReferred":
            return dict.fromkeys(_reviewers(session, task, store, uuid.UUID(data["photo_id"])), kind)
        case "TaskUnassignable":
            return {duty.person_id: kind for duty in duties_over(session, store.path, (Role.HQ, Role.ADMIN))}
        case _:
            raise ValueError(f"no message for {kind}")


def _person(text: str | None) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


def _who_may_see(session: ScopedSession, store: OrgNode, wanted: Recipients) -> list[uuid.UUID]:
    """Return those whose part of the organisation still holds the store: a message tells what a page would."""
    able = {duty.person_id for duty in duties_over(session, store.path, tuple(Role))}
    return [person_id for person_id in wanted if person_id is not None and person_id in able]


def _reviewers(session: ScopedSession, task: Task, store: OrgNode, photo_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the next one above the owner who may judge, else all who may; who took the photo only if nobody else."""
    taker = session.scalar(sa.select(Photo.taken_by).where(Photo.id == photo_id))
    judges = PERMISSIONS[Action.DECIDE_FIXES]
    rungs = tuple(rung for rung in rungs_over(session, task.store_id) if rung.role in judges)
    node = session.scalar(sa.select(OrgNode.path).where(OrgNode.id == (task.owner_node_id or task.store_id)))
    above = rung_above(tuple(rung for rung in rungs if rung.person_id != taker), node or "/", task.owner_id)
    if above:
        return [above.person_id]
    able = [duty.person_id for duty in duties_over(session, store.path, judges)]
    return [person_id for person_id in able if person_id != taker] or able


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
