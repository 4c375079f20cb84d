"""The queue of questions as reviewers see it."""

import datetime as dt
import uuid
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from core import paging
from core.access.permissions import PERMISSIONS, Action
from core.org import OrgNode
from core.scope import ScopedSession, within
from core.text import Text
from vision import quality
from workflows.issues.views import stores_below
from workflows.links import Linker
from workflows.review.asking import DOUBTFUL
from workflows.review.model import ReviewAnswer, ReviewItem, ReviewState
from workflows.review.policy import BoxAnswer, Mark
from workflows.review.service import given_of, rows_of
from workflows.stores import StoreRef, stores_of
from workflows.visits.model import Photo

NOT_SURE = Text("有的空位系统拿不准。", "The machine is not sure of some empty places.")
NO_ROW = Text(
    "看到空位，但没有看到货架层，算不出缺货率；确认有一处空位就会开单。",
    "Gaps are seen but no shelf row, so the empty share cannot be told; one gap that is confirmed opens an issue.",
)


class AnswerView(msgspec.Struct, frozen=True):
    """One answer, or the taking back of one (`undoes`)."""

    id: uuid.UUID
    number: int
    undoes: uuid.UUID | None
    by: str
    at: dt.datetime
    no_shelf: bool
    complete: bool
    rate: float | None
    boxes: tuple[BoxAnswer, ...]


class ReviewRow(msgspec.Struct, frozen=True):
    """A question with all that is needed to answer it; boxes are in pixels of the `width` × `height` upright photo.

    `why` tells what kept the machine from deciding by itself.
    `answer` is the one that holds; `settled_at` tells since when it has had its effect.
    """

    id: uuid.UUID
    photo_id: uuid.UUID
    visit_id: uuid.UUID
    store: StoreRef
    checkpoint: str
    dimension: str
    reason: str
    why: tuple[Text, ...]
    state: str
    model: str
    width: int
    height: int
    marks: tuple[Mark, ...]
    rows: tuple[tuple[int, int, int, int], ...]
    open_from: float
    limit_rate: float
    oos_rate: float | None
    asked_at: dt.datetime
    captured_at: dt.datetime | None
    settled_at: dt.datetime | None
    answer: AnswerView | None
    image_url: str
    thumb_url: str | None
    version: int


class ReviewDetail(ReviewRow, frozen=True, kw_only=True):
    """A question with everything that was ever answered to it, the oldest first."""

    history: tuple[AnswerView, ...]


class Question(msgspec.Struct, frozen=True):
    """A question about a photo that nobody has answered yet, and why a person is asked rather than the machine."""

    photo_id: uuid.UUID
    checkpoint: str
    why: tuple[Text, ...]


class QueueSize(msgspec.Struct, frozen=True):
    """How much waits: questions that decide about an issue, and those drawn as a sample."""

    waiting: int
    doubtful: int
    sample: int
    oldest_at: dt.datetime | None


def list_items(
    session: ScopedSession,
    link: Linker,
    request: paging.PageRequest,
    *,
    state: str = ReviewState.WAITING,
    node_id: uuid.UUID | None = None,
) -> paging.Page[ReviewRow]:
    """Return one page of questions: waiting ones in the order of the queue, answered ones the latest first."""
    query = sa.select(ReviewItem).where(ReviewItem.state == state, _may_review(session))
    if node_id is not None:
        query = query.where(ReviewItem.store_id.in_(stores_below(session, node_id)))
    if state == ReviewState.WAITING:
        keys = [(ReviewItem.rank, "asc"), (ReviewItem.asked_at, "asc"), (ReviewItem.id, "asc")]
    else:
        query = query.where(ReviewItem.answered_at.is_not(None))
        keys = [(ReviewItem.answered_at, "desc"), (ReviewItem.id, "desc")]
    page = paging.fetch(session, query, keys, request)
    return paging.Page(items=_rows(session, link, page.items), next=page.next)


def row(session: ScopedSession, link: Linker, item: ReviewItem) -> ReviewRow:
    """Return one question as it is shown."""
    return _rows(session, link, (item,))[0]


def detail(session: ScopedSession, link: Linker, item: ReviewItem) -> ReviewDetail:
    """Return one question with its answers."""
    brief = row(session, link, item)
    answers = sa.select(ReviewAnswer).where(ReviewAnswer.item_id == item.id).order_by(ReviewAnswer.number)
    return ReviewDetail(
        **{name: getattr(brief, name) for name in ReviewRow.__struct_fields__},
        history=tuple(_answer(session, answer) for answer in session.scalars(answers)),
    )


