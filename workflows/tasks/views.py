"""Tasks as they are shown."""

import datetime as dt
import uuid
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from core import paging
from core.org import Person
from core.scope import ScopedSession
from core.text import Text
from workflows.evidence.views import EvidenceView, evidence_by_photo
from workflows.issues.model import Finding
from workflows.issues.views import IssueView, issue_view, stores_below
from workflows.links import Linker
from workflows.stores import StoreRef, stores_of
from workflows.tasks.model import Task, TaskState
from workflows.tasks.trail import TrailEntry, entries
from workflows.verification.befores import before_photo
from workflows.verification.model import FixAttempt
from workflows.verification.reasons import explain
from workflows.visits.model import Photo
from workflows.visits.views import PhotoView, photo_view


class Owner(msgspec.Struct, frozen=True):
    """Who answers for a task at present."""

    id: uuid.UUID
    name: str
    role: str | None


class TaskRow(msgspec.Struct, frozen=True):
    """A task in a list."""

    id: uuid.UUID
    issue_id: uuid.UUID
    store: StoreRef
    checkpoint: str
    dimension: str
    title: Text
    severity: str
    state: str
    owner: Owner | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    due_at: dt.datetime
    closed_at: dt.datetime | None
    overdue: bool
    escalation_level: int
    thumb_url: str | None
    version: int


class Reason(msgspec.Struct, frozen=True):
    """Why a verdict came out as it did."""

    code: str
    text: Text


class Attempt(msgspec.Struct, frozen=True):
    """One after photo and what became of it."""

    id: uuid.UUID
    photo: PhotoView
    submitted_at: dt.datetime
    verdict: str | None
    reasons: tuple[Reason, ...]
    why: Text | None
    score: float | None
    overlay_url: str | None
    decided_by: str | None
    decided_at: dt.datetime | None
    evidence: EvidenceView | None = None


class TaskDetail(TaskRow, frozen=True, kw_only=True):
    """A task with what is wrong, what to do, every attempt and the trail."""

    fix: Text
    issue: IssueView
    before: tuple[PhotoView, ...]
    attempts: tuple[Attempt, ...]
    trail: tuple[TrailEntry, ...]


def list_tasks(
    session: ScopedSession,
    now: dt.datetime,
    link: Linker,
    request: paging.PageRequest,
    *,
    state: str | None = None,
    mine: bool = False,
    overdue: bool = False,
    dimension: str | None = None,
    node_id: uuid.UUID | None = None,
) -> paging.Page[TaskRow]:
    """Return one page of tasks, the soonest due first."""
    query = sa.select(Task)
    if state == "unfinished":
        query = query.where(Task.state != TaskState.CLOSED)
    elif state is not None:
        query = query.where(Task.state == state)
    if mine:
        me = session.caller.person_id
        query = query.where(Task.owner_id == me if me else sa.false())  # a key owns no task, not those without owner
    if overdue:
        query = query.where(Task.due_at < now, Task.state != TaskState.CLOSED)
    if dimension is not None:
        query = query.where(Task.dimension == dimension)
    if node_id is not None:
        query = query.where(Task.store_id.in_(stores_below(session, node_id)))
    page = paging.fetch(session, query, [(Task.due_at, "asc"), (Task.id, "asc")], request)
    return paging.Page(items=tuple(_rows(session, now, link, page.items)), next=page.next)


def task_detail(session: ScopedSession, now: dt.datetime, link: Linker, task: Task) -> TaskDetail:
    """Return one task with everything about it."""
    row = next(iter(_rows(session, now, link, [task])))
    issue = issue_view(session, task.issue_id)
    attempts = list(
        session.scalars(sa.select(FixAttempt).where(FixAttempt.task_id == task.id).order_by(FixAttempt.submitted_at))
    )
    before = _before(session, task, issue)
    media = [("photo", photo.id) for photo in before] + [("photo", attempt.photo_id) for attempt in attempts]
    media += [("voice_note", f.note_id) for f in issue.findings if f.note_id]
    return TaskDetail(
        **{name: getattr(row, name) for name in TaskRow.__struct_fields__},
        fix=task.fix,
        issue=issue,
        before=tuple(photo_view(photo, link) for photo in before),
        attempts=tuple(_attempts(session, attempts, link)),
        trail=entries(session, ("task", task.id), ("issue", task.issue_id), *media),
    )


