"""Jobs: rows that are written in the transaction that causes them and finished in the transaction of their effects.

A worker takes a lease on a row, works, and commits its effects together with `done`. A worker that dies leaves a lease
that runs out; the next one starts over. The lease's token guards the end: of two workers that both believe to hold the
job, one commits. A queue server (Redis) only ever carries ids, as a hint that saves polling.

Times are those of the host that writes them. Hosts keep their clocks together to about `CLOCK_SKEW`; a lease is longer
than any job by far more than that.
"""

import datetime as dt
import enum
import secrets
import uuid
from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.errors import Conflict, not_found, stale
from core.ids import new_id
from core.scope import CompanyOwned, ScopedSession
from core.text import Text

FIRST_BACKOFF = dt.timedelta(seconds=2)
LONGEST_BACKOFF = dt.timedelta(minutes=10)
LONGEST_WAIT = dt.timedelta(seconds=30)
"""Between two looks whether a part that is away has come back."""
CLOCK_SKEW = dt.timedelta(seconds=1)
"""A job that another host found due is due, although the clock here may be that much behind."""


class JobState(enum.StrEnum):
    """`dead` waits for a person: it failed as often as it may."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Job(CompanyOwned, Base):
    """One piece of work. `key` is unique: the same cause never makes two."""

    __tablename__ = "job"
    __table_args__ = (
        sa.Index("ix_job_due", "queue", "state", "run_at"),
        sa.Index("ix_job_subject", "subject_type", "subject_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(48))
    queue: Mapped[str] = mapped_column(sa.String(16))
    subject_type: Mapped[str] = mapped_column(sa.String(24))
    subject_id: Mapped[uuid.UUID] = mapped_column()
    payload: Mapped[dict[str, Any]] = mapped_column(Json(dict[str, Any]))
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))
    state: Mapped[str] = mapped_column(sa.String(16), default=JobState.READY)
    attempts: Mapped[int] = mapped_column(default=0)
    waits: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    lease_token: Mapped[str | None] = mapped_column(sa.String(32))
    leased_by: Mapped[str | None] = mapped_column(sa.String(64))
    lease_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    dispatched_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class Ticket(msgspec.Struct, frozen=True):
    """A leased job, as the worker carries it."""

    id: uuid.UUID
    company_id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    payload: dict[str, Any]
    trace_id: str | None
    attempt: int
    token: str
    exhausted: bool = False
    """Every allowed attempt ended without a word (the worker died): bury it, do not try again."""


class LeaseLost(Conflict):
    """Another worker has taken this job over; nothing of this attempt may be kept."""


def enqueue(
    session: ScopedSession,
    now: dt.datetime,
    *,
    kind: str,
    queue: str,
    subject: tuple[str, uuid.UUID],
    key: str,
    payload: dict[str, Any] | None = None,
    trace_id: str | None = None,
    after: dt.timedelta = dt.timedelta(0),
) -> None:
    """Add a job in the current transaction, due `after` a while. A job of the same key is not added again."""
    company_id = session.caller.company_id
    if company_id is None:
        raise ValueError("a job belongs to a company")
    if session.scalar(sa.select(Job.id).where(Job.key == key)) is not None:
        return
    session.add(
        Job(
            id=new_id(),
            company_id=company_id,
            key=key,
            kind=kind,
            queue=queue,
            subject_type=subject[0],
            subject_id=subject[1],
            payload=payload or {},
            trace_id=trace_id or session.caller.trace_id,
            run_at=now + after,
            created_at=now,
        )
    )


def any_due(session: ScopedSession, now: dt.datetime, queues: tuple[str, ...]) -> bool:
    """Tell whether `claim` would find something. A read, so that idle workers do not queue up for the write lock."""
    due = sa.select(Job.id).where(Job.queue.in_(queues), _claimable(now)).limit(1)
    return session.scalar(due) is not None


def _claimable(now: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(Job.state == JobState.READY, Job.run_at <= now),
        sa.and_(Job.state == JobState.RUNNING, Job.lease_until < now),
    )


def claim(
    session: ScopedSession,
    now: dt.datetime,
    queues: tuple[str, ...],
    lease: dt.timedelta,
    most_attempts: int,
    *,
    worker: str,
    only: uuid.UUID | None = None,
) -> Ticket | None:
    """Lease the oldest due job of `queues` (or the job `only`, if it is due); None when there is none.

    A job whose worker died on its last attempt comes back `exhausted`, for the worker to bury.
    """
    due = _claimable(now) if only is None else sa.and_(Job.id == only, _claimable(now + CLOCK_SKEW))
    wanted = sa.select(Job).where(Job.queue.in_(queues), due).order_by(Job.run_at, Job.id).limit(1)
    job = session.scalar(wanted.with_for_update(skip_locked=True))
    if job is None:
        return None
    exhausted = job.attempts >= most_attempts
    job.state, job.attempts = JobState.RUNNING, job.attempts + (not exhausted)
    job.lease_token, job.lease_until = secrets.token_hex(16), now + lease
    job.leased_by = worker
    return Ticket(
        id=job.id,
        company_id=job.company_id,
        kind=job.kind,
        subject_id=job.subject_id,
        payload=job.payload,
        trace_id=job.trace_id,
        attempt=job.attempts,
        token=job.lease_token,
        exhausted=exhausted,
    )


def hold(session: ScopedSession, ticket: Ticket) -> Job:
    """Lock the job for the rest of the transaction, before its effects are written.

    Raises:
        LeaseLost: the lease ran out and someone else has the job; nothing of this attempt may be kept.

    """
    job = session.scalar(sa.select(Job).where(Job.id == ticket.id, Job.lease_token == ticket.token).with_for_update())
    if job is None:
        raise LeaseLost("job.lease_lost", Text("任务已由其他工作进程接手", "Another worker has taken this job over"))
    return job


def complete(session: ScopedSession, now: dt.datetime, ticket: Ticket) -> None:
    """Mark the job done in the transaction of its effects.

    Raises:
        LeaseLost: as `hold`; the transaction must be rolled back.

    """
    job = hold(session, ticket)
    job.state, job.finished_at = JobState.DONE, now
    job.lease_token = job.lease_until = job.last_error = None
    job.version += 1


def fail(
    session: ScopedSession, now: dt.datetime, ticket: Ticket, error: str, *, most_attempts: int, final: bool
) -> bool:
    """Give the job back for a later attempt, or bury it when `final` or tried often enough; True when buried.

    Raises:
        LeaseLost: as `hold`.

    """
    job = hold(session, ticket)
    job.last_error = error[:2000]
    job.lease_token = job.lease_until = None
    if final or job.attempts >= most_attempts:
        _bury(job, now, job.last_error)
        return True
    job.state, job.run_at, job.dispatched_at = JobState.READY, now + backoff(job.attempts), None
    return False


def postpone(session: ScopedSession, now: dt.datetime, ticket: Ticket, error: str) -> None:
    """Give the job back because a part it stands on is away: not its fault, so it does not count as an attempt.

    Raises:
        LeaseLost: as `hold`.

    """
    job = hold(session, ticket)
    job.attempts, job.waits, job.last_error = job.attempts - 1, job.waits + 1, error[:2000]
    job.state, job.run_at, job.dispatched_at = JobState.READY, now + min(backoff(job.waits), LONGEST_WAIT), None
    job.lease_token = job.lease_until = None


def release(session: ScopedSession, now: dt.datetime, worker: str) -> int:
    """End the leases of a worker that is known to be dead, so that nobody waits for them to run out; how many.

    A job that may have killed it waits its backoff, so that it does not go before the others again and again.
    """
    held = sa.select(Job).where(Job.state == JobState.RUNNING, Job.leased_by == worker).with_for_update()
    jobs = list(session.scalars(held))
    for job in jobs:
        job.state, job.run_at, job.dispatched_at = JobState.READY, now + backoff(job.attempts), None
        job.lease_token = job.lease_until = None
    return len(jobs)


def lease_holders(session: ScopedSession) -> set[str]:
    """Return the names of all workers that hold a lease."""
    names = session.scalars(sa.select(Job.leased_by).where(Job.state == JobState.RUNNING))
    return {name for name in names if name is not None}


def forget_done(session: ScopedSession, before: dt.datetime) -> int:
    """Delete jobs that were done before a time; the trail tells what they did. Return how many."""
    old = sa.delete(Job).where(Job.state == JobState.DONE, Job.finished_at < before)
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def undispatched(
    session: ScopedSession, now: dt.datetime, before: dict[str, dt.datetime], limit: int
) -> list[tuple[uuid.UUID, str]]:
    """Return (id, queue) of due jobs that no queue server has been told of, and note that it is being told.

    Commit before telling: a worker that is quicker than the commit would find the job locked and go away.

    Args:
        session: a transaction of the installation.
        now: the present.
        before: for each queue, the time before which a hint counts as lost and is given again.
        limit: how many at most.

    """
    forgotten = sa.or_(*(sa.and_(Job.queue == queue, Job.dispatched_at < time) for queue, time in before.items()))
    due = (
        sa.select(Job)
        .where(_claimable(now), sa.or_(Job.dispatched_at.is_(None), forgotten, Job.state == JobState.RUNNING))
        .order_by(Job.run_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    jobs = list(session.scalars(due))
    for job in jobs:
        job.dispatched_at = now
        if job.state == JobState.RUNNING:
            job.state, job.lease_token, job.lease_until = JobState.READY, None, None
    return [(job.id, job.queue) for job in jobs]


def not_dispatched(session: ScopedSession, job_ids: Collection[uuid.UUID]) -> None:
    """Take back that the queue server was told of these jobs: it could not be reached."""
    told = sa.update(Job).where(Job.id.in_(job_ids), Job.state == JobState.READY)
    session.execute(told.values(dispatched_at=None).execution_options(synchronize_session=False))


def backoff(attempts: int) -> dt.timedelta:
    """Return the wait after so many attempts: 2 s, 4 s, 8 s … up to 10 minutes."""
    wait: dt.timedelta = FIRST_BACKOFF * (1 << min(attempts - 1, 30))
    return min(wait, LONGEST_BACKOFF)


def rerun(session: ScopedSession, now: dt.datetime, job_id: uuid.UUID, version: int) -> Job:
    """Put a dead job back to work, as a person asked for."""
    job = session.scalar(sa.select(Job).where(Job.id == job_id).with_for_update())
    if job is None:
        raise not_found("job", job_id)
    if job.version != version:
        raise stale("job", job.version)
    if job.state != JobState.DEAD:
        raise Conflict(
            "job.not_dead", Text("只有失败的任务可以重新运行", "Only a dead job can be run again"), state=job.state
        )
    job.state, job.attempts, job.run_at, job.dispatched_at = JobState.READY, 0, now, None
    job.finished_at = None
    job.version += 1
    return job


def _bury(job: Job, now: dt.datetime, error: str) -> None:
    job.state, job.finished_at, job.last_error = JobState.DEAD, now, error
    job.lease_token = job.lease_until = None
    job.version += 1
