"""Voice notes as they are shown: statements to tap, and each proposed issue with where it stands."""

import datetime as dt
import functools
import uuid
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from checklists import library as standards
from checklists.checkpoint import Library
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from speech.notes import Polarity, Value
from speech.notes.clauses import clauses
from speech.notes.plain import plain
from workflows.issues.model import Finding
from workflows.notes.policy import SURE, Heard, Proposal, Said, State, Verdict, finding_of, state_of
from workflows.notes.service import may_correct
from workflows.notes.standing import Standing, standings
from workflows.visits.model import Visit, VoiceNote


class Statement(msgspec.Struct, frozen=True):
    """A stretch of the text, with its marks, and from when to when (seconds) it was spoken, where that is known."""

    span: tuple[int, int]
    text: str
    start: float | None
    end: float | None


class NoteAnswer(msgspec.Struct, frozen=True):
    """What a person said of a proposed issue; `checkpoint` and its title where another one was meant.

    `polarity`: whether it is a problem; None where nothing was said of the kind at all.
    """

    verdict: Verdict
    checkpoint: str | None
    polarity: Polarity | None
    title: Text | None
    by: str
    at: dt.datetime


class HeardIssue(msgspec.Struct, frozen=True):
    """A proposed issue. `start` and `end` are seconds in the recording; `state` "asked" waits for a person's word.

    `span` are characters of the text it was read in; `issue_id` is what it opened or joined.
    """

    id: uuid.UUID
    checkpoint: str
    title: Text
    dimension: str
    polarity: str
    severity: str
    span: tuple[int, int]
    said: str
    where: str | None
    what: str | None
    value: Value | None
    confidence: float
    state: State
    answer: NoteAnswer | None
    start: float | None
    end: float | None
    issue_id: uuid.UUID | None


class NoteDetails(msgspec.Struct, frozen=True):
    """What a note's view shows of its text and of what people said; `version` is what a correction is based on.

    `typed`: a person typed the text, for nothing could be heard. `rereading`: it is still to be read, or could not be:
    then `unread` tells why. `read_by` found the issues.
    """

    version: int
    text: str | None
    heard_text: str | None
    corrected_by: str | None
    corrected_at: dt.datetime | None
    typed: bool
    rereading: bool
    unread: Text | None
    read_by: str | None
    may_correct: bool
    statements: tuple[Statement, ...]
    issues: tuple[HeardIssue, ...]


def details_of(session: ScopedSession, notes: Sequence[VoiceNote]) -> dict[uuid.UUID, NoteDetails]:
    """Return the details of these notes, in a fixed number of queries."""
    found = standings(session, notes)
    ids = [note.id for note in notes]
    opened = sa.select(Finding.id, Finding.issue_id).where(Finding.note_id.in_(ids), Finding.withdrawn_at.is_(None))
    issues = {row.id: row.issue_id for row in session.execute(opened)}
    visits = sa.select(Visit.id, Visit.supervisor_id, OrgNode.path).join(OrgNode, OrgNode.id == Visit.store_id)
    wanted = visits.where(Visit.id.in_({note.visit_id for note in notes}))
    may = {row.id: may_correct(session.caller, row.supervisor_id, row.path) for row in session.execute(wanted)}
    return {note.id: _details(note, found[note.id], issues, may=may.get(note.visit_id, False)) for note in notes}


def _details(
    note: VoiceNote, standing: Standing, issues: dict[uuid.UUID, uuid.UUID | None], *, may: bool
) -> NoteDetails:
    heard = standing.heard
    known = heard is not None or standing.version > 0
    return NoteDetails(
        version=standing.version,
        text=standing.text if known else None,
        heard_text=None if heard is None else heard.transcript.text,
        corrected_by=standing.corrected_by,
        corrected_at=standing.corrected_at,
        typed=standing.typed,
        rereading=standing.rereading,
        unread=note.unread,
        read_by=standing.reading.model or None,
        may_correct=may,
        statements=_statements(heard, standing.text),
        issues=tuple(_issue(standing, proposal, issues) for proposal in standing.reading.proposals),
    )


def _statements(heard: Heard | None, text: str) -> tuple[Statement, ...]:
    starts = [clause.start for clause in clauses(plain(text))]
    ends = [*starts[1:], len(text)]
    spans = [(0 if number == 0 else start, end) for number, (start, end) in enumerate(zip(starts, ends, strict=False))]
    made = []
    for span in spans:
        start, end = _seconds(heard, text, span)
        made.append(Statement(span, text[slice(*span)].strip(), start, end))
    return tuple(made)


def _seconds(heard: Heard | None, text: str, span: tuple[int, int]) -> tuple[float, float] | tuple[None, None]:
    seconds = None if heard is None else heard.seconds_of(text, span)
    return (None, None) if seconds is None else seconds


def _issue(standing: Standing, one: Proposal, issues: dict[uuid.UUID, uuid.UUID | None]) -> HeardIssue:
    said = standing.answers.get(one.id)
    start, end = _seconds(standing.heard, standing.reading.text, one.span)
    issue_id = (said and issues.get(finding_of(said.id))) or issues.get(one.id)
    return HeardIssue(
        id=one.id, checkpoint=one.checkpoint, title=_title(one.checkpoint), dimension=one.dimension,
        polarity=one.polarity, severity=one.severity, span=one.span, said=one.said, where=one.where, what=one.what,
        value=one.value, confidence=one.confidence, state=state_of(one, said, SURE),
        answer=_answer(standing, said) if said else None, start=start, end=end, issue_id=issue_id,
    )  # fmt: skip


def _answer(standing: Standing, said: Said) -> NoteAnswer:
    title = _title(said.checkpoint) if said.checkpoint else None
    return NoteAnswer(said.verdict, said.checkpoint, said.polarity, title, said.by, standing.answered_at[said.id])


def _title(checkpoint: str) -> Text:
    known = _library().checkpoints.get(checkpoint)
    return known.title if known else Text(checkpoint, checkpoint)


@functools.cache
def _library() -> Library:
    return standards.load()
