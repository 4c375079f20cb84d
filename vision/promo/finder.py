"""Which artwork hangs on a photo, where, how much of it can be seen, and which edition it is."""

import math
from collections.abc import Collection
from typing import Final

import msgspec
import numpy as np

from vision.photo import Photo, Pixels
from vision.promo.artwork import Artwork
from vision.promo.confirm import Confirmed, confirm, looked_at
from vision.promo.features import Features, of_photo
from vision.promo.geometry import Placed, corners_of, overlap, place, turn_of
from vision.promo.index import ArtworkIndex
from vision.promo.rivals import Choice, tell_apart

MODEL: Final = "promo sift-magsac 1"
FOUND = 0.5  # score from which a piece counts as there
MOST_CANDIDATES, LEAST_VOTES, LEAST_OF_BEST = 10, 3.0, 0.22
SAME_PLACE = 0.35  # intersection over union from which two pieces claim one place
DOUBTED = 0.6  # the score of what may be another print with the same product: a person decides
MANY, ONE_PART = 40, 0.3  # features that agree; share of the piece they are spread over
UPRIGHT = 25.0  # degrees either way
FEW_FEATURES = 150  # on a photo with fewer, that nothing was found means nothing

Point = tuple[float, float]


class Copy(msgspec.Struct, frozen=True):
    """One place where a piece hangs; `corners` in full-photo pixels, clockwise from the artwork's top left.

    `visible` is the share of the artwork's area that is confirmed, `in_frame` the share inside the photo, `angle` the
    degrees it is turned clockwise. `rivals` are other pieces that it cannot be told from here: unsure which.
    """

    corners: tuple[Point, Point, Point, Point]
    visible: float
    in_frame: float
    angle: float
    upright: bool
    score: float
    rivals: tuple[str, ...] = ()


class Sighting(msgspec.Struct, frozen=True):
    """What a photo says of one piece of artwork; `copies`, the surest first, are empty where it was not found."""

    artwork: str
    found: bool
    corners: tuple[Point, Point, Point, Point] | None
    visible: float
    score: float
    angle: float | None = None
    upright: bool | None = None
    in_frame: float | None = None
    rivals: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()


class Look(msgspec.Struct, frozen=True):
    """A whole look: the sightings asked for, in their order, and how much there was to go by."""

    sightings: tuple[Sighting, ...]
    features: int
    model: str

    @property
    def telling(self) -> bool:
        """Tell whether the photo holds enough detail for "not found" to mean something."""
        return self.features >= FEW_FEATURES


class Claim(msgspec.Struct, frozen=True, eq=False):
    """A place where a piece may hang; two pieces may claim one place."""

    key: str
    placed: Placed
    confirmed: Confirmed
    score: float
    rivals: tuple[str, ...] = ()


def look(photo: Photo, index: ArtworkIndex, among: Collection[str] | None = None) -> Look:
    """Look for every piece of the index (or those of `among`) on a photo.

    Pieces outside `among` are not looked for at all, not even as rivals.
    """
    features = of_photo(photo)
    wanted = [key for key in index.keys if among is None or key in among]
    pixels, scale = looked_at(photo)
    claims = [c for c in claims_of(photo, features, index, wanted, (pixels, scale)) if c.score >= FOUND]
    claims = _settled(_doubted(claims, index), index, pixels, scale)
    return Look(tuple(_sighting(key, claims, index) for key in wanted), len(features), MODEL)


def _doubted(claims: list[Claim], index: ArtworkIndex) -> list[Claim]:
    """Drop claims of a part that another piece there shows as well; doubt those of one part with no other piece there.

    A piece that shares a product or a logo with what hangs there has many features that agree, all of them in that
    part; among hundreds of pieces some share one. So has a piece of which most is hidden. A distant piece has few,
    which may be near each other by chance.
    """
    whole = [claim for claim in claims if not _is_of_one_part(claim)]

    def is_shown_by_another(claim: Claim) -> bool:
        mine = _corners(claim, index)
        return any(other.key != claim.key and overlap(mine, _corners(other, index)) > 0 for other in whole)

    parts = [claim for claim in claims if _is_of_one_part(claim) and not is_shown_by_another(claim)]
    return [*whole, *(msgspec.structs.replace(claim, score=min(claim.score, DOUBTED)) for claim in parts)]


def _is_of_one_part(claim: Claim) -> bool:
    return claim.placed.inliers >= MANY and claim.placed.spread < ONE_PART


def claims_of(
    photo: Photo, features: Features, index: ArtworkIndex, wanted: list[str], looked: tuple[Pixels, float]
) -> list[Claim]:
    """Place the likeliest pieces and look at each place."""
    voted = index.candidates(features, MOST_CANDIDATES, set(wanted))
    best = voted[0][1] if voted else 0.0
    claims = []
    for key, votes in voted:
        if votes < max(LEAST_VOTES, LEAST_OF_BEST * best):
            break
        artwork = index.artworks[key]
        size = artwork.small
        for placed in place(artwork.features, size, features, (photo.width, photo.height)):
            confirmed = confirm(*looked, artwork, placed.matrix)
            claims.append(Claim(key, placed, confirmed, score_of(placed, confirmed, artwork)))
    return claims


