"""Which campaigns matter at a store on a day, and their artwork ready to be looked for."""

import datetime as dt
import uuid
import zoneinfo
from collections import OrderedDict
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import undefer

from core.org import OrgNode
from core.parts import Parts
from core.scope import ScopedSession
from vision.errors import PhotoError
from vision.photo import open_photo
from vision.promo import EXTRACTOR, Artwork, ArtworkIndex, make, unpack
from workflows.campaigns import policy
from workflows.campaigns.model import Campaign, CampaignArtwork, CampaignPlace
from workflows.visits.model import Photo

INDEXES_KEPT = 3
"""Sets of pieces whose index one worker keeps: 480 pieces are about 160 MB."""


class Piece(msgspec.Struct, frozen=True):
    """One piece of artwork that may be on a photo."""

    artwork_id: uuid.UUID
    campaign_id: uuid.UUID
    timing: policy.Timing


def day_of(photo: Photo, store: OrgNode) -> dt.date:
    """Return the day of a photo at its store; a phone whose clock runs ahead is not believed."""
    taken = min(photo.captured_at or photo.stored_at, photo.stored_at)
    return taken.astimezone(zoneinfo.ZoneInfo(store.time_zone)).date()


def pieces_at(session: ScopedSession, store: OrgNode, day: dt.date) -> list[Piece]:
    """Return the pieces that hang at the store on that day, hung there lately, or will soon."""
    above = [uuid.UUID(hex=part) for part in store.path.strip("/").split("/")]
    here = sa.select(CampaignPlace.campaign_id).where(CampaignPlace.node_id.in_(above))
    query = (
        sa.select(CampaignArtwork.id, Campaign.id.label("campaign_id"), Campaign.starts, Campaign.ends)
        .join(Campaign, Campaign.id == CampaignArtwork.campaign_id)
        .where(Campaign.id.in_(here), CampaignArtwork.removed_at.is_(None))
        .where(Campaign.starts <= day + policy.AHEAD, Campaign.ends >= day - policy.REMEMBERED)
        .order_by(CampaignArtwork.id)
    )
    return [Piece(row.id, row.campaign_id, policy.timing(day, row.starts, row.ends)) for row in session.execute(query)]


def expected_of(pieces: Iterable[Piece]) -> list[policy.Expected]:
    """Return the campaigns that run, with their pieces."""
    running: dict[uuid.UUID, list[uuid.UUID]] = {}
    for piece in pieces:
        if piece.timing == "running":
            running.setdefault(piece.campaign_id, []).append(piece.artwork_id)
    return [policy.Expected(campaign_id, tuple(artworks)) for campaign_id, artworks in running.items()]


class ArtworkShelf:
    """Keeps the indexes that a worker has built, one for each set of pieces; nothing is loaded before it is asked."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[uuid.UUID, ...], ArtworkIndex] = OrderedDict()

    def index(self, parts: Parts, session: ScopedSession, artwork_ids: Iterable[uuid.UUID]) -> ArtworkIndex:
        """Return an index of these pieces; its keys are their ids as text."""
        key = tuple(sorted(artwork_ids))
        if key not in self._indexes:
            self._indexes[key] = _build(parts, session, key)
            while len(self._indexes) > INDEXES_KEPT:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(key)
        return self._indexes[key]


def _build(parts: Parts, session: ScopedSession, artwork_ids: tuple[uuid.UUID, ...]) -> ArtworkIndex:
    query = sa.select(CampaignArtwork).options(undefer(CampaignArtwork.features))
    rows = session.scalars(query.where(CampaignArtwork.id.in_(artwork_ids)))
    made = {str(row.id): _artwork(parts, row) for row in rows}
    return ArtworkIndex({key: artwork for key, artwork in made.items() if artwork is not None})


def _artwork(parts: Parts, row: CampaignArtwork) -> Artwork | None:
    """Return a piece as it was prepared, or prepared again when that was done by another version."""
    if row.extractor == EXTRACTOR:
        return unpack(row.features)
    data = parts.blobs.read(row.sha256)
    try:
        return make(open_photo(data), data)
    except PhotoError:
        return None  # this version finds too little on it: nothing can be said of this piece
