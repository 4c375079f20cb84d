"""An after photo comes in, is judged by the model or by a person, and closes the task or sends it back."""

import datetime as dt
import uuid
from typing import Literal

import msgspec
import sqlalchemy as sa

from core.access.permissions import PERMISSIONS
from core.access.permissions import Action as Permission
from core.errors import Conflict, Forbidden
from core.ids import derived_id
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.issues.model import Issue, IssueState
from workflows.pipeline import emit
from workflows.tasks import service as tasks
from workflows.tasks.model import Task, TaskState
from workflows.tasks.policy import Action
from workflows.verification.befores import before_photo
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo

Verdict = Literal["fixed", "not_fixed", "different_place", "unsure"]

CHECK_FAILED = "check_failed"
"""The only reason of an attempt whose check was given up; running the job again may still bring a verdict."""


REFUSED_BY_ITSELF = 2
"""So many after photos of a task the machine refuses by itself; what it would refuse then goes to a person."""
REFUSALS = ("not_fixed", "different_place")
NOT_COUNTED = frozenset({"unreadable", "same_photo", "others_left"})
"""Refusals that nobody can hold to be the machine's mistake."""


class Judgement(msgspec.Struct, frozen=True):
    """What the model or a person says of an after photo; `why` is for the one who has to act on it."""

    verdict: Verdict
    reasons: tuple[str, ...]
    why: Text | None
    score: float | None = None
    overlay_sha256: str | None = None
    before_photo_id: uuid.UUID | None = None
    """The photo it was compared with, where that is not the one that was expected."""
    places_done: tuple[uuid.UUID, ...] = ()


def submit_fix(session: ScopedSession, now: dt.datetime, task: Task, photo: Photo) -> FixAttempt:
    """Take an after photo for a task: the clock stops and the check begins."""
    before = before_photo(session, task)
    attempt = FixAttempt(
        id=derived_id("attempt", photo.id), company_id=task.company_id, store_id=task.store_id, task_id=task.id,
        photo_id=photo.id, before_photo_id=before and before.id, submitted_at=now,
    )  # fmt: skip
    session.add(attempt)
    change = tasks.move(task, Action.SUBMIT_FIX, now)
    emit(session, now, e.AfterPhotoStored(subject_id=photo.id, data={"sha256": photo.sha256}, trace_id=photo.trace_id))
    emit(
        session,
        now,
        e.FixSubmitted(subject_id=task.id, change=change, data={"photo_id": str(photo.id)}, trace_id=photo.trace_id),
    )
    return attempt


def judge(session: ScopedSession, now: dt.datetime, photo_id: uuid.UUID, judgement: Judgement) -> None:
    """Keep the model's judgement of an after photo, and move the task when this is its latest one still waiting.

    A judgement never replaces another, a person's least of all; only where the check had failed and was run again,
    the model's late word counts, as long as no person has decided.
    """
    task_id = session.scalars(sa.select(FixAttempt.task_id).where(FixAttempt.photo_id == photo_id)).one()
    task = tasks.lock(session, task_id)
    attempt = session.scalars(sa.select(FixAttempt).where(FixAttempt.photo_id == photo_id)).one()
    again = attempt.reasons == (CHECK_FAILED,)
    if attempt.verdict is not None and not again:
        return
    attempt.reasons = ()
    judgement = _with_patience(session, task_id, judgement)
    _note(attempt, now, judgement)
    latest = _latest_attempt(session, task.id)
    waiting = task.state == TaskState.FIX_SUBMITTED or (again and task.state == TaskState.IN_REVIEW)
    if latest is attempt and waiting and not (again and judgement.verdict == "unsure"):
        _settle(session, now, task, judgement, photo_id)


