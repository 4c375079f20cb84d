"""Answers of reviewers: kept for good, based on a version, taken back within a moment, and then of effect."""

import datetime as dt
import hashlib
import uuid

import msgspec
import sqlalchemy as sa

from core.access.permissions import Action, require
from core.errors import Conflict, ContentDiffers, not_found, stale
from core.ids import derived_id, new_id
from core.jobs import Ticket, enqueue
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from vision.shelf import Row
from workflows import events as e
from workflows.issues.model import Finding
from workflows.pipeline import SETTLE_REVIEW, emit
from workflows.review.model import ReviewAnswer, ReviewBox, ReviewItem, ReviewState
from workflows.review.policy import BoxAnswer, Given, Judged, Mark, agrees, band_of, check_answer, judged
from workflows.tools import Effects, Tools
from workflows.visits.model import Photo

UNTOUCHED = "left"
"""The verdict of a box that was shown in a photo said to hold no shelf at all."""


def get(session: ScopedSession, item_id: uuid.UUID, *, lock: bool = False) -> ReviewItem:
    """Return a question that the caller may answer.

    Raises:
        NotFound: there is none in the caller's part of the organisation.
        Forbidden: the caller's role there does not review.

    """
    query = sa.select(ReviewItem).where(ReviewItem.id == item_id)
    item = session.scalar(query.with_for_update() if lock else query)
    if item is None:
        raise not_found("review", item_id)
    path = session.scalars(sa.select(OrgNode.path).where(OrgNode.id == item.store_id)).one()
    require(session.caller, Action.REVIEW, path)
    return item


def answer(
    session: ScopedSession, now: dt.datetime, item_id: uuid.UUID, answer_id: uuid.UUID, version: int, given: Given
) -> ReviewItem:
    """Take an answer; it has its effect a moment later. The same request again changes nothing.

    An answered question may be answered anew, on the version the caller has seen: the latest answer holds, the
    earlier ones stay.

    Raises:
        NotFound, Forbidden: as `get`.
        Invalid: `review.answer`, the answer does not fit the question.
        StaleVersion: somebody answered it meanwhile.
        ContentDiffers: the id is taken by another answer.

    """
    item = get(session, item_id, lock=True)
    digest = hashlib.sha256(msgspec.json.encode((item_id, given), order="deterministic")).hexdigest()
    if _is_there(session, answer_id, digest):
        return item
    if item.version != version:
        raise stale("review", item.version)
    photo = session.scalars(sa.select(Photo).where(Photo.id == item.photo_id)).one()
    check_answer(item.marks, _size(photo), given)
    result = judged(item.marks, rows_of(photo), given, item.open_from)
    row = _keep(session, now, item, answer_id, given, result, digest)
    before, item.state = item.state, ReviewState.ANSWERED
    item.answer_id, item.answered_at, item.settled_at, item.version = row.id, now, None, item.version + 1
    told = {"item_id": str(item.id), "answer_id": str(row.id), "visit_id": str(item.visit_id), "rate": row.rate}
    emit(
        session,
        now,
        e.ReviewAnswered(
            subject_id=item.photo_id, change=(before, item.state), why=_summary(item.marks, given), data=told,
            trace_id=item.trace_id,
        ),
    )  # fmt: skip
    return item


