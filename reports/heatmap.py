"""The heatmap: parts of the organisation down, the 12 dimensions across.

A cell's score is the weighted share of points its answers earned, 0 to 100, over visits sent in the period:
100 · Σ(weight · points) / Σ weight, answers that did not apply left out. Null means nothing was asked, not zero.
"""

import datetime as dt
import uuid
from collections import defaultdict

import msgspec
import sqlalchemy as sa

from checklists.checkpoint import Library
from core.errors import not_found
from core.org import OrgNode
from core.scope import ScopedSession, within
from core.text import Text
from workflows.issues.model import Issue, IssueState
from workflows.visits.model import Answer, Visit, VisitState

MY_PART = Text("我的管辖范围", "My part of the company")
"""Heads a heatmap whose rows have no common node that the caller may see."""


class Column(msgspec.Struct, frozen=True):
    """One dimension."""

    dimension: str
    title: Text


class Cell(msgspec.Struct, frozen=True):
    """One dimension of one part of the organisation."""

    dimension: str
    score: float | None
    answers: int
    failed: int
    open_issues: int


class NodeRef(msgspec.Struct, frozen=True):
    """A node of the organisation as a row's head."""

    id: uuid.UUID
    name: Text
    code: str
    kind: str


class Row(msgspec.Struct, frozen=True):
    """One part of the organisation, with its score over all dimensions."""

    node: NodeRef
    score: float | None
    visits: int
    cells: tuple[Cell, ...]


class Heatmap(msgspec.Struct, frozen=True):
    """The children of `node` against the dimensions, and `node` itself as `total`."""

    node: NodeRef
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row
    since: dt.datetime
    until: dt.datetime


class _Sum(msgspec.Struct):
    weight: float = 0.0
    points: float = 0.0
    answers: int = 0
    failed: int = 0
    open_issues: int = 0

    def add(self, other: "_Sum") -> None:
        self.weight += other.weight
        self.points += other.points
        self.answers += other.answers
        self.failed += other.failed
        self.open_issues += other.open_issues

    def score(self) -> float | None:
        return share(self.points, self.weight)


def share(points: float, weight: float) -> float | None:
    """Return the weighted points as a score, 0 to 100, None where nothing was asked."""
    return round(100 * points / weight, 1) if weight else None


Sums = dict[tuple[uuid.UUID, str], _Sum]


def heatmap(
    session: ScopedSession, library: Library, node_id: uuid.UUID | None, since: dt.datetime, until: dt.datetime
) -> Heatmap:
    """Return the heatmap of a node's children (None: the top of the caller's part of the organisation).

    Raises:
        NotFound: no such node in the caller's part of the organisation.

    """
    head, parts = _parts(session, node_id)
    paths = tuple(node.path for node in parts)
    stores = list(session.scalars(sa.select(OrgNode).where(OrgNode.kind == "store", within(OrgNode.path, paths))))
    sums = _sums(session, [store.id for store in stores], since, until)
    visits = _visits(session, [store.id for store in stores], since, until)

    def row(ref: NodeRef, *over: str) -> Row:
        below = [store.id for store in stores if store.path.startswith(over)]
        return _row(ref, library, sums, below, sum(visits[id_] for id_ in below))

    return Heatmap(
        node=head,
        columns=tuple(Column(d.code, d.title) for d in library.dimensions.values()),
        rows=tuple(row(_ref(node), node.path) for node in parts),
        total=row(head, *paths),
        since=since,
        until=until,
    )


def _parts(session: ScopedSession, node_id: uuid.UUID | None) -> tuple[NodeRef, list[OrgNode]]:
    """Return what the heatmap is of, and its rows: the children of a node, or the several tops a caller has."""
    if node_id is None:
        above = sa.orm.aliased(OrgNode)
        tops = list(
            session.scalars(
                sa.select(OrgNode).where(~sa.exists().where(above.id == OrgNode.parent_id)).order_by(OrgNode.code)
            )
        )
        if len(tops) > 1:
            return NodeRef(tops[0].company_id, MY_PART, "", "company"), tops
        node = tops[0] if tops else None
    else:
        node = session.scalar(sa.select(OrgNode).where(OrgNode.id == node_id))
    if node is None:
        raise not_found("node", node_id)
    children = sa.select(OrgNode).where(OrgNode.parent_id == node.id).order_by(OrgNode.kind, OrgNode.code)
    return _ref(node), list(session.scalars(children)) or [node]


def _ref(node: OrgNode) -> NodeRef:
    return NodeRef(node.id, node.name, node.code, node.kind)


def _sums(session: ScopedSession, stores: list[uuid.UUID], since: dt.datetime, until: dt.datetime) -> Sums:
    sums: Sums = defaultdict(_Sum)
    counted = (
        sa.select(
            Answer.store_id,
            Answer.dimension,
            sa.func.sum(Answer.weight),
            sa.func.sum(Answer.weight * Answer.points),
            sa.func.count(),
            sa.func.sum(sa.case((Answer.failed, 1), else_=0)),
        )
        .join(Visit, Visit.id == Answer.visit_id)
        .where(
            Answer.store_id.in_(stores),
            Answer.points.is_not(None),
            Visit.submitted_at >= since,
            Visit.submitted_at < until,
        )
        .group_by(Answer.store_id, Answer.dimension)
    )
    for store_id, dimension, weight, points, answers, failed in session.execute(counted):
        sums[store_id, dimension] = _Sum(weight or 0.0, points or 0.0, answers, int(failed or 0))
    still_open = (
        sa.select(Issue.store_id, Issue.dimension, sa.func.count())
        .where(Issue.store_id.in_(stores), Issue.state == IssueState.OPEN)
        .group_by(Issue.store_id, Issue.dimension)
    )
    for store_id, dimension, count in session.execute(still_open):
        sums[store_id, dimension].open_issues = count
    return sums


def _visits(
    session: ScopedSession, stores: list[uuid.UUID], since: dt.datetime, until: dt.datetime
) -> dict[uuid.UUID, int]:
    counted = (
        sa.select(Visit.store_id, sa.func.count())
        .where(
            Visit.store_id.in_(stores),
            Visit.state == VisitState.SUBMITTED,
            Visit.submitted_at >= since,
            Visit.submitted_at < until,
        )
        .group_by(Visit.store_id)
    )
    return defaultdict(int, {row[0]: row[1] for row in session.execute(counted)})


def _row(ref: NodeRef, library: Library, sums: Sums, below: list[uuid.UUID], visits: int) -> Row:
    cells, whole = [], _Sum()
    for dimension in library.dimensions:
        part = _Sum()
        for store_id in below:
            if (store_id, dimension) in sums:
                part.add(sums[store_id, dimension])
        whole.add(part)
        cells.append(Cell(dimension, part.score(), part.answers, part.failed, part.open_issues))
    return Row(node=ref, score=whole.score(), visits=visits, cells=tuple(cells))
