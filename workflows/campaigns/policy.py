"""What photos of one visit say of the campaigns at its store. Pure."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from core.text import Text

Timing = Literal["running", "ended", "upcoming"]
State = Literal["shown", "hidden", "turned", "unsure", "missing"]
Fault = Literal["missing", "hidden", "turned", "expired", "unsure"]

MATERIAL, EXPIRED = "promotion.material", "promotion.expired_material"
"""The checkpoints that this judges."""
REMEMBERED, AHEAD = dt.timedelta(days=92), dt.timedelta(days=31)
"""How long after its end, and before its start, a campaign's material is still looked for: to tell it from today's."""

WHOLE_IN_FRAME = 0.95  # less of it in the photo: that a part is not seen says nothing of what hides it
HIDDEN_BELOW, SURELY_HIDDEN_BELOW = 0.75, 0.6  # share of the piece that is confirmed
SURE = 0.8  # score from which a finding opens an issue by itself
WORST_FIRST: tuple[State, ...] = ("missing", "unsure", "turned", "hidden", "shown")


class Seen(msgspec.Struct, frozen=True):
    """What one photo says of one piece. `rivals` are pieces that it cannot be told from there."""

    photo_id: uuid.UUID
    artwork_id: uuid.UUID
    campaign_id: uuid.UUID
    timing: str
    found: bool
    score: float = 0.0
    visible: float = 0.0
    in_frame: float | None = None
    upright: bool | None = None
    angle: float | None = None
    corners: Sequence[Sequence[float]] | None = None
    rivals: tuple[uuid.UUID, ...] = ()


class Looked(msgspec.Struct, frozen=True):
    """One photo of the visit that was looked at; `for_material`: it was taken to show the material."""

    photo_id: uuid.UUID
    for_material: bool
    telling: bool


class Expected(msgspec.Struct, frozen=True):
    """A campaign that runs at the store on the day of the visit, with its pieces."""

    campaign_id: uuid.UUID
    artworks: tuple[uuid.UUID, ...]


class Verdict(msgspec.Struct, frozen=True):
    """A fault with one piece; `seen` is what it was seen by, `photo_id` where, `raises`: sure enough for an issue."""

    fault: Fault
    campaign_id: uuid.UUID
    artwork_id: uuid.UUID
    photo_id: uuid.UUID
    raises: bool
    seen: Seen | None = None


class Showing(msgspec.Struct, frozen=True):
    """What the visit says of one campaign as a whole."""

    campaign_id: uuid.UUID
    state: State
    photo_id: uuid.UUID | None


class Judged(msgspec.Struct, frozen=True):
    """Everything a visit's photos say so far."""

    verdicts: tuple[Verdict, ...]
    showings: tuple[Showing, ...]


def timing(day: dt.date, starts: dt.date, ends: dt.date) -> Timing:
    """Say what a campaign is on a day; its first and last day are days it runs."""
    if day < starts:
        return "upcoming"
    return "ended" if day > ends else "running"


def looked_for(day: dt.date, starts: dt.date, ends: dt.date) -> bool:
    """Tell whether a campaign's material is looked for on a photo of this day."""
    return starts - AHEAD <= day <= ends + REMEMBERED


def judge(expected: Sequence[Expected], looks: Sequence[Looked], seen: Sequence[Seen], *, complete: bool) -> Judged:
    """Judge the campaigns of a visit.

    What hangs though it has ended is told at once. What is missing, hidden or turned is told when the visit is
    `complete`: another photo may show it whole. Nothing is missing unless a photo was taken to show the material and is
    good enough to tell.
    """
    verdicts = list(_expired(seen))
    showings: list[Showing] = []
    proofs = [look.photo_id for look in looks if look.for_material and look.telling]
    for campaign in expected if complete else ():
        states: list[tuple[State, uuid.UUID | None]] = []
        for artwork_id in campaign.artworks:
            best = _best([one for one in seen if one.artwork_id == artwork_id and one.found])
            state, fault = _state(best, campaign, artwork_id, proofs)
            if state is not None:
                states.append((state, best.photo_id if best else proofs[0]))
            if fault is not None:
                verdicts.append(fault)
        if states:
            worst = min(states, key=lambda one: WORST_FIRST.index(one[0]))
            showings.append(Showing(campaign.campaign_id, *worst))
    return Judged(tuple(verdicts), tuple(showings))