def undo(session: ScopedSession, now: dt.datetime, item_id: uuid.UUID, version: int) -> ReviewItem:
    """Take an answer back before it has its effect; it stays on record.

    The one given before it holds again, with what it had brought about; without one the question waits again.

    Raises:
        NotFound, Forbidden: as `get`.
        StaleVersion: it has changed meanwhile.
        Conflict: `review.nothing_to_undo`, or `review.settled`: it has had its effect, answer anew instead.

    """
    item = get(session, item_id, lock=True)
    if item.version != version:
        raise stale("review", item.version)
    if item.answer_id is None:
        raise Conflict("review.nothing_to_undo", Text("没有可撤销的回答", "There is no answer to take back"))
    if item.settled_at is not None:
        raise Conflict(
            "review.settled",
            Text("回答已生效, 不能撤销; 可以重新回答", "The answer has taken effect; answer anew instead of undoing"),
        )
    undone, caller, undoing = item.answer_id, session.caller, new_id()
    session.add(
        ReviewAnswer(
            id=undoing, company_id=item.company_id, store_id=item.store_id, item_id=item.id,
            number=_next_number(session, item.id), undoes=undone, by_id=caller.actor.id, by_name=caller.actor.name,
            at=now, content_hash="",
        )
    )  # fmt: skip
    session.flush()
    before, standing = item.state, _standing(session, item.id)
    if standing is None:
        item.state, item.answer_id, item.answered_at = ReviewState.WAITING, None, None
    else:
        item.answer_id, item.answered_at = standing.id, standing.at
        effect = session.get(Finding, derived_id("finding", "review", standing.id))
        item.settled_at = effect.found_at if effect else None
        if effect is None:  # it was answered anew before it had its effect, which it shall have now
            enqueue(
                session, now, kind=SETTLE_REVIEW.kind, queue=SETTLE_REVIEW.queue,
                subject=(e.ReviewUndone.about, item.photo_id), key=f"{SETTLE_REVIEW.kind}:{undoing}",
                payload={"item_id": str(item.id), "answer_id": str(standing.id)}, trace_id=item.trace_id,
            )  # fmt: skip
    item.version += 1
    told = {"item_id": str(item.id), "answer_id": str(undone)}
    emit(
        session,
        now,
        e.ReviewUndone(subject_id=item.photo_id, change=(before, item.state), data=told, trace_id=item.trace_id),
    )
    return item


def _standing(session: ScopedSession, item_id: uuid.UUID) -> ReviewAnswer | None:
    """Return the latest answer that was not taken back."""
    rows = session.scalars(sa.select(ReviewAnswer).where(ReviewAnswer.item_id == item_id)).all()
    undone = {row.undoes for row in rows}
    given = [row for row in rows if row.undoes is None and row.id not in undone]
    return max(given, key=lambda row: row.number, default=None)


def settle(_tools: Tools, ticket: Ticket) -> Effects:
    """Give an answer its effect: a finding of the reviewer's, which may open an issue or join one."""
    item_id, answer_id = uuid.UUID(ticket.payload["item_id"]), uuid.UUID(ticket.payload["answer_id"])

    def apply(session: ScopedSession, now: dt.datetime) -> None:
        item = session.scalar(sa.select(ReviewItem).where(ReviewItem.id == item_id).with_for_update())
        if item is None or item.answer_id != answer_id or item.settled_at is not None:
            return  # taken back or answered anew meanwhile
        _take_effect(session, now, item)

    return apply


def _take_effect(session: ScopedSession, now: dt.datetime, item: ReviewItem) -> None:
    photo = session.scalars(sa.select(Photo).where(Photo.id == item.photo_id)).one()
    row = session.scalars(sa.select(ReviewAnswer).where(ReviewAnswer.id == item.answer_id)).one()
    given = given_of(session, row)
    result = judged(item.marks, rows_of(photo), given, item.open_from)
    session.add(_finding(now, item, row, result))
    item.settled_at = now
    session.flush()
    emit(
        session,
        now,
        e.ReviewSettled(
            subject_id=photo.id, data={"visit_id": str(item.visit_id), "item_id": str(item.id)}, trace_id=item.trace_id
        ),
    )


def _finding(now: dt.datetime, item: ReviewItem, row: ReviewAnswer, result: Judged) -> Finding:
    boxes = [list(gap.box) for gap in result.gaps]
    return Finding(
        id=derived_id("finding", "review", row.id), company_id=item.company_id, store_id=item.store_id,
        visit_id=item.visit_id, photo_id=item.photo_id, source="review", checkpoint=item.checkpoint,
        dimension=item.dimension, severity=item.severity, raises=result.exceeds(item.limit_rate),
        place={"photo_id": str(item.photo_id), "boxes": boxes, "oos_rate": result.rate, "review_id": str(item.id)},
        text=_words(row, result), found_at=now,
    )  # fmt: skip


def _words(row: ReviewAnswer, result: Judged) -> Text:
    if row.no_shelf:
        return Text(f"{row.by_name} 确认: 照片中没有货架", f"{row.by_name} says: no shelf on this photo")
    count, share = len(result.gaps), "" if result.rate is None else f"{result.rate:.0%}"
    return Text(
        f"{row.by_name} 确认 {count} 处空位" + (f", 缺货率 {share}" if share else ""),
        f"{row.by_name} confirms {count} empty {'place' if count == 1 else 'places'}"
        + (f", {share} of the shelf" if share else ""),
    )