def score_of(placed: Placed, confirmed: Confirmed, artwork: Artwork) -> float:
    """Return how sure it is that the piece hangs there, 0..1 (coefficients: `python -m benchmarks.promo --fit`)."""
    return round(1 / (1 + math.exp(-float(np.dot(WEIGHTS, evidence(placed, confirmed, artwork))))), 3)


def evidence(placed: Placed, confirmed: Confirmed, artwork: Artwork) -> tuple[float, ...]:
    """Return what the score weighs.

    How widely its features agree, the share of it that is confirmed, how alike those parts are, and how many of the
    features there agree: a piece that is half hidden still has all of its features in the half that is not.
    """
    return (
        1.0,
        placed.spread,
        confirmed.visible / max(0.3, confirmed.in_frame),
        confirmed.likeness,
        density(placed, confirmed, artwork),
    )


def density(placed: Placed, confirmed: Confirmed, artwork: Artwork) -> float:
    """Return which share of the features in the confirmed parts agrees."""
    width, height = artwork.small
    rows, columns = confirmed.cells.shape
    cells = (artwork.features.points / np.array([width, height]) * np.array([columns, rows])).astype(int)
    there = confirmed.cells[cells[:, 1].clip(0, rows - 1), cells[:, 0].clip(0, columns - 1)] == 1
    return min(1.0, placed.inliers / max(20, int(there.sum())))


WEIGHTS = (-6.2, 2.0, 5.0, 2.3, 5.0)


def _settled(claims: list[Claim], index: ArtworkIndex, pixels: Pixels, scale: float) -> list[Claim]:
    """Let the pieces that claim one place compete, the surest first; what cannot be told apart says so."""
    settled: list[Claim] = []
    for claim in sorted(claims, key=lambda one: (-one.score, -one.placed.inliers)):
        at = _at(claim, settled, index)
        if at is None:
            settled.append(claim)
            continue
        holder = settled[at]
        if holder.key == claim.key:
            continue
        match tell_apart(
            pixels, scale, index.artworks[holder.key], holder.placed, index.artworks[claim.key], claim.placed
        ):
            case Choice.FIRST:
                pass
            case Choice.SECOND:
                settled[at] = claim
            case Choice.UNSURE:
                settled[at] = msgspec.structs.replace(holder, rivals=(*holder.rivals, claim.key))
    return settled


def _at(claim: Claim, settled: list[Claim], index: ArtworkIndex) -> int | None:
    mine = _corners(claim, index)
    shared = [overlap(mine, _corners(other, index)) for other in settled]
    return int(np.argmax(shared)) if shared and max(shared) >= SAME_PLACE else None


def _corners(claim: Claim, index: ArtworkIndex) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    width, height = index.artworks[claim.key].small
    return corners_of(claim.placed.matrix, (width, height))


def _sighting(key: str, claims: list[Claim], index: ArtworkIndex) -> Sighting:
    copies = [_copy(claim, index) for claim in claims if claim.key == key]
    copies += [_as_rival(claim, key, index) for claim in claims if key in claim.rivals]
    if not copies:
        return Sighting(key, False, None, 0.0, 0.0)
    best = max(copies, key=lambda copy: (copy.score, copy.visible))
    return Sighting(
        artwork=key,
        found=True,
        corners=best.corners,
        visible=best.visible,
        score=best.score,
        angle=best.angle,
        upright=best.upright,
        in_frame=best.in_frame,
        rivals=best.rivals,
        copies=tuple(sorted(copies, key=lambda copy: -copy.score)),
    )


def _copy(claim: Claim, index: ArtworkIndex) -> Copy:
    width, height = index.artworks[claim.key].small
    angle = turn_of(claim.placed.matrix, (width, height))
    first, second, third, fourth = ((round(float(x), 1), round(float(y), 1)) for x, y in _corners(claim, index))
    return Copy(
        corners=(first, second, third, fourth),
        visible=round(claim.confirmed.visible, 3),
        in_frame=round(claim.confirmed.in_frame, 3),
        angle=round(angle, 1),
        upright=abs(angle) <= UPRIGHT,
        score=claim.score if not claim.rivals else round(claim.score / (1 + len(claim.rivals)), 3),
        rivals=claim.rivals,
    )


def _as_rival(claim: Claim, key: str, index: ArtworkIndex) -> Copy:
    """The same place, told from the side of a piece that it might be as well."""
    others = (claim.key, *(rival for rival in claim.rivals if rival != key))
    return msgspec.structs.replace(_copy(claim, index), rivals=others)