def open_questions(session: ScopedSession, visit_id: uuid.UUID) -> tuple[Question, ...]:
    """Return what a visit's photos still wait for: questions on which an issue depends, the oldest first."""
    query = (
        sa.select(ReviewItem, Photo)
        .join(Photo, Photo.id == ReviewItem.photo_id)
        .where(ReviewItem.visit_id == visit_id, ReviewItem.state == ReviewState.WAITING, ReviewItem.reason == DOUBTFUL)
        .order_by(ReviewItem.asked_at, ReviewItem.id)
    )
    return tuple(Question(item.photo_id, item.checkpoint, _why(item, photo)) for item, photo in session.execute(query))


def queue_size(session: ScopedSession) -> QueueSize:
    """Return how much waits for the caller."""
    counted = sa.select(ReviewItem.reason, sa.func.count(), sa.func.min(ReviewItem.asked_at)).where(
        ReviewItem.state == ReviewState.WAITING, _may_review(session)
    )
    found = {reason: (count, oldest) for reason, count, oldest in session.execute(counted.group_by(ReviewItem.reason))}
    doubtful, sample = (found.get(reason, (0, None))[0] for reason in ("doubtful", "sample"))
    oldest = min((time for _, time in found.values() if time is not None), default=None)
    return QueueSize(doubtful + sample, doubtful, sample, oldest)


def _may_review(session: ScopedSession) -> sa.ColumnElement[bool]:
    """Leave out stores that the caller sees by a role that does not review."""
    caller = session.caller
    if caller.sees_whole_company:
        return sa.true()
    paths = tuple(sorted({grant.path for grant in caller.grants if grant.role in PERMISSIONS[Action.REVIEW]}))
    return ReviewItem.store_id.in_(sa.select(OrgNode.id).where(OrgNode.kind == "store", within(OrgNode.path, paths)))


def _rows(session: ScopedSession, link: Linker, items: Sequence[ReviewItem]) -> tuple[ReviewRow, ...]:
    stores = stores_of(session, (item.store_id for item in items))
    wanted = sa.select(Photo).where(Photo.id.in_([item.photo_id for item in items]))
    photos = {photo.id: photo for photo in session.scalars(wanted)}
    kept = sa.select(ReviewAnswer).where(ReviewAnswer.id.in_([item.answer_id for item in items if item.answer_id]))
    answers = {answer.id: answer for answer in session.scalars(kept)}
    return tuple(
        _row(
            session,
            link,
            item,
            stores[item.store_id],
            photos[item.photo_id],
            answers.get(item.answer_id) if item.answer_id else None,
        )
        for item in items
    )


def _row(
    session: ScopedSession,
    link: Linker,
    item: ReviewItem,
    store: StoreRef,
    photo: Photo,
    answer: ReviewAnswer | None,
) -> ReviewRow:
    reading = photo.reading or {}
    return ReviewRow(
        id=item.id, photo_id=item.photo_id, visit_id=item.visit_id, store=store, checkpoint=item.checkpoint,
        dimension=item.dimension, reason=item.reason, why=_why(item, photo), state=item.state, model=item.model,
        width=reading.get("width", 0), height=reading.get("height", 0), marks=item.marks,
        rows=tuple(shelf_row.box for shelf_row in rows_of(photo)), open_from=item.open_from,
        limit_rate=item.limit_rate, oos_rate=photo.oos_rate, asked_at=item.asked_at, captured_at=photo.captured_at,
        settled_at=item.settled_at, answer=_answer(session, answer) if answer else None,
        image_url=link(photo.display_sha256 or photo.sha256),
        thumb_url=link(photo.thumb_sha256) if photo.thumb_sha256 else None, version=item.version,
    )  # fmt: skip


def _why(item: ReviewItem, photo: Photo) -> tuple[Text, ...]:
    """Return why the machine does not decide by itself: no row, what is wrong with the photo, else its unsure gaps."""
    if item.reason != DOUBTFUL:
        return ()
    reading = photo.reading or {}
    said = quality.doubts(msgspec.convert(reading["quality"], quality.Quality)) if "quality" in reading else ()
    if photo.oos_rate is None:  # what the photographer should have done helps nobody who has the photo before them
        return NO_ROW, *(doubt for doubt in said if doubt != quality.REASONS["no_shelf"])
    return said or (NOT_SURE,)


def _answer(session: ScopedSession, answer: ReviewAnswer) -> AnswerView:
    return AnswerView(
        id=answer.id, number=answer.number, undoes=answer.undoes, by=answer.by_name, at=answer.at,
        no_shelf=answer.no_shelf, complete=answer.complete, rate=answer.rate, boxes=given_of(session, answer).boxes,
    )  # fmt: skip