def given_of(session: ScopedSession, row: ReviewAnswer) -> Given:
    """Return an answer as it was given."""
    boxes = session.scalars(
        sa.select(ReviewBox).where(ReviewBox.answer_id == row.id, ReviewBox.verdict != UNTOUCHED).order_by(ReviewBox.id)
    )
    said = tuple(_said(box) for box in boxes)
    return Given(said, row.no_shelf, row.complete)


def _said(box: ReviewBox) -> BoxAnswer:
    match box.verdict:
        case "adjusted" | "missed" as verdict:
            return BoxAnswer(verdict, box.position, box.box)
        case "gap" | "not_gap" as verdict:
            return BoxAnswer(verdict, box.position)
        case _:
            raise ValueError(f"unknown verdict {box.verdict!r}")


def rows_of(photo: Photo) -> tuple[Row, ...]:
    """Return the rows of a photo's reading."""
    return msgspec.convert((photo.reading or {}).get("rows", []), tuple[Row, ...])


def _size(photo: Photo) -> tuple[int, int]:
    reading = photo.reading or {}
    return reading.get("width", 0), reading.get("height", 0)


def _is_there(session: ScopedSession, answer_id: uuid.UUID, digest: str) -> bool:
    # A plain table: an id that is taken elsewhere must be refused here and not by the primary key.
    table = ReviewAnswer.__table__
    taken = session.scalar(sa.select(table.c.content_hash).where(table.c.id == answer_id))
    if taken is not None and taken != digest:
        raise ContentDiffers(
            "review.content_differs", Text("此编号已用于另一个回答", "This id is already used for another answer")
        )
    return taken is not None


def _next_number(session: ScopedSession, item_id: uuid.UUID) -> int:
    highest = session.scalar(sa.select(sa.func.max(ReviewAnswer.number)).where(ReviewAnswer.item_id == item_id))
    return (highest or 0) + 1


def _keep(
    session: ScopedSession,
    now: dt.datetime,
    item: ReviewItem,
    answer_id: uuid.UUID,
    given: Given,
    result: Judged,
    digest: str,
) -> ReviewAnswer:
    actor = session.caller.actor
    row = ReviewAnswer(
        id=answer_id, company_id=item.company_id, store_id=item.store_id, item_id=item.id,
        number=_next_number(session, item.id), by_id=actor.id, by_name=actor.name, at=now, no_shelf=given.no_shelf,
        complete=given.complete or given.no_shelf, rate=result.rate, content_hash=digest,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add_all(_boxes(item, row, given))
    session.flush()
    return row


def _boxes(item: ReviewItem, row: ReviewAnswer, given: Given) -> list[ReviewBox]:
    said = {answer.index: answer for answer in given.boxes if answer.index is not None}
    marks: list[tuple[int | None, Mark | None, BoxAnswer | None]] = [
        (index, mark, said.get(index)) for index, mark in enumerate(item.marks)
    ]
    marks += [(None, None, answer) for answer in given.boxes if answer.index is None]
    return [
        ReviewBox(
            id=new_id(), company_id=item.company_id, store_id=item.store_id, answer_id=row.id, position=position,
            verdict=answer.verdict if answer else UNTOUCHED, box=(answer and answer.box) or (mark and mark.box),
            model=item.model, score=mark.score if mark else None, band=band_of(mark.score) if mark else None,
            agrees=agrees(mark, answer, no_shelf=given.no_shelf) if mark and mark.asked else None,
        )
        for position, mark, answer in marks
        if answer is not None or given.no_shelf
    ]  # fmt: skip


def _summary(marks: tuple[Mark, ...], given: Given) -> Text:
    if given.no_shelf:
        return Text("没有货架", "no shelf on this photo")
    yes = sum(answer.verdict in ("gap", "adjusted") for answer in given.boxes)
    no = sum(answer.verdict == "not_gap" for answer in given.boxes)
    missed = sum(answer.verdict == "missed" for answer in given.boxes)
    return Text(
        f"{len(marks)} 处中确认 {yes} 处, 否定 {no} 处, 补标 {missed} 处",
        f"of {len(marks)} boxes {yes} confirmed, {no} refused; {missed} added",
    )