def _with_patience(session: ScopedSession, task_id: uuid.UUID, judgement: Judgement) -> Judgement:
    """Let a person look where the machine has refused again and again: it may be the one that is wrong."""
    if judgement.verdict not in REFUSALS or not NOT_COUNTED.isdisjoint(judgement.reasons):
        return judgement
    earlier = session.scalars(
        sa.select(FixAttempt).where(
            FixAttempt.task_id == task_id, FixAttempt.verdict.in_(REFUSALS), FixAttempt.decided_by.is_(None)
        )
    )
    if sum(NOT_COUNTED.isdisjoint(attempt.reasons) for attempt in earlier) < REFUSED_BY_ITSELF:
        return judgement
    return msgspec.structs.replace(judgement, verdict="unsure", reasons=(*judgement.reasons, "refused_before"))


def _latest_attempt(session: ScopedSession, task_id: uuid.UUID) -> FixAttempt | None:
    newest_first = (FixAttempt.submitted_at.desc(), FixAttempt.id.desc())
    return session.scalar(sa.select(FixAttempt).where(FixAttempt.task_id == task_id).order_by(*newest_first).limit(1))


def decide(
    session: ScopedSession, now: dt.datetime, task_id: uuid.UUID, version: int | None, judgement: Judgement
) -> Task:
    """Let a person judge the after photo that the model was unsure about.

    Raises:
        NotFound: no such task in the caller's part of the organisation.
        StaleVersion: it has changed since.
        Conflict: nothing waits for a person there.
        Forbidden: whoever took the after photo does not judge it, unless nobody else could.

    """
    task = tasks.lock(session, task_id, version=version)
    attempt = _latest_attempt(session, task_id)
    if attempt is None or task.state != TaskState.IN_REVIEW:
        raise Conflict(
            "task.nothing_to_decide", Text("没有等待人工复核的整改照片", "No after photo waits for a person")
        )
    photo = session.scalars(sa.select(Photo).where(Photo.id == attempt.photo_id)).one()
    taker = photo.taken_by
    if taker is not None and taker == session.caller.person_id and _others_may_judge(session, task, taker):
        raise Forbidden("task.own_fix", Text("不能复核自己提交的整改照片", "You cannot judge your own after photo"))
    _note(attempt, now, judgement)
    attempt.decided_by = session.caller.person_id
    _settle(session, now, task, judgement, photo.id)
    return task


def _others_may_judge(session: ScopedSession, task: Task, taker: uuid.UUID) -> bool:
    path = session.scalars(sa.select(OrgNode.path).where(OrgNode.id == task.store_id)).one()
    judges = tasks.duties_over(session, path, PERMISSIONS[Permission.DECIDE_FIXES])
    return any(judge.person_id != taker for judge in judges)


def _note(attempt: FixAttempt, now: dt.datetime, judgement: Judgement) -> None:
    attempt.verdict, attempt.why, attempt.decided_at = judgement.verdict, judgement.why, now
    attempt.reasons = (*attempt.reasons, *judgement.reasons)
    attempt.score = judgement.score if judgement.score is not None else attempt.score
    attempt.overlay_sha256 = judgement.overlay_sha256 or attempt.overlay_sha256
    attempt.before_photo_id = judgement.before_photo_id or attempt.before_photo_id
    attempt.places_done = judgement.places_done or attempt.places_done


def _settle(session: ScopedSession, now: dt.datetime, task: Task, judgement: Judgement, photo_id: uuid.UUID) -> None:
    event: type[e.Event]
    match judgement.verdict:
        case "fixed":
            action, event = Action.ACCEPT, e.FixVerified
        case "not_fixed" | "different_place":
            action, event = Action.REJECT, e.FixRejected
        case "unsure":
            action, event = Action.REFER, e.FixReferred
    change = tasks.move(task, action, now)
    if action is Action.ACCEPT:
        issue = session.scalars(sa.select(Issue).where(Issue.id == task.issue_id)).one()
        issue.state, issue.closed_at = IssueState.CLOSED, now
    emit(
        session,
        now,
        event(
            subject_id=task.id,
            change=change,
            why=judgement.why,
            data={"verdict": judgement.verdict, "reasons": list(judgement.reasons), "photo_id": str(photo_id)},
            trace_id=task.trace_id,
        ),
    )
