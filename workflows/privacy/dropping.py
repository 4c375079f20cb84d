"""Recordings whose time has come are deleted: looked for by the timer, each in a transaction of its own.

The content goes first and the row says so afterwards. A process that dies in between leaves a row that is due still,
and the next sweep, finding no content, finishes it. The other way round nobody would ever look for the content again.
"""

import bisect
import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Iterator

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from core.caller import installation, system
from core.db import DATABASE_AWAY, lock_content
from core.errors import StorepatrolError
from core.log import get_logger
from core.parts import Parts
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.campaigns.model import CampaignArtwork
from workflows.pipeline import emit
from workflows.privacy.model import VoiceSettings
from workflows.privacy.policy import ENDED, is_due
from workflows.privacy.service import chosen, past
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo, VoiceNote

log = get_logger(__name__)

SWEPT_AT_ONCE = 200
TRIED_AGAIN_AFTER = dt.timedelta(minutes=10)
MOST_RESTING = 1000
"""More that could not be deleted are not remembered: they are tried at every turn."""
MOST_IN_A_ROW = 3
"""So many failures one behind the other are not those of single recordings."""

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
    stored_at: dt.datetime


class Sweep(msgspec.Struct, frozen=True):
    """What one sweep did: recordings deleted, and those that could not be, which are tried again later."""

    dropped: int
    failed: int


class Sweeper:
    """Deletes recordings whose time has come, sweep by sweep, the oldest first.

    One that cannot be deleted holds up no other: it rests for a while, and the next sweep goes on behind those of the
    last one, until the end, and then begins anew. What it remembers is its own: lost, it is only tried again sooner.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._reached: dict[uuid.UUID, tuple[dt.datetime, uuid.UUID]] = {}
        self._at_end: set[uuid.UUID] = set()
        self._last: uuid.UUID | None = None
        self._resting: dict[uuid.UUID, dt.datetime] = {}

    def sweep(self, now: dt.datetime) -> Sweep:
        """Delete what is due, a few hundred at most; stop where several in a row fail, as when the store is away.

        Raises:
            Unavailable: the database is away; what is due stays due.

        """
        self._resting = {note_id: until for note_id, until in self._resting.items() if until > now}
        dropped = failed = in_a_row = 0
        for recording in self._in_turn(now):
            self._passed(recording)
            if recording.note_id in self._resting:
                continue
            try:
                dropped += _drop(self._parts, now, recording)
                in_a_row = 0
            except (StorepatrolError, *DATABASE_AWAY) as error:
                self._rests(recording, now, error)
                failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == MOST_IN_A_ROW:
                break
        return Sweep(dropped, failed)

    def _passed(self, recording: Recording) -> None:
        self._last = recording.company_id
        if recording.company_id not in self._at_end:
            self._reached[recording.company_id] = (recording.stored_at, recording.note_id)

    def _rests(self, recording: Recording, now: dt.datetime, error: Exception) -> None:
        if len(self._resting) >= MOST_RESTING:
            del self._resting[next(iter(self._resting))]
        self._resting[recording.note_id] = now + TRIED_AGAIN_AFTER
        log.warning(
            "a recording could not be deleted, trying again later",
            note_id=str(recording.note_id), company_id=str(recording.company_id), error=str(error),
        )  # fmt: skip

    def _in_turn(self, now: dt.datetime) -> Iterator[Recording]:
        """Yield what is due, one of each company in turn, beginning behind the company that was last."""
        found = self._due(now)
        companies = sorted(found)
        first = bisect.bisect_right(companies, self._last) if self._last else 0
        turns = itertools.zip_longest(*(found[company_id] for company_id in companies[first:] + companies[:first]))
        return (recording for turn in turns for recording in turn if recording is not None)

    def _due(self, now: dt.datetime) -> dict[uuid.UUID, list[Recording]]:
        found: dict[uuid.UUID, list[Recording]] = {}
        self._at_end.clear()
        with self._parts.database.snapshot(installation()) as session:
            periods = session.execute(
                sa.select(VoiceSettings.company_id, VoiceSettings.keep_days).where(VoiceSettings.keep_days.is_not(None))
            ).all()
            share = max(1, SWEPT_AT_ONCE // max(1, len(periods)))
            for company_id, keep_days in periods:
                reached = self._reached.get(company_id)
                found[company_id] = _oldest(
                    session, company_id, [past(keep_days, now, (state,)) for state in ENDED], reached, share
                )
                if len(found[company_id]) < share:  # the next sweep begins anew
                    self._at_end.add(company_id)
                    self._reached.pop(company_id, None)
        return found


def _oldest(
    session: ScopedSession,
    company_id: uuid.UUID,
    conditions: Iterable[sa.ColumnElement[bool]],
    reached: tuple[dt.datetime, uuid.UUID] | None,
    most: int,
) -> list[Recording]:
    """Return the oldest recordings that meet one of the conditions."""
    order = (VoiceNote.stored_at, VoiceNote.id)
    found: list[Recording] = []
    for condition in conditions:
        query = sa.select(VoiceNote.id, VoiceNote.company_id, VoiceNote.sha256, VoiceNote.stored_at)
        query = query.where(VoiceNote.company_id == company_id, condition)
        if reached:
            position = (sa.literal(at, column.type) for at, column in zip(reached, order, strict=True))
            query = query.where(sa.tuple_(*order) > sa.tuple_(*position))
        found += [Recording(*row) for row in session.execute(query.order_by(*order).limit(most))]
    return sorted(found, key=lambda one: (one.stored_at, one.note_id))[:most]


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
