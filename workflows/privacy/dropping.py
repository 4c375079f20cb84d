"""Recordings whose time has come are deleted: looked for by the timer, each in a transaction of its own.

The content goes first and the row says so afterwards. A process that dies in between leaves a row that is due still,
and the next sweep, finding no content, finishes it. The other way round nobody would ever look for the content again.
"""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from core.caller import installation, system
from core.db import lock_content
from core.parts import Parts
from core.text import Text
from workflows import events as e
from workflows.campaigns.model import CampaignArtwork
from workflows.pipeline import emit
from workflows.privacy.model import VoiceSettings
from workflows.privacy.policy import is_due
from workflows.privacy.service import chosen, past
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo, VoiceNote

SWEPT_AT_ONCE = 200

REFERENCES: tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...] = (
    Photo.sha256,
    Photo.thumb_sha256,
    Photo.display_sha256,
    Photo.overlay_sha256,
    CampaignArtwork.sha256,
    CampaignArtwork.thumb_sha256,
    CampaignArtwork.display_sha256,
    FixAttempt.overlay_sha256,
)
"""Every column that says a row needs a content, beside a voice note's own; each has an index."""


class Recording(msgspec.Struct, frozen=True):
    """A recording that was found due."""

    note_id: uuid.UUID
    company_id: uuid.UUID
    sha256: str


def drop_due_audio(parts: Parts, now: dt.datetime) -> int:
    """Delete recordings whose time has come, a few hundred at most; return how many.

    Raises:
        Unavailable: the store or the database is away; what is due stays due.

    """
    return sum(_drop(parts, now, recording) for recording in _due(parts, now))


def _due(parts: Parts, now: dt.datetime) -> list[Recording]:
    found: list[Recording] = []
    with parts.database.snapshot(installation()) as session:
        periods = session.execute(
            sa.select(VoiceSettings.company_id, VoiceSettings.keep_days).where(VoiceSettings.keep_days.is_not(None))
        ).all()
        for company_id, keep_days in periods:
            query = sa.select(VoiceNote.id, VoiceNote.company_id, VoiceNote.sha256)
            query = query.where(VoiceNote.company_id == company_id, past(keep_days, now))
            share = max(1, SWEPT_AT_ONCE // len(periods))  # so that one company's many do not hold up the others
            found += [Recording(*row) for row in session.execute(query.limit(share))]
    return found


def _drop(parts: Parts, now: dt.datetime, recording: Recording) -> bool:
    with parts.database.transaction(system(recording.company_id)) as session:
        lock_content(session, recording.sha256)
        note = session.scalar(sa.select(VoiceNote).where(VoiceNote.id == recording.note_id).with_for_update())
        keep_days = chosen(session).keeping.keep_days
        if note is None or note.audio_dropped_at is not None or keep_days is None:
            return False
        if not is_due(note.state, note.stored_at, keep_days, now):
            return False
        shared = _needed_elsewhere(parts, note)
        if not shared:
            parts.blobs.delete(note.sha256)
        note.audio_dropped_at = now
        told = {"keep_days": keep_days, "content_stays": shared}
        emit(session, now, e.AudioDropped(subject_id=note.id, why=_why(keep_days), data=told, trace_id=note.trace_id))
    return True


def _needed_elsewhere(parts: Parts, note: VoiceNote) -> bool:
    """Tell whether another row, of whichever company, needs the same content."""
    same_note = sa.exists().where(
        VoiceNote.sha256 == note.sha256, VoiceNote.id != note.id, VoiceNote.audio_dropped_at.is_(None)
    )
    others = (sa.exists().where(column == note.sha256) for column in REFERENCES)
    with parts.database.snapshot(installation()) as session:
        return bool(session.scalar(sa.select(sa.or_(same_note, *others))))


def _why(keep_days: int) -> Text:
    if keep_days == 0:
        return Text("公司设置: 转写后即删除录音", "The company keeps no recording once it is transcribed")
    return Text(f"公司设置: 录音保存 {keep_days} 天", f"The company keeps recordings for {keep_days} days")
