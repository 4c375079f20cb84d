"""Findings and issues as they are shown."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from core import paging
from core.errors import not_found
from core.org import OrgNode
from core.scope import ScopedSession, within
from core.text import Text
from workflows.issues.model import Finding, Issue
from workflows.stores import StoreRef, stores_of
from workflows.tasks.model import Task


class FindingView(msgspec.Struct, frozen=True):
    """One observation with where it was made and, for a model's, by which model and how sure.

    `withdrawn_at`: since then it no longer holds; it is shown with the issue it had raised only.
    """

    id: uuid.UUID
    source: str
    model: str | None
    checkpoint: str
    dimension: str
    title: Text
    severity: str
    score: float | None
    place: dict[str, Any]
    photo_id: uuid.UUID | None
    note_id: uuid.UUID | None
    issue_id: uuid.UUID | None
    found_at: dt.datetime
    withdrawn_at: dt.datetime | None


class IssueBrief(msgspec.Struct, frozen=True):
    """An issue in a list."""

    id: uuid.UUID
    store_id: uuid.UUID
    visit_id: uuid.UUID
    checkpoint: str
    dimension: str
    title: Text
    severity: str
    state: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    task_id: uuid.UUID | None


class IssueView(IssueBrief, frozen=True, kw_only=True):
    """An issue with its findings."""

    store: StoreRef
    findings: tuple[FindingView, ...]


def findings_of_visit(session: ScopedSession, visit_id: uuid.UUID) -> tuple[FindingView, ...]:
    """Return everything observed during a visit that still holds, in the order it was found."""
    return _findings(session, sa.and_(Finding.visit_id == visit_id, Finding.withdrawn_at.is_(None)))


def issues_of_visit(session: ScopedSession, visit_id: uuid.UUID) -> tuple[IssueBrief, ...]:
    """Return the issues a visit opened."""
    found = list(
        session.scalars(sa.select(Issue).where(Issue.visit_id == visit_id).order_by(Issue.opened_at, Issue.id))
    )
    return tuple(_briefs(session, found))


def list_issues(
    session: ScopedSession,
    request: paging.PageRequest,
    *,
    state: str | None = None,
    dimension: str | None = None,
    node_id: uuid.UUID | None = None,
) -> paging.Page[IssueBrief]:
    """Return one page of issues, the latest first, of one node's part of the tree if one is named."""
    query = sa.select(Issue)
    if state is not None:
        query = query.where(Issue.state == state)
    if dimension is not None:
        query = query.where(Issue.dimension == dimension)
    if node_id is not None:
        query = query.where(Issue.store_id.in_(stores_below(session, node_id)))
    page = paging.fetch(session, query, [(Issue.opened_at, "desc"), (Issue.id, "desc")], request)
    return paging.Page(items=tuple(_briefs(session, list(page.items))), next=page.next)


def issue_view(session: ScopedSession, issue_id: uuid.UUID) -> IssueView:
    """Return one issue with its findings.

    Raises:
        NotFound: there is none in the caller's part of the organisation.

    """
    issue = session.scalar(sa.select(Issue).where(Issue.id == issue_id))
    if issue is None:
        raise not_found("issue", issue_id)
    brief = next(iter(_briefs(session, [issue])))
    return IssueView(
        **{name: getattr(brief, name) for name in IssueBrief.__struct_fields__},
        store=stores_of(session, [issue.store_id])[issue.store_id],
        findings=_findings(session, Finding.issue_id == issue_id),
    )


def stores_below(session: ScopedSession, node_id: uuid.UUID) -> sa.Select[uuid.UUID]:
    """Return the query for the stores in a node's part of the tree, as far as the caller may see it.

    Raises:
        NotFound: no such node in the caller's part of the organisation.

    """
    node = session.scalar(sa.select(OrgNode).where(OrgNode.id == node_id))
    if node is None:
        raise not_found("node", node_id)
    return sa.select(OrgNode.id).where(OrgNode.kind == "store", within(OrgNode.path, (node.path,)))


def _findings(session: ScopedSession, condition: sa.ColumnElement[bool]) -> tuple[FindingView, ...]:
    rows = session.scalars(sa.select(Finding).where(condition).order_by(Finding.found_at, Finding.id))
    return tuple(
        FindingView(
            id=f.id,
            source=f.source,
            model=f.model,
            checkpoint=f.checkpoint,
            dimension=f.dimension,
            title=f.text,
            severity=f.severity,
            score=f.score,
            place=f.place,
            photo_id=f.photo_id,
            note_id=f.note_id,
            issue_id=f.issue_id,
            found_at=f.found_at,
            withdrawn_at=f.withdrawn_at,
        )
        for f in rows
    )


def _briefs(session: ScopedSession, issues: list[Issue]) -> list[IssueBrief]:
    wanted = sa.select(Task.issue_id, Task.id).where(Task.issue_id.in_([issue.id for issue in issues]))
    tasks = {row.issue_id: row.id for row in session.execute(wanted)}
    return [
        IssueBrief(
            id=issue.id,
            store_id=issue.store_id,
            visit_id=issue.visit_id,
            checkpoint=issue.checkpoint,
            dimension=issue.dimension,
            title=issue.title,
            severity=issue.severity,
            state=issue.state,
            opened_at=issue.opened_at,
            closed_at=issue.closed_at,
            withdrawn_at=issue.withdrawn_at,
            task_id=tasks.get(issue.id),
        )
        for issue in issues
    ]
