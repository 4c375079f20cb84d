"""Visits, photos and notes as they are shown."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from checklists import service as checklists
from checklists.answers import Answer as GivenAnswer
from checklists.scoring import DimensionScore, score_visit
from core import paging
from core.jobs import Job, JobState
from core.org import Person
from core.scope import ScopedSession
from core.text import Text
from speech.transcript import EMPTY_REASONS
from vision import quality
from workflows.issues.views import FindingView, IssueBrief, findings_of_visit, issues_of_visit
from workflows.links import Linker
from workflows.notes.views import NoteDetails, details_of
from workflows.pipeline import MAY_ADD_DETAILS, RAISE_ISSUES, READ_NOTE
from workflows.review.views import Question, open_questions
from workflows.stores import StoreRef, stores_of
from workflows.visits.model import SETTLED, Answer, MediaState, Photo, Visit, VisitState, VoiceNote


class PhotoView(msgspec.Struct, frozen=True):
    """A photo with what was seen on it; `problem` tells why it could not be read, `advice` how to take a better one.

    `image_url` is the file as it came, `display_url` a JPEG of at most 1600 pixels that any browser shows; once seen.
    """

    id: uuid.UUID
    visit_id: uuid.UUID | None
    task_id: uuid.UUID | None
    item_id: str | None
    state: str
    problem: Text | None
    captured_at: dt.datetime | None
    stored_at: dt.datetime
    sha256: str
    trace_id: str | None
    reading: dict[str, Any] | None
    advice: tuple[Text, ...]
    image_url: str
    display_url: str | None
    thumb_url: str | None
    overlay_url: str | None


class NoteView(NoteDetails, frozen=True, kw_only=True):
    """A voice note with what was heard in it and what was put right; `segments` are as they were heard.

    `corrections` are those by the company's vocabulary, from `heard_text` to the text before any person's correction.
    `audio_url` is None once the recording was deleted.
    """

    id: uuid.UUID
    visit_id: uuid.UUID
    item_id: str | None
    state: str
    problem: Text | None
    captured_at: dt.datetime | None
    stored_at: dt.datetime
    sha256: str
    trace_id: str | None
    language: str | None
    duration_s: float | None
    corrections: list[dict[str, Any]]
    empty_reason: str | None
    why_empty: Text | None
    segments: list[dict[str, Any]]
    audio_url: str | None
    audio_dropped_at: dt.datetime | None


class AnswerView(msgspec.Struct, frozen=True):
    """One answer of a sent visit."""

    item_id: str
    checkpoint: str
    dimension: str
    value: Any
    comment: str
    not_applicable: bool
    failed: bool


class ScoreView(msgspec.Struct, frozen=True):
    """Why a visit has its score: what it earned, and the failed critical items that cap it where it earned more."""

    total: float | None
    earned: float | None
    dimensions: tuple[DimensionScore, ...]
    critical_failures: tuple[Text, ...]


class Progress(msgspec.Struct, frozen=True):
    """How far the analysis of a visit is; photos that were announced but have not arrived count as open.

    `complete`: every photo and note is looked at and what they showed has its issues. `settled`: the details (price
    tags, promotion material) are through as well, so that nothing more is to be expected.
    """

    total: int
    done: int
    failed: int
    complete: bool
    settled: bool


class VisitRow(msgspec.Struct, frozen=True):
    """A visit in a list."""

    id: uuid.UUID
    store: StoreRef
    checklist_version_id: uuid.UUID
    checklist_title: Text
    supervisor: str | None
    state: str
    planned_for: dt.datetime
    started_at: dt.datetime | None
    submitted_at: dt.datetime | None
    score: float | None
    version: int


class VisitDetail(VisitRow, frozen=True, kw_only=True):
    """A visit with everything recorded and found."""

    scoring: ScoreView | None
    answers: tuple[AnswerView, ...]
    photos: tuple[PhotoView, ...]
    voice_notes: tuple[NoteView, ...]
    findings: tuple[FindingView, ...]
    issues: tuple[IssueBrief, ...]
    questions: tuple[Question, ...]
    progress: Progress


def photo_view(photo: Photo, link: Linker, *, of_a_shelf: bool = False) -> PhotoView:
    """Return a photo as it is shown. The original is linked even when it could not be read: it is evidence.

    `of_a_shelf`: it was taken to show one. Nobody is told that a photo of the floor shows no shelf.
    """
    return PhotoView(
        id=photo.id,
        visit_id=photo.visit_id,
        task_id=photo.task_id,
        item_id=photo.item_id,
        state=photo.state,
        problem=photo.problem,
        captured_at=photo.captured_at,
        stored_at=photo.stored_at,
        sha256=photo.sha256,
        trace_id=photo.trace_id,
        reading=photo.reading,
        advice=_advice(photo.reading, of_a_shelf=of_a_shelf),
        image_url=link(photo.sha256),
        display_url=link(photo.display_sha256) if photo.display_sha256 else None,
        thumb_url=link(photo.thumb_sha256) if photo.thumb_sha256 else None,
        overlay_url=link(photo.overlay_sha256) if photo.overlay_sha256 else None,
    )


def _advice(reading: dict[str, Any] | None, *, of_a_shelf: bool) -> tuple[Text, ...]:
    if reading is None:
        return ()
    told = [code for code in reading["quality"]["reasons"] if code in quality.REASONS]
    if not of_a_shelf:
        told = [code for code in told if code not in quality.OF_SHELVES or (reading["rows"] and code != "no_shelf")]
    return tuple(quality.REASONS[code] for code in told)


def note_view(note: VoiceNote, details: NoteDetails, link: Linker) -> NoteView:
    """Return a voice note as it is shown."""
    heard = note.transcript or {}
    return NoteView(
        **{name: getattr(details, name) for name in NoteDetails.__struct_fields__},
        id=note.id,
        visit_id=note.visit_id,
        item_id=note.item_id,
        state=note.state,
        problem=note.problem,
        captured_at=note.captured_at,
        stored_at=note.stored_at,
        sha256=note.sha256,
        trace_id=note.trace_id,
        language=heard.get("language"),
        duration_s=heard.get("duration_s"),
        corrections=heard.get("corrections", []),
        empty_reason=heard.get("empty_reason"),
        why_empty=EMPTY_REASONS.get(heard.get("empty_reason", "")),
        segments=heard.get("segments", []),
        audio_url=link(note.sha256) if note.audio_dropped_at is None else None,
        audio_dropped_at=note.audio_dropped_at,
    )


class Settling(Protocol):
    """What progress asks of a photo or note."""

    @property
    def id(self) -> uuid.UUID:
        """Return its id."""

    @property
    def state(self) -> str:
        """Return its `MediaState`."""


def jobs_before(session: ScopedSession, visit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """Return for each of these visits the kinds of jobs before it that may open an issue; none for most."""
    kinds = [step.kind for step in (RAISE_ISSUES, READ_NOTE, *MAY_ADD_DETAILS)]
    unfinished = sa.and_(Job.state.in_((JobState.READY, JobState.RUNNING)), Job.kind.in_(kinds))
    found: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    for subject, visit_of in ((Visit.id, Visit.id), (Photo.id, Photo.visit_id), (VoiceNote.id, VoiceNote.visit_id)):
        query = sa.select(visit_of, Job.kind).join(Job, Job.subject_id == subject).distinct()
        for visit_id, kind in session.execute(query.where(visit_of.in_(visit_ids), unfinished)):
            if visit_id is not None:
                found[visit_id].add(kind)
    return found


def progress_of(
    visit: Visit, media: Sequence[Settling], before: Collection[str], typed: Collection[uuid.UUID]
) -> Progress:
    """Return how far the analysis is, from the states of the visit's photos and notes and the jobs before it.

    `typed` are the notes whose words a person wrote: that nobody could hear them is no failure any more.
    """
    announced = {*visit.expected_photos, *visit.expected_notes, *(entry.id for entry in media)}
    done = sum(entry.state in SETTLED for entry in media)
    failed = sum(entry.state in (MediaState.FAILED, MediaState.UNREADABLE) and entry.id not in typed for entry in media)
    looked_at = visit.state == VisitState.SUBMITTED and done == len(announced)
    return Progress(
        total=len(announced),
        done=done,
        failed=failed,
        complete=looked_at and RAISE_ISSUES.kind not in before and READ_NOTE.kind not in before,
        settled=looked_at and not before,
    )


def list_visits(
    session: ScopedSession,
    request: paging.PageRequest,
    *,
    state: str | None = None,
    store_id: uuid.UUID | None = None,
    mine: bool = False,
) -> paging.Page[VisitRow]:
    """Return one page of visits, the latest planned first."""
    query = sa.select(Visit)
    if state is not None:
        query = query.where(Visit.state == state)
    if mine:
        query = query.where(Visit.supervisor_id == session.caller.person_id)
    if store_id is not None:
        query = query.where(Visit.store_id == store_id)
    page = paging.fetch(session, query, [(Visit.planned_for, "desc"), (Visit.id, "desc")], request)
    return paging.Page(items=tuple(_rows(session, page.items)), next=page.next)


def visit_detail(session: ScopedSession, visit: Visit, link: Linker) -> VisitDetail:
    """Return one visit with everything recorded and found."""
    row = next(iter(_rows(session, [visit])))
    photos = list(session.scalars(sa.select(Photo).where(Photo.visit_id == visit.id).order_by(Photo.id)))
    notes = list(session.scalars(sa.select(VoiceNote).where(VoiceNote.visit_id == visit.id).order_by(VoiceNote.id)))
    answers = list(session.scalars(sa.select(Answer).where(Answer.visit_id == visit.id).order_by(Answer.item_id)))
    details = details_of(session, notes)
    items = checklists.get(session, visit.checklist_version_id).content.items
    shelves = {item.id for item in items if item.sees == "gap"}
    return VisitDetail(
        **{name: getattr(row, name) for name in VisitRow.__struct_fields__},
        scoring=_scoring(session, visit, answers) if visit.state == VisitState.SUBMITTED else None,
        answers=tuple(
            AnswerView(a.item_id, a.checkpoint, a.dimension, a.value, a.comment, a.not_applicable, a.failed)
            for a in answers
        ),
        photos=tuple(photo_view(photo, link, of_a_shelf=photo.item_id in shelves) for photo in photos),
        voice_notes=tuple(note_view(note, details[note.id], link) for note in notes),
        findings=findings_of_visit(session, visit.id),
        issues=issues_of_visit(session, visit.id),
        questions=open_questions(session, visit.id),
        progress=progress_of(
            visit,
            [*photos, *notes],
            jobs_before(session, [visit.id]).get(visit.id, ()),
            {note.id for note in notes if details[note.id].typed},
        ),
    )


def _scoring(session: ScopedSession, visit: Visit, answers: Iterable[Answer]) -> ScoreView:
    items = checklists.get(session, visit.checklist_version_id).content.items
    given = [GivenAnswer(a.item_id, a.value, a.comment, a.not_applicable) for a in answers]
    score = score_visit(items, given)
    failures = tuple(item.title for item in items if item.id in score.critical_failures)
    return ScoreView(score.total, score.earned, score.dimensions, failures)


def _rows(session: ScopedSession, visits: Iterable[Visit]) -> Iterable[VisitRow]:
    visits = list(visits)
    stores = stores_of(session, (visit.store_id for visit in visits))
    titles = checklists.titles(session, (visit.checklist_version_id for visit in visits))
    people = {visit.supervisor_id for visit in visits if visit.supervisor_id}
    named = sa.select(Person.id, Person.name).where(Person.id.in_(people))
    names = {row.id: row.name for row in session.execute(named)}
    for visit in visits:
        yield VisitRow(
            id=visit.id,
            store=stores[visit.store_id],
            checklist_version_id=visit.checklist_version_id,
            checklist_title=titles[visit.checklist_version_id],
            supervisor=names.get(visit.supervisor_id),
            state=visit.state,
            planned_for=visit.planned_for,
            started_at=visit.started_at,
            submitted_at=visit.submitted_at,
            score=visit.score,
            version=visit.version,
        )
