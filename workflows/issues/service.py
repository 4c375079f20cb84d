"""Findings of one visit about the same checkpoint become one issue."""

import datetime as dt
import uuid
from collections import defaultdict

import sqlalchemy as sa

from checklists.checkpoint import Library
from core.ids import derived_id
from core.scope import ScopedSession
from workflows import events as e
from workflows.issues.model import Finding, Issue, IssueState
from workflows.pipeline import emit
from workflows.tasks.model import Task, TaskState
from workflows.tasks.policy import Sla, worst
from workflows.visits.model import Visit


def raise_issues(session: ScopedSession, now: dt.datetime, visit_id: uuid.UUID, library: Library, sla: Sla) -> int:
    """Open or join an issue for every finding of the visit that has none yet; return how many were opened.

    Findings that do not raise an issue by themselves join one that is there.
    """
    visit = session.scalars(sa.select(Visit).where(Visit.id == visit_id).with_for_update()).one()
    known = {issue.checkpoint: issue for issue in session.scalars(sa.select(Issue).where(Issue.visit_id == visit_id))}
    loose: dict[str, list[Finding]] = defaultdict(list)
    for finding in session.scalars(
        sa.select(Finding).where(Finding.visit_id == visit_id, Finding.issue_id.is_(None)).order_by(Finding.id)
    ):
        loose[finding.checkpoint].append(finding)
    opened = 0
    for checkpoint, findings in loose.items():
        issue = known.get(checkpoint)
        if issue is not None:
            _join(session, now, issue, findings, sla)
        elif any(finding.raises for finding in findings):
            issue = _open(session, now, visit, findings, library)
            opened += 1
        if issue is not None:
            for finding in findings:
                finding.issue_id = issue.id
    return opened


def _open(session: ScopedSession, now: dt.datetime, visit: Visit, findings: list[Finding], library: Library) -> Issue:
    checkpoint = library.checkpoints[findings[0].checkpoint]
    issue = Issue(
        id=derived_id("issue", visit.id, checkpoint.code), company_id=visit.company_id, store_id=visit.store_id,
        visit_id=visit.id, checkpoint=checkpoint.code, dimension=checkpoint.dimension, title=checkpoint.title,
        severity=worst(finding.severity for finding in findings if finding.raises), state=IssueState.OPEN,
        opened_at=now, trace_id=session.caller.trace_id,
    )  # fmt: skip
    session.add(issue)
    session.flush()
    emit(
        session,
        now,
        e.IssueOpened(
            subject_id=issue.id,
            change=(None, IssueState.OPEN),
            why=", ".join(sorted({finding.source for finding in findings})),
            data={"findings": [str(finding.id) for finding in findings], "severity": issue.severity},
            trace_id=issue.trace_id,
        ),
    )
    return issue


def _join(session: ScopedSession, now: dt.datetime, issue: Issue, findings: list[Finding], sla: Sla) -> None:
    """A later finding may make the issue worse; then its task is due sooner, never later."""
    severity = worst([issue.severity, *(finding.severity for finding in findings if finding.raises)])
    if severity == issue.severity:
        return
    before, issue.severity = issue.severity, severity
    task = session.scalar(sa.select(Task).where(Task.issue_id == issue.id).with_for_update())
    if task is not None and task.state != TaskState.CLOSED:
        task.severity, task.version = severity, task.version + 1
        task.due_at = min(task.due_at, issue.opened_at + sla.of(severity))
        if task.next_escalation_at is not None:
            task.next_escalation_at = min(task.next_escalation_at, task.due_at)
    emit(session, now, e.IssueWorsened(subject_id=issue.id, change=(before, severity), trace_id=issue.trace_id))
