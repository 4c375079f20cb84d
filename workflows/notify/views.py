"""Messages as they are shown."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core import paging
from core.scope import ScopedSession
from core.text import Text
from workflows.notify.model import Notification


class NotificationView(msgspec.Struct, frozen=True):
    """One message to the caller; `reason` answers "why did I get this"."""

    id: uuid.UUID
    at: dt.datetime
    kind: str
    title: Text
    reason: Text
    task_id: uuid.UUID | None
    read: bool


def list_mine(
    session: ScopedSession, request: paging.PageRequest, *, unread: bool = False
) -> paging.Page[NotificationView]:
    """Return one page of the caller's messages, the latest first."""
    query = sa.select(Notification).where(Notification.person_id == session.caller.person_id)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    page = paging.fetch(session, query, [(Notification.at, "desc"), (Notification.id, "desc")], request)
    return paging.Page(items=tuple(view(row) for row in page.items), next=page.next)


def view(row: Notification) -> NotificationView:
    """Return a message as it is shown."""
    return NotificationView(row.id, row.at, row.kind, row.title, row.reason, row.task_id, row.read_at is not None)
