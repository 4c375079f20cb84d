"""Stores at a glance, the weakest first."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.org import OrgNode
from core.scope import ScopedSession
from reports.heatmap import share
from workflows.issues.views import stores_below
from workflows.stores import StoreRef
from workflows.tasks.model import Task, TaskState
from workflows.visits.model import Answer, Visit, VisitState


class StoreLine(msgspec.Struct, frozen=True):
    """One store: the score of its last visit (in one dimension, if one is asked for), and what is open there."""

    store: StoreRef
    score: float | None
    last_visit_at: dt.datetime | None
    last_visit_id: uuid.UUID | None
    open_tasks: int
    overdue_tasks: int


def list_stores(
    session: ScopedSession, now: dt.datetime, node_id: uuid.UUID | None, dimension: str | None
) -> tuple[StoreLine, ...]:
    """Return the stores of a node's part of the tree; with a dimension, only its answers and tasks are counted."""
    query = sa.select(OrgNode).where(OrgNode.kind == "store").order_by(OrgNode.code)
    if node_id is not None:
        query = query.where(OrgNode.id.in_(stores_below(session, node_id)))
    stores = list(session.scalars(query))
    ids = [store.id for store in stores]
    last, tasks = _last_visits(session, ids), _tasks(session, now, ids, dimension)
    scores = {visit.id: visit.score for visit in last.values()}
    if dimension is not None:
        scores = _dimension_scores(session, list(scores), dimension)
    lines = [_line(store, last.get(store.id), scores, tasks.get(store.id, (0, 0))) for store in stores]
    return tuple(sorted(lines, key=lambda line: (line.score is None, line.score, line.store.code)))


def _line(
    store: OrgNode, visit: Visit | None, scores: dict[uuid.UUID, float | None], tasks: tuple[int, int]
) -> StoreLine:
    return StoreLine(
        store=StoreRef(store.id, store.name, store.code, store.time_zone),
        score=scores.get(visit.id) if visit else None,
        last_visit_at=visit.submitted_at if visit else None,
        last_visit_id=visit.id if visit else None,
        open_tasks=tasks[0],
        overdue_tasks=tasks[1],
    )


def _last_visits(session: ScopedSession, ids: list[uuid.UUID]) -> dict[uuid.UUID, Visit]:
    latest = (
        sa.select(Visit.store_id, sa.func.max(Visit.submitted_at).label("at"))
        .where(Visit.store_id.in_(ids), Visit.state == VisitState.SUBMITTED)
        .group_by(Visit.store_id)
        .subquery()
    )
    match = sa.and_(latest.c.store_id == Visit.store_id, latest.c.at == Visit.submitted_at)
    return {visit.store_id: visit for visit in session.scalars(sa.select(Visit).join(latest, match))}


def _dimension_scores(
    session: ScopedSession, visit_ids: list[uuid.UUID], dimension: str
) -> dict[uuid.UUID, float | None]:
    """Return what each visit earned in one dimension, as a cell of the heatmap counts it."""
    counted = (
        sa.select(Answer.visit_id, sa.func.sum(Answer.weight), sa.func.sum(Answer.weight * Answer.points))
        .where(Answer.visit_id.in_(visit_ids), Answer.dimension == dimension, Answer.points.is_not(None))
        .group_by(Answer.visit_id)
    )
    return {visit_id: share(points, weight) for visit_id, weight, points in session.execute(counted)}


def _tasks(
    session: ScopedSession, now: dt.datetime, ids: list[uuid.UUID], dimension: str | None
) -> dict[uuid.UUID, tuple[int, int]]:
    query = (
        sa.select(Task.store_id, sa.func.count(), sa.func.sum(sa.case((Task.due_at < now, 1), else_=0)))
        .where(Task.store_id.in_(ids), Task.state != TaskState.CLOSED)
        .group_by(Task.store_id)
    )
    if dimension is not None:
        query = query.where(Task.dimension == dimension)
    return {store_id: (count, int(overdue)) for store_id, count, overdue in session.execute(query)}
