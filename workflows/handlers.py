"""Which function does which kind of job, and what is said when it failed for good."""

import datetime as dt
import uuid
from collections.abc import Callable

import sqlalchemy as sa

from core.jobs import JobState, Ticket
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows import pipeline
from workflows.campaigns.looking import look_for_material, sum_up_material
from workflows.evidence.weighing import weigh_evidence
from workflows.issues.model import Issue
from workflows.issues.service import raise_issues as open_issues
from workflows.notes.reading import mark_unread, read_note
from workflows.notify.service import tell
from workflows.prices.reading import read_tags
from workflows.review.service import settle
from workflows.review.shadowing import shadow
from workflows.tasks.service import assign
from workflows.tools import Effects, Tools
from workflows.verification.checking import check_fix
from workflows.verification.service import CHECK_FAILED, Judgement, judge
from workflows.visits.hearing import hear
from workflows.visits.model import MediaState, Photo, VoiceNote
from workflows.visits.seeing import see

GAVE_UP = Text("分析多次失败, 等待人工处理", "The analysis failed repeatedly and waits for a person")
NOT_HEARD = Text(
    "多次识别失败, 录音仍保留; 可以把所说的内容打出来",
    "The recording could not be heard, and is kept; you can type what was said",
)


def raise_issues(tools: Tools, ticket: Ticket) -> Effects:
    """Open issues for the findings of the visit that a photo, a note or the answers belong to."""
    visit_id = uuid.UUID(ticket.payload["visit_id"]) if "visit_id" in ticket.payload else ticket.subject_id

    def apply(session: ScopedSession, now: dt.datetime) -> None:
        open_issues(session, now, visit_id, tools.library, tools.sla)

    return apply


def assign_task(tools: Tools, ticket: Ticket) -> Effects:
    """Make the task of an issue, unless that was withdrawn meanwhile."""

    def apply(session: ScopedSession, now: dt.datetime) -> None:
        issue = session.scalars(sa.select(Issue).where(Issue.id == ticket.subject_id).with_for_update()).one()
        if issue.withdrawn_at is None:
            assign(session, now, issue.id, tools.library, tools.sla)

    return apply


HANDLERS: dict[str, Callable[[Tools, Ticket], Effects]] = {
    pipeline.SEE.kind: see,
    pipeline.HEAR.kind: hear,
    pipeline.READ_NOTE.kind: read_note,
    pipeline.CHECK_FIX.kind: check_fix,
    pipeline.LOOK_FOR_MATERIAL.kind: look_for_material,
    pipeline.SUM_UP_MATERIAL.kind: sum_up_material,
    pipeline.RAISE_ISSUES.kind: raise_issues,
    pipeline.ASSIGN_TASK.kind: assign_task,
    pipeline.TELL.kind: tell,
    pipeline.SETTLE_REVIEW.kind: settle,
    pipeline.SHADOW.kind: shadow,
    pipeline.READ_TAGS.kind: read_tags,
    pipeline.WEIGH_EVIDENCE.kind: weigh_evidence,
}


def give_up(session: ScopedSession, now: dt.datetime, ticket: Ticket, error: str) -> None:
    """Make a job's final failure visible where its result was awaited; a person can still run it again."""
    match ticket.kind:
        case pipeline.SEE.kind:
            _mark_failed(session.get(Photo, ticket.subject_id), GAVE_UP)
        case pipeline.HEAR.kind:
            _mark_failed(session.get(VoiceNote, ticket.subject_id), NOT_HEARD)
        case pipeline.READ_NOTE.kind:
            mark_unread(session, ticket)
        case pipeline.CHECK_FIX.kind:
            _mark_failed(session.get(Photo, ticket.subject_id), GAVE_UP)
            judge(session, now, ticket.subject_id, Judgement("unsure", (CHECK_FAILED,), GAVE_UP))
        case _:
            pass
    given_up = e.AnalysisGivenUp(
        subject_id=ticket.id,
        change=(JobState.RUNNING, JobState.DEAD),
        why=Text(f"多次失败: {error}", f"Failed as often as it may: {error}"),
        data={"kind": ticket.kind, "subject_id": str(ticket.subject_id)},
        trace_id=ticket.trace_id,
    )
    pipeline.emit(session, now, given_up)


def _mark_failed(media: Photo | VoiceNote | None, why: Text) -> None:
    if media is not None:  # else that it is gone is why the job failed
        media.state, media.problem = MediaState.FAILED, why
