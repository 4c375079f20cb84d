"""The thresholds of a company's checkpoints, each change a version of its own."""

import datetime as dt

import msgspec
import sqlalchemy as sa

from core.errors import not_found, stale
from core.ids import derived_id
from core.scope import ScopedSession
from workflows import events as e
from workflows.pipeline import emit
from workflows.review.model import ReviewPolicy
from workflows.review.policy import DEFAULT, Thresholds, check_thresholds


class Policy(msgspec.Struct, frozen=True):
    """The thresholds that hold for a checkpoint; number 0 are the product's own."""

    checkpoint: str
    number: int
    thresholds: Thresholds
    set_by: str | None = None
    set_at: dt.datetime | None = None


def current(session: ScopedSession, checkpoint: str) -> Policy:
    """Return what holds for a checkpoint now."""
    history = versions(session, checkpoint)
    return history[0] if history else Policy(checkpoint, 0, DEFAULT)


def versions(session: ScopedSession, checkpoint: str) -> tuple[Policy, ...]:
    """Return every version the company set, the latest first."""
    rows = sa.select(ReviewPolicy).where(ReviewPolicy.checkpoint == checkpoint).order_by(ReviewPolicy.number.desc())
    return tuple(
        Policy(row.checkpoint, row.number, Thresholds(row.ask_from, row.open_from, row.sample), row.set_by, row.set_at)
        for row in session.scalars(rows)
    )


def change(
    session: ScopedSession,
    now: dt.datetime,
    checkpoint: str,
    based_on: int,
    thresholds: Thresholds,
    known: frozenset[str],
) -> Policy:
    """Set new thresholds for photos analysed from now on. The same again changes nothing.

    Raises:
        NotFound: no photo can find anything against this checkpoint.
        Invalid: the thresholds make no sense.
        StaleVersion: somebody has changed them since `based_on`.

    """
    if checkpoint not in known:
        raise not_found("checkpoint", checkpoint)
    check_thresholds(thresholds)
    before = current(session, checkpoint)
    if before.number == based_on + 1 and before.thresholds == thresholds:
        return before
    if before.number != based_on:
        raise stale("review_policy", before.number)
    caller = session.caller
    if caller.company_id is None:
        raise ValueError("a policy belongs to a company")
    row = ReviewPolicy(
        id=derived_id("review_policy", caller.company_id, checkpoint, based_on + 1), company_id=caller.company_id,
        checkpoint=checkpoint, number=based_on + 1, ask_from=thresholds.ask_from, open_from=thresholds.open_from,
        sample=thresholds.sample, set_by=caller.actor.name, set_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except sa.exc.IntegrityError:
        raise stale("review_policy", based_on + 1) from None  # somebody was quicker
    told = {"checkpoint": checkpoint, "number": row.number, **msgspec.to_builtins(thresholds)}
    emit(session, now, e.ReviewPolicyChanged(subject_id=row.id, change=(str(based_on), str(row.number)), data=told))
    return Policy(checkpoint, row.number, thresholds, row.set_by, now)
