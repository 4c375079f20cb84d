"""Visits: planned or begun, then sent once with their answers."""

import datetime as dt
import hashlib
import uuid

import msgspec
import sqlalchemy as sa

from checklists import service as checklists
from checklists.answers import Answer as GivenAnswer
from checklists.answers import check_answers, refuse
from checklists.item import Item
from checklists.kinds import Number
from checklists.scoring import ItemScore, score_visit
from core.errors import Conflict, ContentDiffers, Invalid, not_found
from core.ids import derived_id
from core.org import OrgNode, Person
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.issues.model import Finding
from workflows.pipeline import emit
from workflows.visits.model import Answer, Visit, VisitState


class NewVisit(msgspec.Struct, frozen=True):
    """A visit as its maker describes it; `started_at` says that it is under way."""

    store_id: uuid.UUID
    checklist_version_id: uuid.UUID
    planned_for: dt.datetime | None = None
    started_at: dt.datetime | None = None
    supervisor_id: uuid.UUID | None = None


class Submission(msgspec.Struct, frozen=True):
    """What a supervisor sends at the end; the ids name photos and notes that may still be on their way."""

    answers: tuple[GivenAnswer, ...]
    finished_at: dt.datetime | None = None
    photo_ids: tuple[uuid.UUID, ...] = ()
    note_ids: tuple[uuid.UUID, ...] = ()


