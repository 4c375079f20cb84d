"""Findings of one visit about the same checkpoint become one issue."""

import datetime as dt
import uuid
from collections import defaultdict

import sqlalchemy as sa

from checklists.checkpoint import Library
from core.events import TrailEvent
from core.ids import derived_id
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.issues.model import Finding, Issue, IssueState
from workflows.pipeline import emit
from workflows.tasks.model import Task, TaskState
from workflows.tasks.policy import Action, Sla, worst
from workflows.tasks.service import move
from workflows.visits.model import Photo, Visit, VoiceNote

SOURCES = {
    "answer": Text("检查项未达标", "a failed answer"),
    "vision": Text("照片识别", "seen on a photo"),
    "review": Text("人工确认", "confirmed by a person"),
    "speech": Text("语音提及", "heard in a voice note"),
}


def raise_issues(session: ScopedSession, now: dt.datetime, visit_id: uuid.UUID, library: Library, sla: Sla) -> int:
    """Open or join an issue for every finding of the visit that has none yet; return how many were opened.

    Findings that do not raise an issue by themselves join one that is there.
    """
    visit = session.scalars(sa.select(Visit).where(Visit.id == visit_id).with_for_update()).one()
    there = session.scalars(sa.select(Issue).where(Issue.visit_id == visit_id).order_by(Issue.id).with_for_update())
    known = {issue.checkpoint: issue for issue in there}
    loose: dict[str, list[Finding]] = defaultdict(list)
    for finding in session.scalars(
        sa.select(Finding)
        .where(Finding.visit_id == visit_id, Finding.issue_id.is_(None), Finding.withdrawn_at.is_(None))
        .order_by(Finding.found_at, Finding.id)
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
    raising = [finding for finding in findings if finding.raises]
    issue = Issue(
        id=derived_id("issue", visit.id, checkpoint.code), company_id=visit.company_id, store_id=visit.store_id,
        visit_id=visit.id, checkpoint=checkpoint.code, dimension=checkpoint.dimension, title=checkpoint.title,
        severity=worst(finding.severity for finding in raising), state=IssueState.OPEN,
        opened_at=now, trace_id=_trace_of(session, raising[0]),
    )  # fmt: skip
    session.add(issue)
    session.flush()
    emit(
        session,
        now,
        e.IssueOpened(
            subject_id=issue.id,
            change=(None, IssueState.OPEN),
            why=_sources(findings),
            data={"findings": [str(finding.id) for finding in findings], "severity": issue.severity},
            trace_id=issue.trace_id,
        ),
    )
    return issue


def _sources(findings: list[Finding]) -> Text:
    seen = [SOURCES[source] for source in sorted({finding.source for finding in findings})]
    return Text("、".join(source.zh for source in seen), ", ".join(source.en for source in seen))


def _join(session: ScopedSession, now: dt.datetime, issue: Issue, findings: list[Finding], sla: Sla) -> None:
    """A later finding may make the issue worse; then its task is due sooner, never later.

    The shorter time counts from now, not from when the issue was opened: a photo that was a day on its way must not
    make a task overdue in the moment it becomes urgent. What was seen before the fix does not reopen what is fixed.
    """
    if issue.withdrawn_at is not None:
        if any(finding.raises for finding in findings):
            _reopen(session, now, issue, findings, sla)
        return
    if issue.state == IssueState.CLOSED:
        found = {"findings": [str(finding.id) for finding in findings]}
        emit(session, now, e.LateFindings(subject_id=issue.id, data=found, trace_id=issue.trace_id))
        return
    severity = worst([issue.severity, *(finding.severity for finding in findings if finding.raises)])
    if severity == issue.severity:
        return
    before, issue.severity = issue.severity, severity
    task = session.scalar(sa.select(Task).where(Task.issue_id == issue.id).with_for_update())
    if task is not None and task.state != TaskState.CLOSED:
        task.severity, task.version = severity, task.version + 1
        task.due_at = min(task.due_at, now + sla.of(severity))
        if task.next_escalation_at is not None:
            task.next_escalation_at = min(task.next_escalation_at, task.due_at)
        due = {"due_at": task.due_at.isoformat(), "severity": severity}
        emit(session, now, e.TaskDueSooner(subject_id=task.id, data=due, trace_id=task.trace_id))
    emit(session, now, e.IssueWorsened(subject_id=issue.id, change=(before, severity), trace_id=issue.trace_id))


def _reopen(session: ScopedSession, now: dt.datetime, issue: Issue, findings: list[Finding], sla: Sla) -> None:
    """Open an issue again that was withdrawn; its task starts anew, with its whole time."""
    before, issue.state = issue.state, IssueState.OPEN
    issue.severity = worst(finding.severity for finding in findings if finding.raises)
    issue.opened_at, issue.closed_at, issue.withdrawn_at = now, None, None
    emit(
        session,
        now,
        e.IssueReopened(
            subject_id=issue.id, change=(before, issue.state), why=_sources(findings),
            data={"findings": [str(finding.id) for finding in findings]}, trace_id=issue.trace_id,
        ),
    )  # fmt: skip
    task = session.scalar(sa.select(Task).where(Task.issue_id == issue.id).with_for_update())
    if task is None:
        return  # the job that follows from the event makes it
    task.severity, task.created_at, task.due_at = issue.severity, now, now + sla.of(issue.severity)
    change = move(task, Action.REOPEN, now)
    due = {"due_at": task.due_at.isoformat(), "severity": task.severity}
    emit(session, now, e.TaskReopened(subject_id=task.id, change=change, data=due, trace_id=task.trace_id))


def _trace_of(session: ScopedSession, finding: Finding) -> str | None:
    """Return the trace id of what the finding was made on, whichever job happens to raise its issue."""
    if finding.photo_id is not None:
        return session.scalar(sa.select(Photo.trace_id).where(Photo.id == finding.photo_id))
    if finding.note_id is not None:
        return session.scalar(sa.select(VoiceNote.trace_id).where(VoiceNote.id == finding.note_id))
    sent = (TrailEvent.subject_type == "visit", TrailEvent.subject_id == finding.visit_id)
    return session.scalar(sa.select(TrailEvent.trace_id).where(*sent, TrailEvent.kind == e.VisitSubmitted.__name__))
