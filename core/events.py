"""The trail: one row for every change of state, saying who, when, from, to and why. Rows are only ever added."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Json, UtcDateTime
from core.ids import new_id
from core.log import get_logger
from core.scope import CompanyOwned, ScopedSession
from core.text import Text

log = get_logger(__name__)

_UNCOMMITTED = "storepatrol_uncommitted_events"


class TrailEvent(CompanyOwned, Base):
    """One change, never updated or deleted (triggers in the migration refuse both)."""

    __tablename__ = "event"
    __table_args__ = (sa.Index("ix_event_subject", "subject_type", "subject_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(sa.String(48))
    subject_type: Mapped[str] = mapped_column(sa.String(24))
    subject_id: Mapped[uuid.UUID] = mapped_column()
    actor_kind: Mapped[str] = mapped_column(sa.String(16))
    actor_id: Mapped[uuid.UUID | None] = mapped_column()
    actor_name: Mapped[str] = mapped_column(sa.String(120))
    state_from: Mapped[str | None] = mapped_column(sa.String(32))
    state_to: Mapped[str | None] = mapped_column(sa.String(32))
    why: Mapped[Text | None] = mapped_column(Json(Text))
    data: Mapped[dict[str, Any]] = mapped_column(Json(dict[str, Any]))
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))


def record(
    session: ScopedSession,
    now: dt.datetime,
    kind: str,
    subject: tuple[str, uuid.UUID],
    *,
    change: tuple[str | None, str | None] = (None, None),
    why: Text | None = None,
    data: dict[str, Any] | None = None,
    trace_id: str | None = None,
) -> TrailEvent:
    """Add one event to the trail, in the caller's name, in the transaction of the change it tells of."""
    caller = session.caller
    if caller.company_id is None:
        raise ValueError("an event belongs to a company")
    happened = TrailEvent(
        id=new_id(),
        company_id=caller.company_id,
        at=now,
        kind=kind,
        subject_type=subject[0],
        subject_id=subject[1],
        actor_kind=caller.actor.kind,
        actor_id=caller.actor.id,
        actor_name=caller.actor.name,
        state_from=change[0],
        state_to=change[1],
        why=why,
        data=data or {},
        trace_id=trace_id or caller.trace_id,
    )
    session.add(happened)
    session.info.setdefault(_UNCOMMITTED, []).append(_line(happened))
    return happened


def trail_of(session: ScopedSession, *subjects: tuple[str, uuid.UUID]) -> list[TrailEvent]:
    """Return the events of these subjects, oldest first."""
    wanted = sa.or_(*(sa.and_(TrailEvent.subject_type == kind, TrailEvent.subject_id == id_) for kind, id_ in subjects))
    return list(session.scalars(sa.select(TrailEvent).where(wanted).order_by(TrailEvent.at, TrailEvent.id)))


def _line(happened: TrailEvent) -> dict[str, Any]:
    return {
        "event_kind": happened.kind,
        "subject": f"{happened.subject_type} {happened.subject_id}",
        "state": happened.state_to,
        "trace_id": happened.trace_id,
    }


@event.listens_for(ScopedSession, "after_commit")
def _log_what_happened(session: Session) -> None:
    """Write one log line for each event, now that it is true; its trace id leads from a photo to its task."""
    if session.in_nested_transaction():
        return  # only a savepoint: the whole may still be rolled back
    for line in session.info.pop(_UNCOMMITTED, ()):
        log.info("happened", **line)


@event.listens_for(ScopedSession, "after_rollback")
def _forget_what_did_not_happen(session: Session) -> None:
    session.info.pop(_UNCOMMITTED, None)