def put(session: ScopedSession, now: dt.datetime, visit_id: uuid.UUID, new: NewVisit) -> tuple[Visit, bool]:
    """Make a visit; True when it is new, False when the same request was answered before.

    Raises:
        NotFound: store, checklist version or supervisor are not there, or not the caller's.
        Invalid: the node is not a store.
        ContentDiffers: the id is taken by a visit with other content.

    """
    digest = _digest(new)
    if _is_there(session, visit_id, digest):
        return get(session, visit_id), False
    store = session.scalar(sa.select(OrgNode).where(OrgNode.id == new.store_id))
    if store is None:
        raise not_found("store", new.store_id)
    if store.kind != "store":
        raise Invalid("visit.not_a_store", Text("只能巡查门店", "Only a store can be visited"), kind=store.kind)
    checklists.get(session, new.checklist_version_id)
    if new.supervisor_id is not None and session.get(Person, new.supervisor_id) is None:
        raise not_found("person", new.supervisor_id)
    state = VisitState.IN_PROGRESS if new.started_at else VisitState.PLANNED
    visit = Visit(
        id=visit_id, company_id=store.company_id, store_id=store.id, checklist_version_id=new.checklist_version_id,
        supervisor_id=new.supervisor_id or session.caller.person_id, state=state,
        planned_for=new.planned_for or new.started_at or now, started_at=new.started_at, content_hash=digest,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(visit)
    except sa.exc.IntegrityError:
        if not _is_there(session, visit_id, digest):
            raise
        return get(session, visit_id), False  # the same request came twice at once, the other one was quicker
    emit(session, now, e.VisitCreated(subject_id=visit_id, change=(None, state)))
    return visit, True


def _is_there(session: ScopedSession, visit_id: uuid.UUID, digest: str) -> bool:
    # A plain table, because an id taken by another company must be refused here and not by the primary key.
    table = Visit.__table__
    taken = session.execute(sa.select(table.c.content_hash, table.c.company_id).where(table.c.id == visit_id)).first()
    if taken is not None and tuple(taken) != (digest, session.caller.company_id):
        raise ContentDiffers(
            "visit.content_differs", Text("此编号已用于另一次巡店", "This id is already used for another visit")
        )
    return taken is not None


def get(session: ScopedSession, visit_id: uuid.UUID) -> Visit:
    """Return a visit of the caller's part of the organisation.

    Raises:
        NotFound: there is none.

    """
    visit = session.scalar(sa.select(Visit).where(Visit.id == visit_id))
    if visit is None:
        raise not_found("visit", visit_id)
    return visit


def submit(session: ScopedSession, now: dt.datetime, visit_id: uuid.UUID, submission: Submission) -> Visit:
    """Close a visit with its answers, score it, and note what failed. The same content again changes nothing.

    Raises:
        NotFound: no such visit.
        Conflict: `visit.already_submitted`, it was sent before with other content.
        Invalid: an answer does not fit the version (`visit.item_unknown`, `answer.*`), naming every problem.

    """
    visit = session.scalar(sa.select(Visit).where(Visit.id == visit_id).with_for_update())
    if visit is None:
        raise not_found("visit", visit_id)
    digest = _digest(submission)
    if visit.state == VisitState.SUBMITTED:
        if visit.submission_hash == digest:
            return visit
        raise Conflict(
            "visit.already_submitted",
            Text("此巡店已提交, 不能再更改", "This visit was already sent and cannot change"),
            submitted_at=visit.submitted_at,
        )
    items = checklists.get(session, visit.checklist_version_id).content.items
    refuse(check_answers(items, submission.answers))
    score = score_visit(items, submission.answers)
    _add_answers(session, now, visit, {item.id: item for item in items}, submission.answers, score.items)
    before, visit.state = visit.state, VisitState.SUBMITTED
    visit.started_at = visit.started_at or now
    visit.finished_at, visit.submitted_at = submission.finished_at or now, now
    visit.expected_photos, visit.expected_notes = submission.photo_ids, submission.note_ids
    visit.score, visit.submission_hash, visit.version = score.total, digest, visit.version + 1
    emit(
        session,
        now,
        e.VisitSubmitted(
            subject_id=visit.id, change=(before, VisitState.SUBMITTED),
            data={"score": score.total, "failed": list(score.failed)}, trace_id=session.caller.trace_id,
        ),
    )  # fmt: skip
    return visit


def _digest(content: NewVisit | Submission) -> str:
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _add_answers(
    session: ScopedSession,
    now: dt.datetime,
    visit: Visit,
    items: dict[str, Item],
    answers: tuple[GivenAnswer, ...],
    scores: tuple[ItemScore, ...],
) -> None:
    by_item = {score.item_id: score for score in scores}
    rows = [(items[given.item_id], _answer_row(now, visit, given, by_item[given.item_id])) for given in answers]
    session.add_all(row for _, row in rows)
    session.flush()  # findings refer to answers
    session.add_all(_finding(now, visit, item, row) for item, row in rows if row.failed)
    session.flush()


def _answer_row(now: dt.datetime, visit: Visit, given: GivenAnswer, score: ItemScore) -> Answer:
    return Answer(
        id=derived_id("answer", visit.id, given.item_id), company_id=visit.company_id, store_id=visit.store_id,
        visit_id=visit.id, item_id=given.item_id, checkpoint=score.checkpoint, dimension=score.dimension,
        value=given.value, not_applicable=given.not_applicable, comment=given.comment, failed=score.failed,
        points=score.credit, weight=score.weight, answered_at=now,
    )  # fmt: skip


def _finding(now: dt.datetime, visit: Visit, item: Item, answer: Answer) -> Finding:
    return Finding(
        id=derived_id("finding", answer.id), company_id=visit.company_id, store_id=visit.store_id, visit_id=visit.id,
        answer_id=answer.id, source="answer", checkpoint=item.checkpoint, dimension=item.dimension,
        severity=item.severity, score=1.0, raises=True, place={"item_id": item.id}, text=_said(item, answer),
        found_at=now,
    )  # fmt: skip


def _said(item: Item, answer: Answer) -> Text:
    measured = Text("", "")
    if isinstance(item.answer, Number):
        measured = Text(f" {answer.value:g} {item.answer.unit.zh}", f" {answer.value:g} {item.answer.unit.en}")
    comment = f": {answer.comment}" if answer.comment else ""
    return Text(f"未达标: {item.title.zh}{measured.zh}{comment}", f"Failed: {item.title.en}{measured.en}{comment}")
