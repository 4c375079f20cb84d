"""When the time of a recording has come."""

import datetime as dt

import msgspec

from workflows.visits.model import MediaState

LONGEST_DAYS = 3650
UNHEARD_STAYS = dt.timedelta(days=7)
"""So long at least a recording stays of which no words were got: it is all there is of the note."""

ENDED = (MediaState.TRANSCRIBED, MediaState.UNREADABLE, MediaState.FAILED)


class Keeping(msgspec.Struct, frozen=True):
    """How long recordings are kept, counted from their arrival, and whether personal numbers are masked.

    `keep_days` None: for ever. 0: until the note is transcribed.
    """

    keep_days: int | None = None
    mask_numbers: bool = True


DEFAULT = Keeping()


def stay(state: str, keep_days: int | None) -> dt.timedelta | None:
    """Return how long after its arrival a recording in this state is dropped, None while it is not to be.

    One that still waits to be heard stays until it was, however long that takes: else a worker that was away for some
    days would cost the company its notes. One that could not be heard stays at least `UNHEARD_STAYS`.
    """
    if keep_days is None or state not in ENDED:
        return None
    days = dt.timedelta(days=keep_days)
    return days if state == MediaState.TRANSCRIBED else max(days, UNHEARD_STAYS)


def is_due(state: str, stored_at: dt.datetime, keep_days: int | None, now: dt.datetime) -> bool:
    """Tell whether a recording's time has come."""
    stays = stay(state, keep_days)
    return stays is not None and stored_at + stays <= now
