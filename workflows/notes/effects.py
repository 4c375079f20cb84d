"""The findings of a note follow what people said of it."""

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.checkpoint import Library
from core.scope import ScopedSession
from core.text import Text
from workflows.issues.model import Finding
from workflows.issues.withdrawal import locked_visit, revive, withdraw
from workflows.notes.policy import SURE, Wanted, wanted
from workflows.notes.standing import Standing
from workflows.tasks.policy import worst
from workflows.visits.model import VoiceNote

UNKNOWN_READER = "unknown"
"""What is kept for notes that were read before it was kept who read them."""


def settle(
    session: ScopedSession, now: dt.datetime, note: VoiceNote, standing: Standing, library: Library, why: Text
) -> None:
    """Add the findings that are missing, put right those that hold, withdraw the others. Done twice, it is the same.

    The caller has locked the note. What opens issues is the job that follows from the caller's event.
    """
    locked_visit(session, note.visit_id)
    there = {finding.id: finding for finding in session.scalars(sa.select(Finding).where(Finding.note_id == note.id))}
    following = {one.id: one for one in wanted(standing.reading, standing.answers, SURE)}
    for id_, one in following.items():
        told = _told(note, standing, one, library)
        finding = there.get(id_)
        if finding is None:
            session.add(_finding(now, note, one, told))
            continue
        if finding.withdrawn_at is not None:
            revive(finding)
        _follow(finding, told)
    session.flush()
    gone = [finding for id_, finding in there.items() if id_ not in following and finding.withdrawn_at is None]
    withdraw(session, now, gone, why)


class Told(msgspec.Struct, frozen=True):
    """What a finding tells of its statement, as that is now."""

    model: str | None
    checkpoint: str
    dimension: str
    severity: str
    score: float | None
    raises: bool
    place: dict[str, Any]
    text: Text


def _told(note: VoiceNote, standing: Standing, one: Wanted, library: Library) -> Told:
    proposal, answer = one.proposal, one.answer
    otherwise = (one.checkpoint, "problem") != (proposal.checkpoint, proposal.polarity)
    checkpoint = library.checkpoints[one.checkpoint]
    place: dict[str, Any] = {"note_id": str(note.id), "span": list(proposal.span)}
    if standing.heard and (seconds := standing.heard.seconds_of(standing.reading.text, proposal.span)):
        place["second"] = seconds[0]
    if standing.typed:
        place["typed"] = True
    return Told(
        model=None if answer else standing.reading.model,
        checkpoint=checkpoint.code, dimension=checkpoint.dimension,
        severity=checkpoint.severity if otherwise else proposal.severity, score=None if answer else proposal.confidence,
        raises=one.raises, place=place, text=_words(one, typed=standing.typed),
    )  # fmt: skip


def _finding(now: dt.datetime, note: VoiceNote, one: Wanted, told: Told) -> Finding:
    return Finding(
        id=one.id, company_id=note.company_id, store_id=note.store_id, visit_id=note.visit_id, note_id=note.id,
        source="review" if one.answer else "speech", found_at=now, **msgspec.structs.asdict(told),
    )  # fmt: skip


def _follow(finding: Finding, told: Told) -> None:
    """Let a finding tell what its statement says now; what became worse is looked at anew, what became milder stays."""
    if (told.raises and not finding.raises) or worst((finding.severity, told.severity)) != finding.severity:
        finding.issue_id = None
    raises = finding.raises or told.raises
    if told.model == UNKNOWN_READER:  # who found it then is known better than who read the note
        told = msgspec.structs.replace(told, model=finding.model)
    for name, value in msgspec.structs.asdict(msgspec.structs.replace(told, raises=raises)).items():
        if getattr(finding, name) != value:
            setattr(finding, name, value)


def _words(one: Wanted, *, typed: bool) -> Text:
    said = one.proposal.said
    if one.answer is None and typed:
        return Text(f"录入: “{said}”", f"Typed: “{said}”")
    if one.answer is None:
        return Text(f"语音: “{said}”", f"Said: “{said}”")
    return Text(f"{one.answer.by} 确认: “{said}”", f"{one.answer.by} confirms: “{said}”")
