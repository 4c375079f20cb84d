"""The company's choice about its voice notes: read, changed, and what a change would delete."""

import datetime as dt
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from core.errors import Invalid, stale
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.pipeline import emit
from workflows.privacy.model import VoiceSettings
from workflows.privacy.policy import DEFAULT, ENDED, LONGEST_DAYS, Keeping, stay
from workflows.visits.model import MediaState, VoiceNote

LATE_AFTER = dt.timedelta(hours=1)
"""So long after its time a recording that is still there is told to people."""


class Chosen(msgspec.Struct, frozen=True):
    """What holds now; version 0 is the product's own, chosen by nobody."""

    keeping: Keeping
    version: int


def chosen(session: ScopedSession) -> Chosen:
    """Return what holds for the caller's company."""
    row = session.scalar(sa.select(VoiceSettings))
    return Chosen(DEFAULT, 0) if row is None else _chosen(row)


def choose(session: ScopedSession, now: dt.datetime, keeping: Keeping, based_on: int) -> Chosen:
    """Change what happens to recordings and transcripts. The same again changes nothing.

    Raises:
        Invalid: the number of days makes no sense.
        StaleVersion: somebody has changed it since version `based_on`.

    """
    if keeping.keep_days is not None and not 0 <= keeping.keep_days <= LONGEST_DAYS:
        raise Invalid(
            "voice_settings.days",
            Text(f"天数应在 0 到 {LONGEST_DAYS} 之间", f"Days are a number from 0 to {LONGEST_DAYS}"),
        )
    row = session.scalar(sa.select(VoiceSettings).with_for_update())
    before = Chosen(DEFAULT, 0) if row is None else _chosen(row)
    if before.keeping == keeping and based_on in (before.version, before.version - 1):
        return before
    if before.version != based_on:
        raise stale("voice_settings", before.version)
    if row is None:
        row = _first(session, now, keeping)
    else:
        row.keep_days, row.mask_numbers, row.changed_at = keeping.keep_days, keeping.mask_numbers, now
        row.version += 1
    told = {"version": row.version, "before": before.keeping, "after": keeping}
    emit(session, now, e.VoiceSettingsChanged(subject_id=row.company_id, data=msgspec.to_builtins(told)))
    session.flush()
    return _chosen(row)


def overdue(session: ScopedSession, now: dt.datetime, keep_days: int | None) -> int:
    """Return how many recordings of the company would be deleted at once if they were kept for `keep_days`."""
    return session.scalars(sa.select(sa.func.count(VoiceNote.id)).where(past(keep_days, now))).one()


def late(session: ScopedSession, now: dt.datetime) -> int:
    """Return how many recordings of the company should have been deleted an hour ago and are still there."""
    row = session.scalar(sa.select(VoiceSettings))
    if row is None or row.changed_at > now - LATE_AFTER:
        return 0
    return overdue(session, now - LATE_AFTER, row.keep_days)


def dropped_at(session: ScopedSession, sha256: str) -> dt.datetime | None:
    """Return when the company's last recording of this content was dropped, None while it has one or where it had none.

    The content itself may still be there: another company may have the same.
    """
    times = list(session.scalars(sa.select(VoiceNote.audio_dropped_at).where(VoiceNote.sha256 == sha256)))
    gone = [time for time in times if time is not None]
    return max(gone) if gone and len(gone) == len(times) else None


def past(keep_days: int | None, now: dt.datetime, states: Sequence[MediaState] = ENDED) -> sa.ColumnElement[bool]:
    """Return the condition that a recording is there and its time has come: `policy.is_due`, in SQL."""
    stays = {state: stay(state, keep_days) for state in states}
    due = (
        sa.and_(VoiceNote.state == state, VoiceNote.stored_at <= now - span)
        for state, span in stays.items()
        if span is not None
    )
    return sa.and_(VoiceNote.audio_dropped_at.is_(None), sa.or_(sa.false(), *due))


def _first(session: ScopedSession, now: dt.datetime, keeping: Keeping) -> VoiceSettings:
    company_id = session.caller.company_id
    if company_id is None:
        raise ValueError("settings belong to a company")
    row = VoiceSettings(
        id=company_id, company_id=company_id, keep_days=keeping.keep_days, mask_numbers=keeping.mask_numbers,
        version=1, changed_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except sa.exc.IntegrityError:
        raise stale("voice_settings", 1) from None  # somebody was quicker
    return row


def _chosen(row: VoiceSettings) -> Chosen:
    return Chosen(Keeping(row.keep_days, row.mask_numbers), row.version)
