"""The job that compares an after photo with the one that showed the problem."""

import datetime as dt
import uuid
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.jobs import Ticket
from core.scope import ScopedSession
from core.text import Text
from vision.compare import REASONS
from vision.errors import PhotoError
from vision.geometry import Box
from vision.photo import open_photo
from workflows.campaigns.fixing import judge_material
from workflows.evidence.weighing import Examined, examine, note
from workflows.issues.model import Finding
from workflows.tasks.model import Task
from workflows.tools import Effects, Tools, keep
from workflows.verification.model import FixAttempt
from workflows.verification.service import Judgement, judge
from workflows.visits.model import Photo
from workflows.visits.seeing import Seen, describe, look, mark_unreadable

NO_BEFORE = Judgement(
    "unsure", ("no_before_photo",), Text("没有整改前照片可比对", "There is no before photo to compare with")
)
USED_BEFORE = Text("整改照片以前提交过", "The after photo was sent before")


class Case(msgspec.Struct, frozen=True):
    """What is to be compared: hashes of the two photos, and where the gaps were in the first."""

    after_sha256: str
    before_sha256: str | None
    boxes: tuple[Box, ...]
    before_id: uuid.UUID | None = None


def check_fix(tools: Tools, ticket: Ticket) -> Effects:
    """Judge one after photo: no photo at all goes back to its sender; without a before photo a person judges."""
    case = _case(tools, ticket)
    try:
        seen = look(tools, case.after_sha256)
    except PhotoError as error:
        problem = error.detail
        verdict = Judgement("not_fixed", ("unreadable",), problem)

        def refuse(session: ScopedSession, now: dt.datetime) -> None:
            mark_unreadable(session, now, ticket.subject_id, problem)
            judge(session, now, ticket.subject_id, verdict)

        return refuse
    judgement = judge_material(tools, ticket) or (_compare(tools, case) if case.before_sha256 else NO_BEFORE)
    examined = examine(tools, ticket.company_id, ticket.subject_id, case.before_id)
    if examined.used_before and judgement.verdict == "fixed":
        judgement = msgspec.structs.replace(judgement, verdict="unsure", reasons=("used_before",), why=USED_BEFORE)
    return _effects(ticket, seen, judgement, examined)


def _effects(ticket: Ticket, seen: Seen, judgement: Judgement, examined: Examined) -> Effects:
    def apply(session: ScopedSession, now: dt.datetime) -> None:
        describe(session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one(), seen)
        note(session, now, examined)
        judge(session, now, ticket.subject_id, judgement)

    return apply


def _case(tools: Tools, ticket: Ticket) -> Case:
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        attempt = session.scalars(sa.select(FixAttempt).where(FixAttempt.photo_id == ticket.subject_id)).one()
        task = session.scalars(sa.select(Task).where(Task.id == attempt.task_id)).one()
        after = session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one()
        before = session.scalar(sa.select(Photo).where(Photo.id == attempt.before_photo_id))
        findings = _latest_word(
            session.scalars(
                sa.select(Finding)
                .where(Finding.issue_id == task.issue_id, Finding.photo_id == attempt.before_photo_id)
                .order_by(Finding.found_at, Finding.id)
            )
        )
        boxes = tuple(_box(box) for finding in findings for box in finding.place.get("boxes", ()))
    return Case(after.sha256, before.sha256 if before else None, boxes, before.id if before else None)


def _latest_word(findings: Iterable[Finding]) -> list[Finding]:
    """Return what is known of a photo: where a person judged its gaps, the latest judgement alone."""
    found = list(findings)
    judged = [finding for finding in found if finding.source == "review"]
    return judged[-1:] or found


def _box(corners: list[float]) -> Box:
    x0, y0, x1, y1 = (round(value) for value in corners)
    return x0, y0, x1, y1


def _compare(tools: Tools, case: Case) -> Judgement:
    if tools.reader is None or case.before_sha256 is None:
        raise RuntimeError("this worker was started without the vision queue")
    limit = tools.parts.settings.max_photo_bytes
    before = open_photo(tools.parts.blobs.read(case.before_sha256), max_bytes=limit)
    after = open_photo(tools.parts.blobs.read(case.after_sha256), max_bytes=limit)
    found = tools.compare(before, after, case.boxes, tools.reader)
    return Judgement(
        verdict=found.verdict,
        reasons=found.reasons,
        why=_sentence(found.reasons),
        score=found.score,
        overlay_sha256=keep(tools.parts, found.overlay, "image/jpeg") if found.overlay else None,
    )


def _sentence(reasons: tuple[str, ...]) -> Text | None:
    texts = [REASONS[reason] for reason in reasons if reason in REASONS]
    return Text("; ".join(text.zh for text in texts), "; ".join(text.en for text in texts)) if texts else None
