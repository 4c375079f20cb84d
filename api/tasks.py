"""Issues, tasks and messages: /api/v1/issues, /tasks, /notifications."""

import uuid
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import Router, get, post
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.links import linker
from core.access.permissions import Action, require
from core.org import OrgNode
from core.paging import Page
from core.scope import ScopedSession
from core.text import Text
from workflows.issues.views import IssueBrief, IssueView, issue_view, list_issues
from workflows.notify.service import mark_read
from workflows.notify.views import NotificationView, list_mine, view
from workflows.tasks import service
from workflows.tasks.views import TaskDetail, TaskRow, list_tasks, task_detail
from workflows.verification.service import Judgement, decide

Dimension = Annotated[str | None, QueryParameter(max_length=24)]
Node = Annotated[uuid.UUID | None, QueryParameter()]
TaskStates = Literal["open", "fix_submitted", "in_review", "closed", "unfinished"]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Based(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the task this change is based on."""

    version: int


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's verdict on the latest after photo, and why."""

    verdict: Literal["fixed", "not_fixed"]
    why: Why
    version: int


@get("/", opt=needs(Action.SEE_ISSUES), sync_to_thread=True)
def issues(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    wanted: Annotated[Literal["open", "closed"] | None, QueryParameter(name="state")] = None,
    dimension: Dimension = None,
    node_id: Node = None,
) -> Page[IssueBrief]:
    """List issues of the caller's part of the organisation, the latest first."""
    with parts.database.snapshot(caller) as session:
        return list_issues(session, page, state=wanted, dimension=dimension, node_id=node_id)


@get("/{issue_id:uuid}", opt=needs(Action.SEE_ISSUES), sync_to_thread=True)
def issue(parts: TheParts, caller: TheCaller, issue_id: Id) -> IssueView:
    """Return one issue with its findings."""
    with parts.database.snapshot(caller) as session:
        return issue_view(session, issue_id)


@get("/", opt=needs(Action.SEE_TASKS), sync_to_thread=True)
def tasks(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    wanted: Annotated[TaskStates | None, QueryParameter(name="state")] = None,
    mine: Annotated[bool, QueryParameter()] = False,
    overdue: Annotated[bool, QueryParameter()] = False,
    dimension: Dimension = None,
    node_id: Node = None,
) -> Page[TaskRow]:
    """List tasks of the caller's part of the organisation, the soonest due first."""
    with parts.database.snapshot(caller) as session:
        return list_tasks(
            session,
            parts.clock.now(),
            linker(parts, caller),
            page,
            state=wanted,
            mine=mine,
            overdue=overdue,
            dimension=dimension,
            node_id=node_id,
        )


@get("/{task_id:uuid}", opt=needs(Action.SEE_TASKS), sync_to_thread=True)
def task(parts: TheParts, caller: TheCaller, task_id: Id) -> TaskDetail:
    """Return one task with what is wrong, what to do, every attempt and the trail."""
    with parts.database.snapshot(caller) as session:
        return task_detail(session, parts.clock.now(), linker(parts, caller), service.get(session, task_id))


@post("/{task_id:uuid}/start", opt=needs(Action.WORK_ON_TASKS), status_code=200, sync_to_thread=True)
def start_task(parts: TheParts, caller: TheCaller, task_id: Id, data: JSONBody[Based]) -> TaskDetail:
    """Note that somebody has begun."""
    with parts.database.transaction(caller) as session:
        _require_at(session, task_id, Action.WORK_ON_TASKS)
        begun = service.start(session, parts.clock.now(), task_id, data.version)
        session.flush()
        return task_detail(session, parts.clock.now(), linker(parts, caller), begun)


@post("/{task_id:uuid}/decide", opt=needs(Action.DECIDE_FIXES), status_code=200, sync_to_thread=True)
def decide_task(parts: TheParts, caller: TheCaller, task_id: Id, data: JSONBody[Decision]) -> TaskDetail:
    """Judge the after photo that the model was unsure about."""
    with parts.database.transaction(caller) as session:
        _require_at(session, task_id, Action.DECIDE_FIXES)
        judgement = Judgement(data.verdict, ("person",), Text(data.why, data.why))
        decided = decide(session, parts.clock.now(), task_id, data.version, judgement)
        session.flush()
        return task_detail(session, parts.clock.now(), linker(parts, caller), decided)


@get("/", opt=needs(Action.SEE_NOTIFICATIONS), sync_to_thread=True)
def notifications(
    parts: TheParts, caller: TheCaller, page: ThePage, unread: Annotated[bool, QueryParameter()] = False
) -> Page[NotificationView]:
    """List the caller's messages, the latest first."""
    with parts.database.snapshot(caller) as session:
        return list_mine(session, page, unread=unread)


@post("/{notification_id:uuid}/read", opt=needs(Action.SEE_NOTIFICATIONS), status_code=200, sync_to_thread=True)
def read_notification(parts: TheParts, caller: TheCaller, notification_id: Id) -> NotificationView:
    """Note that a message was read."""
    with parts.database.transaction(caller) as session:
        return view(mark_read(session, parts.clock.now(), notification_id))


def _require_at(session: ScopedSession, task_id: uuid.UUID, action: Action) -> None:
    store_id = service.get(session, task_id).store_id
    path = session.scalars(sa.select(OrgNode.path).where(OrgNode.id == store_id)).one()
    require(session.caller, action, path)


issues_router = Router("/issues", route_handlers=[issues, issue], tags=["issues"])
tasks_router = Router("/tasks", route_handlers=[tasks, task, start_task, decide_task], tags=["tasks"])
notifications_router = Router("/notifications", route_handlers=[notifications, read_notification], tags=["messages"])
