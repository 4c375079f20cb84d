"""Findings that no longer hold are withdrawn, and with them an issue that only they raised and nobody works on."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Literal

import sqlalchemy as sa

from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.issues.model import Finding, Issue, IssueState
from workflows.pipeline import emit
from workflows.tasks import service as tasks
from workflows.tasks.model import Task, TaskState
from workflows.tasks.policy import Action
from workflows.verification.model import FixAttempt
from workflows.visits.model import Visit

Fate = Literal["closed before", "still raised", "being worked on", "withdrawn"]
STAYS = {
    "closed before": Text("问题此前已关闭", "the issue was closed before"),
    "still raised": Text("问题还有其他依据, 保留", "the issue stays, for other findings raise it"),
    "being worked on": Text("已有人在处理, 问题保留", "the issue stays, for somebody works on it"),
}


def fate_of(*, closed: bool, still_raised: bool, begun: bool) -> Fate:
    """Tell what becomes of an issue that loses findings."""
    if closed:
        return "closed before"
    if still_raised:
        return "still raised"
    return "being worked on" if begun else "withdrawn"


def withdraw(session: ScopedSession, now: dt.datetime, findings: Collection[Finding], why: Text) -> None:
    """Withdraw findings of one visit, whose row the caller has locked; the trail of each issue tells `why`."""
    for finding in findings:
        finding.withdrawn_at = now
    session.flush()
    for issue_id in sorted({finding.issue_id for finding in findings if finding.issue_id is not None}):
        issue = session.scalars(sa.select(Issue).where(Issue.id == issue_id).with_for_update()).one()
        task = session.scalar(sa.select(Task).where(Task.issue_id == issue_id).with_for_update())
        ids = [str(finding.id) for finding in findings if finding.issue_id == issue_id]
        _settle(session, now, issue, task, why, ids)


def _settle(
    session: ScopedSession, now: dt.datetime, issue: Issue, task: Task | None, why: Text, ids: list[str]
) -> None:
    fate = fate_of(
        closed=issue.state == IssueState.CLOSED,
        still_raised=_still_raised(session, issue),
        begun=task is not None and _begun(session, task),
    )
    told = {"findings": ids}
    if fate != "withdrawn":
        stays = STAYS[fate]
        why = Text(f"{why.zh}; {stays.zh}", f"{why.en}; {stays.en}")
        emit(session, now, e.FindingsWithdrawn(subject_id=issue.id, why=why, data=told, trace_id=issue.trace_id))
        return
    before, issue.state = issue.state, IssueState.CLOSED
    issue.closed_at = issue.withdrawn_at = now
    change = (before, issue.state)
    emit(
        session, now, e.IssueWithdrawn(subject_id=issue.id, change=change, why=why, data=told, trace_id=issue.trace_id)
    )
    if task is not None:
        moved = tasks.move(task, Action.WITHDRAW, now)
        emit(session, now, e.TaskWithdrawn(subject_id=task.id, change=moved, why=why, trace_id=task.trace_id))


def _still_raised(session: ScopedSession, issue: Issue) -> bool:
    """Tell whether a finding raises it that holds: those of its visit and checkpoint, joined to it already or not."""
    others = sa.select(Finding.id).where(
        Finding.visit_id == issue.visit_id,
        Finding.checkpoint == issue.checkpoint,
        Finding.raises,
        Finding.withdrawn_at.is_(None),
    )
    return session.scalar(others.limit(1)) is not None


def _begun(session: ScopedSession, task: Task) -> bool:
    if task.started_at is not None or task.state != TaskState.OPEN:
        return True
    sent = sa.select(FixAttempt.id).where(FixAttempt.task_id == task.id).limit(1)
    return session.scalar(sent) is not None


def revive(finding: Finding) -> None:
    """Let a withdrawn finding hold again; like a new one, it then opens or joins an issue."""
    finding.withdrawn_at, finding.issue_id = None, None


def locked_visit(session: ScopedSession, visit_id: uuid.UUID) -> None:
    """Lock the visit, before its issues and tasks: whoever opens issues does the same."""
    session.scalar(sa.select(Visit.id).where(Visit.id == visit_id).with_for_update())