def _expired(seen: Sequence[Seen]) -> list[Verdict]:
    """One verdict for each ended piece that hangs there, by its surest sighting."""
    current = {one.artwork_id for one in seen if one.timing != "ended"}
    told: dict[uuid.UUID, Verdict] = {}
    for one in sorted(seen, key=lambda one: (-one.score, str(one.photo_id))):
        if not one.found or one.timing != "ended" or one.artwork_id in told:
            continue
        if _is_doubtful(one, current):
            told[one.artwork_id] = _verdict("unsure", one, raises=False)
        else:
            told[one.artwork_id] = _verdict("expired", one, raises=one.score >= SURE)
    return list(told.values())


def _is_doubtful(one: Seen, of_other_times: Collection[uuid.UUID]) -> bool:
    return any(rival in of_other_times for rival in one.rivals)


def _verdict(fault: Fault, one: Seen, *, raises: bool) -> Verdict:
    return Verdict(fault, one.campaign_id, one.artwork_id, one.photo_id, raises, one)


def _best(found: list[Seen]) -> Seen | None:
    """Return the sighting that speaks best for the piece: of several photos, one that shows it whole is enough."""
    return max(found, key=lambda one: (not one.rivals, bool(one.upright), share_seen(one), one.score), default=None)


def share_seen(one: Seen) -> float:
    """Return how much of the part of the piece that is in the photo can be seen."""
    return min(1.0, one.visible / one.in_frame) if one.in_frame else one.visible


def _state(
    best: Seen | None, campaign: Expected, artwork_id: uuid.UUID, proofs: list[uuid.UUID]
) -> tuple[State | None, Verdict | None]:
    if best is None:
        if not proofs:
            return None, None
        return "missing", Verdict("missing", campaign.campaign_id, artwork_id, proofs[0], raises=True)
    if any(rival not in campaign.artworks for rival in best.rivals):
        return "unsure", _verdict("unsure", best, raises=False)
    if best.upright is False:
        return "turned", _verdict("turned", best, raises=best.score >= SURE)
    whole = (best.in_frame or 0.0) >= WHOLE_IN_FRAME
    if whole and best.visible < HIDDEN_BELOW:
        sure = best.visible < SURELY_HIDDEN_BELOW and best.score >= SURE
        return "hidden", _verdict("hidden", best, raises=sure)
    return "shown", None


def words(verdict: Verdict, name: Text, ended: dt.date) -> Text:
    """Say in a sentence what is wrong with a piece of the campaign of this name."""
    hidden = round(100 * (1 - share_seen(verdict.seen))) if verdict.seen else 0
    angle = abs(round(verdict.seen.angle or 0)) if verdict.seen else 0
    day = ended.isoformat()
    match verdict.fault:
        case "missing":
            return Text(f"没有看到“{name.zh}”的物料", f"No material of “{name.en}” seen")
        case "hidden":
            return Text(f"“{name.zh}”的物料被遮挡 {hidden}%", f"{hidden}% of the material of “{name.en}” is hidden")
        case "turned" if angle > 150:
            return Text(f"“{name.zh}”的物料挂倒了", f"The material of “{name.en}” hangs upside down")
        case "turned":
            return Text(f"“{name.zh}”的物料歪了 {angle}°", f"The material of “{name.en}” is turned by {angle}°")
        case "expired":
            return Text(
                f"“{name.zh}”已于 {day} 结束，物料仍在", f"“{name.en}” ended on {day}, its material still hangs"
            )
        case "unsure":
            return Text(
                f"看不清是“{name.zh}”还是版式相同的另一期",
                f"“{name.en}”, or another campaign with the same layout: unclear",
            )