def _before(session: ScopedSession, task: Task, issue: IssueView) -> list[Photo]:
    """Return the photo the check compares with, then every other one that shows the problem."""
    wanted = {finding.photo_id for finding in issue.findings if finding.photo_id}
    photos = list(session.scalars(sa.select(Photo).where(Photo.id.in_(wanted)).order_by(Photo.id)))
    first = before_photo(session, task)
    return ([first] if first else []) + [photo for photo in photos if first is None or photo.id != first.id]


def _attempts(session: ScopedSession, attempts: list[FixAttempt], link: Linker) -> Iterable[Attempt]:
    wanted = sa.select(Photo).where(Photo.id.in_([attempt.photo_id for attempt in attempts]))
    photos = {photo.id: photo for photo in session.scalars(wanted)}
    names = _names(session, (attempt.decided_by for attempt in attempts))
    evidence = evidence_by_photo(session, photos)
    for attempt in attempts:
        yield Attempt(
            id=attempt.id,
            photo=photo_view(photos[attempt.photo_id], link),
            submitted_at=attempt.submitted_at,
            verdict=attempt.verdict,
            reasons=tuple(Reason(code, explain(code)) for code in attempt.reasons),
            why=attempt.why,
            score=attempt.score,
            overlay_url=link(attempt.overlay_sha256) if attempt.overlay_sha256 else None,
            decided_by=names.get(attempt.decided_by) if attempt.decided_by else None,
            decided_at=attempt.decided_at,
            evidence=evidence.get(attempt.photo_id),
        )


def _names(session: ScopedSession, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    wanted = {id_ for id_ in ids if id_ is not None}
    named = sa.select(Person.id, Person.name).where(Person.id.in_(wanted))
    return {row.id: row.name for row in session.execute(named)}


def _thumbs(session: ScopedSession, tasks: list[Task]) -> dict[uuid.UUID, str]:
    """Return the small picture of each task's issue: of the surest finding that a photo shows."""
    query = (
        sa.select(Finding.issue_id, Photo.thumb_sha256)
        .join(Photo, Photo.id == Finding.photo_id)
        .where(Finding.issue_id.in_([task.issue_id for task in tasks]), Photo.thumb_sha256.is_not(None))
        .order_by(Finding.score)
    )
    return {issue_id: sha256 for issue_id, sha256 in session.execute(query) if issue_id and sha256}


def _rows(session: ScopedSession, now: dt.datetime, link: Linker, tasks: Iterable[Task]) -> Iterable[TaskRow]:
    tasks = list(tasks)
    stores = stores_of(session, (task.store_id for task in tasks))
    names, thumbs = _names(session, (task.owner_id for task in tasks)), _thumbs(session, tasks)
    for task in tasks:
        thumb = thumbs.get(task.issue_id)
        yield TaskRow(
            id=task.id,
            issue_id=task.issue_id,
            store=stores[task.store_id],
            checkpoint=task.checkpoint,
            dimension=task.dimension,
            title=task.title,
            severity=task.severity,
            state=task.state,
            owner=Owner(task.owner_id, names.get(task.owner_id, ""), task.owner_role) if task.owner_id else None,
            created_at=task.created_at,
            started_at=task.started_at,
            due_at=task.due_at,
            closed_at=task.closed_at,
            overdue=task.state != TaskState.CLOSED and task.due_at < now,
            escalation_level=task.escalation_level,
            thumb_url=link(thumb) if thumb else None,
            version=task.version,
        )
