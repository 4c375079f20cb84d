"""What a person sees and does about jobs: those that failed for good, why, and running them again."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core import jobs, paging
from core.errors import Conflict
from core.jobs import Job, JobState
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.pipeline import HEAR, READ_NOTE, emit
from workflows.visits.model import MediaState, Photo, VoiceNote


class JobView(msgspec.Struct, frozen=True):
    """A job in the list."""

    id: uuid.UUID
    kind: str
    queue: str
    state: str
    attempts: int
    last_error: str | None
    subject: str
    trace_id: str | None
    created_at: dt.datetime
    finished_at: dt.datetime | None
    version: int


class QueueView(msgspec.Struct, frozen=True):
    """One queue at a glance; `oldest_s` is how long its oldest due job has waited."""

    queue: str
    ready: int
    running: int
    dead: int
    oldest_s: float | None


def list_jobs(session: ScopedSession, request: paging.PageRequest, *, state: str | None = None) -> paging.Page[JobView]:
    """Return one page of jobs, the latest first."""
    query = sa.select(Job) if state is None else sa.select(Job).where(Job.state == state)
    page = paging.fetch(session, query, [(Job.created_at, "desc"), (Job.id, "desc")], request)
    return paging.Page(items=tuple(_view(job) for job in page.items), next=page.next)


def rerun(session: ScopedSession, now: dt.datetime, job_id: uuid.UUID, version: int) -> JobView:
    """Put a dead job back to work; the photo or note it is about counts as waiting again.

    Raises:
        NotFound: no such job in the caller's company.
        StaleVersion: it has changed since.
        Conflict: `job.not_dead`; or `note.audio_dropped`, its recording was deleted.

    """
    job = jobs.rerun(session, now, job_id, version)
    if job.kind == HEAR.kind:
        _must_have_audio(session, job.subject_id)
    tables: dict[str, type[Photo | VoiceNote]] = {"photo": Photo, "voice_note": VoiceNote}
    if table := tables.get(job.subject_type):
        failed = sa.update(table).where(table.id == job.subject_id, table.state == MediaState.FAILED)
        session.execute(failed.values(state=MediaState.STORED, problem=None))
    if job.kind == READ_NOTE.kind:
        session.execute(sa.update(VoiceNote).where(VoiceNote.id == job.subject_id).values(unread=None))
    told = e.AnalysisRunAgain(
        subject_id=job.id,
        change=(JobState.DEAD, JobState.READY),
        data={"kind": job.kind, "subject_id": str(job.subject_id)},
        trace_id=job.trace_id,
    )
    emit(session, now, told)
    return _view(job)


def _must_have_audio(session: ScopedSession, note_id: uuid.UUID) -> None:
    """Return when there is a recording to listen to, and hold it until the transaction ends."""
    note = session.scalar(sa.select(VoiceNote).where(VoiceNote.id == note_id).with_for_update())
    if note is not None and note.audio_dropped_at is not None:
        raise Conflict(
            "note.audio_dropped",
            Text(
                "录音已按公司设置删除, 无法重新识别",
                "The recording was deleted, as the company chose; there is nothing left to listen to",
            ),
            dropped_at=note.audio_dropped_at,
        )


def summary(session: ScopedSession, now: dt.datetime) -> tuple[QueueView, ...]:
    """Return every queue that has anything in it."""
    counts: dict[str, dict[str, int]] = {}
    grouped = sa.select(Job.queue, Job.state, sa.func.count()).where(Job.state != JobState.DONE)
    for queue, state, count in session.execute(grouped.group_by(Job.queue, Job.state)):
        counts.setdefault(queue, {})[state] = count
    due = sa.select(Job.queue, sa.func.min(Job.run_at)).where(Job.state == JobState.READY, Job.run_at <= now)
    oldest = {row[0]: row[1] for row in session.execute(due.group_by(Job.queue))}
    return tuple(
        QueueView(
            queue=queue,
            ready=states.get(JobState.READY, 0),
            running=states.get(JobState.RUNNING, 0),
            dead=states.get(JobState.DEAD, 0),
            oldest_s=(now - oldest[queue]).total_seconds() if queue in oldest else None,
        )
        for queue, states in sorted(counts.items())
    )


def _view(job: Job) -> JobView:
    return JobView(
        id=job.id,
        kind=job.kind,
        queue=job.queue,
        state=job.state,
        attempts=job.attempts,
        last_error=job.last_error,
        subject=f"{job.subject_type} {job.subject_id}",
        trace_id=job.trace_id,
        created_at=job.created_at,
        finished_at=job.finished_at,
        version=job.version,
    )
