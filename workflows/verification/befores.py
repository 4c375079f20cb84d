"""Which photos show what a task is about, and where on them."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from vision.geometry import Box
from workflows.issues.model import Finding, Issue
from workflows.tasks.model import Task
from workflows.verification.model import FixAttempt
from workflows.visits.model import Answer, MediaState, Photo


class Before(msgspec.Struct, frozen=True, eq=False):
    """A photo of the problem and where on it; no boxes where nobody marked any."""

    photo: Photo
    boxes: tuple[Box, ...]


def befores(session: ScopedSession, task: Task) -> list[Before]:
    """Return the photos that raised the task's issue, what a person said of one first, then the surest.

    Without any, those taken for the failed item, but for one on which a person found nothing. A photo that could not be
    read shows nothing.
    """
    word = _latest_words(session, task.issue_id)
    raising = {id_: said for id_, said in word.items() if any(finding.raises for finding in said)}
    photos = session.scalars(sa.select(Photo).where(Photo.id.in_(raising), Photo.state == MediaState.ANALYSED))
    found = [Before(photo, _boxes(raising[photo.id])) for photo in photos]
    if found:
        return sorted(found, key=lambda one: (-_sureness(raising[one.photo.id]), one.photo.stored_at, one.photo.id))
    taken = [(photo, word.get(photo.id, [])) for photo in _taken(session, task)]
    return [Before(photo, _boxes(said)) for photo, said in taken if not _judged_by_a_person(said)]


def before_photo(session: ScopedSession, task: Task) -> Photo | None:
    """Return the photo that shows the problem best, None where there is none."""
    return next((one.photo for one in befores(session, task)), None)


def done_already(session: ScopedSession, task_id: uuid.UUID) -> set[uuid.UUID]:
    """Return the before photos whose place an earlier after photo showed put right; not one that a person refused."""
    refused = FixAttempt.decided_by.is_not(None) & (FixAttempt.verdict != "fixed")
    query = sa.select(FixAttempt.places_done).where(FixAttempt.task_id == task_id, sa.not_(refused))
    shown = session.scalars(query)
    return {photo_id for places in shown for photo_id in places}


def _latest_words(session: ScopedSession, issue_id: uuid.UUID) -> dict[uuid.UUID, list[Finding]]:
    """Return what is known of each photo: where a person judged its gaps, the latest judgement alone."""
    of_photo: defaultdict[uuid.UUID, list[Finding]] = defaultdict(list)
    query = sa.select(Finding).where(Finding.issue_id == issue_id).order_by(Finding.found_at, Finding.id)
    for finding in session.scalars(query):
        if finding.photo_id is not None:
            of_photo[finding.photo_id].append(finding)
    return {id_: _latest_word(found) for id_, found in of_photo.items()}


def _latest_word(found: list[Finding]) -> list[Finding]:
    judged = [finding for finding in found if finding.source == "review"]
    return judged[-1:] or found


def _judged_by_a_person(findings: Sequence[Finding]) -> bool:
    return any(finding.source == "review" for finding in findings)


def _taken(session: ScopedSession, task: Task) -> Sequence[Photo]:
    issue = session.scalars(sa.select(Issue).where(Issue.id == task.issue_id)).one()
    return session.scalars(
        sa.select(Photo)
        .join(Answer, sa.and_(Answer.visit_id == Photo.visit_id, Answer.item_id == Photo.item_id))
        .where(
            Photo.visit_id == issue.visit_id,
            Answer.checkpoint == issue.checkpoint,
            Photo.state == MediaState.ANALYSED,
        )
        .order_by(Photo.stored_at, Photo.id)
    ).all()


def _sureness(findings: Sequence[Finding]) -> float:
    """A person's word has no score and is the surest."""
    return max(1.0 if finding.score is None else finding.score for finding in findings)


def _boxes(findings: Sequence[Finding]) -> tuple[Box, ...]:
    return tuple(_box(box) for finding in findings for box in finding.place.get("boxes", ()))


def _box(corners: Sequence[float]) -> Box:
    x0, y0, x1, y1 = (round(value) for value in corners)
    return x0, y0, x1, y1
