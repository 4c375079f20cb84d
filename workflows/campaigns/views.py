"""Campaigns as they are shown: lists, one with its artwork, which stores show it, and what a photo shows."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from core import paging
from core.errors import not_found
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows.campaigns.model import (
    Campaign,
    CampaignArtwork,
    CampaignPlace,
    CampaignShowing,
    MaterialLook,
    MaterialSighting,
)
from workflows.campaigns.policy import timing
from workflows.campaigns.service import artworks_of, get, visible
from workflows.links import Linker
from workflows.stores import StoreRef, stores_of
from workflows.visits.model import Photo

When = Literal["running", "upcoming", "ended"]


class PlaceRef(msgspec.Struct, frozen=True):
    """A node where a campaign belongs; without name where it lies above the caller's part of the tree."""

    id: uuid.UUID
    name: Text | None
    kind: str | None


class ArtworkView(msgspec.Struct, frozen=True):
    """One piece: its picture, and how much there is on it to be recognised by."""

    id: uuid.UUID
    width: int
    height: int
    feature_count: int
    thumb_url: str
    display_url: str
    added_at: dt.datetime


class CampaignRow(msgspec.Struct, frozen=True):
    """A campaign in a list; `timing` on the day it is at headquarters (the root of the tree)."""

    id: uuid.UUID
    name: Text
    kind: str
    starts: dt.date
    ends: dt.date
    timing: str
    places: tuple[PlaceRef, ...]
    artworks: tuple[ArtworkView, ...]
    version: int


class StoreShowing(msgspec.Struct, frozen=True):
    """The latest that is known of one store: `state` null where no photo could tell yet."""

    store: StoreRef
    state: str | None
    at: dt.datetime | None
    visit_id: uuid.UUID | None
    photo_id: uuid.UUID | None


class RegionShowing(msgspec.Struct, frozen=True):
    """How many stores of a part of the tree are in each state."""

    node: PlaceRef
    stores: int
    shown: int
    faulty: int
    missing: int
    unknown: int


class Coverage(msgspec.Struct, frozen=True):
    """Which stores showed a campaign, and where it was missing, in the caller's part of the tree."""

    total: RegionShowing
    regions: tuple[RegionShowing, ...]
    stores: tuple[StoreShowing, ...]


class SightingView(msgspec.Struct, frozen=True):
    """What a photo shows of one piece; `rivals` are names of campaigns it may be as well."""

    artwork_id: uuid.UUID
    campaign_id: uuid.UUID
    campaign_name: Text
    kind: str
    timing: str
    found: bool
    corners: list[list[float]] | None
    visible: float
    in_frame: float | None
    angle: float | None
    upright: bool | None
    score: float
    rivals: tuple[Text, ...]
    copies: tuple[dict[str, Any], ...]
    thumb_url: str | None


class PhotoMaterial(msgspec.Struct, frozen=True):
    """What a photo shows of campaigns. `looked`: it was looked for any; `telling`: not found means something."""

    photo_id: uuid.UUID
    width: int | None
    height: int | None
    looked: bool
    for_material: bool
    telling: bool
    model: str | None
    sightings: tuple[SightingView, ...]


def list_campaigns(
    session: ScopedSession, today: dt.date, link: Linker, request: paging.PageRequest, *, when: When | None = None
) -> paging.Page[CampaignRow]:
    """Return one page of campaigns, the latest to start first."""
    query = sa.select(Campaign).where(visible(session))
    match when:
        case "running":
            query = query.where(Campaign.starts <= today, Campaign.ends >= today)
        case "upcoming":
            query = query.where(Campaign.starts > today)
        case "ended":
            query = query.where(Campaign.ends < today)
        case None:
            pass
    page = paging.fetch(session, query, [(Campaign.starts, "desc"), (Campaign.id, "desc")], request)
    return paging.Page(items=tuple(rows(session, today, link, page.items)), next=page.next)


def rows(session: ScopedSession, today: dt.date, link: Linker, campaigns: Iterable[Campaign]) -> list[CampaignRow]:
    """Return campaigns as they are shown in a list."""
    campaigns = list(campaigns)
    ids = [campaign.id for campaign in campaigns]
    artworks: defaultdict[uuid.UUID, list[ArtworkView]] = defaultdict(list)
    for artwork in artworks_of(session, ids):
        artworks[artwork.campaign_id].append(artwork_view(artwork, link))
    places = list(session.scalars(sa.select(CampaignPlace).where(CampaignPlace.campaign_id.in_(ids))))
    nodes = {
        node.id: node
        for node in session.scalars(sa.select(OrgNode).where(OrgNode.id.in_({place.node_id for place in places})))
    }
    where: defaultdict[uuid.UUID, list[PlaceRef]] = defaultdict(list)
    for place in places:
        where[place.campaign_id].append(_place_ref(place.node_id, nodes.get(place.node_id)))
    return [
        CampaignRow(
            id=one.id, name=one.name, kind=one.kind, starts=one.starts, ends=one.ends,
            timing=timing(today, one.starts, one.ends), places=tuple(sorted(where[one.id], key=lambda p: str(p.id))),
            artworks=tuple(artworks[one.id]), version=one.version,
        )
        for one in campaigns
    ]  # fmt: skip


def artwork_view(artwork: CampaignArtwork, link: Linker) -> ArtworkView:
    """Return a piece as it is shown."""
    return ArtworkView(
        id=artwork.id, width=artwork.width, height=artwork.height, feature_count=artwork.feature_count,
        thumb_url=link(artwork.thumb_sha256), display_url=link(artwork.display_sha256), added_at=artwork.added_at,
    )  # fmt: skip


def _place_ref(node_id: uuid.UUID, node: OrgNode | None) -> PlaceRef:
    return PlaceRef(node_id, node.name if node else None, node.kind if node else None)


def coverage(session: ScopedSession, campaign_id: uuid.UUID) -> Coverage:
    """Return which stores show a campaign: of each the latest visit within its days whose photos could tell."""
    campaign = get(session, campaign_id)
    stores = _stores_of_campaign(session, campaign)
    latest = _latest(session, campaign_id, [store.id for store in stores])
    refs = stores_of(session, (store.id for store in stores))
    lines = tuple(_line(refs[store.id], latest.get(store.id)) for store in stores)
    groups: defaultdict[uuid.UUID, list[StoreShowing]] = defaultdict(list)
    parents = _tops(session, stores)
    for store, line in zip(stores, lines, strict=True):
        groups[parents[store.id].id].append(line)
    tops = {node.id: node for node in parents.values()}
    regions = [_count(_place_ref(id_, tops[id_]), group) for id_, group in groups.items()]
    order = {"missing": 0, "unsure": 1, "hidden": 2, "turned": 3, None: 4, "shown": 5}
    return Coverage(
        total=_count(PlaceRef(campaign.id, campaign.name, None), list(lines)),
        regions=tuple(sorted(regions, key=lambda one: (-one.missing, -one.faulty, str(one.node.id)))),
        stores=tuple(sorted(lines, key=lambda line: (order.get(line.state, 4), line.store.code))),
    )  # fmt: skip


def _stores_of_campaign(session: ScopedSession, campaign: Campaign) -> list[OrgNode]:
    """Return the active stores where the campaign belongs, of those the caller sees."""
    ids = sa.select(CampaignPlace.node_id).where(CampaignPlace.campaign_id == campaign.id)
    wanted = {id_.hex for id_ in session.scalars(ids)}
    query = sa.select(OrgNode).where(OrgNode.kind == "store", OrgNode.active.is_(True)).order_by(OrgNode.code)
    return [store for store in session.scalars(query) if wanted & set(store.path.strip("/").split("/"))]


def _latest(
    session: ScopedSession, campaign_id: uuid.UUID, store_ids: list[uuid.UUID]
) -> dict[uuid.UUID, CampaignShowing]:
    query = (
        sa.select(CampaignShowing)
        .where(CampaignShowing.campaign_id == campaign_id, CampaignShowing.store_id.in_(store_ids))
        .order_by(CampaignShowing.at, CampaignShowing.id)
    )
    return {row.store_id: row for row in session.scalars(query)}


def _line(store: StoreRef, row: CampaignShowing | None) -> StoreShowing:
    if row is None:
        return StoreShowing(store, None, None, None, None)
    return StoreShowing(store, row.state, row.at, row.visit_id, row.photo_id)


def _tops(session: ScopedSession, stores: list[OrgNode]) -> dict[uuid.UUID, OrgNode]:
    """Return for each store the region it is counted under: the highest one the caller sees below the root."""
    regions = list(session.scalars(sa.select(OrgNode).where(OrgNode.kind == "region")))
    tops = {}
    for store in stores:
        above = [region for region in regions if store.path.startswith(region.path)]
        tops[store.id] = min(above, key=lambda region: len(region.path), default=store)
    return tops


def _count(node: PlaceRef, lines: list[StoreShowing]) -> RegionShowing:
    states = [line.state for line in lines]
    shown, missing, unknown = states.count("shown"), states.count("missing"), states.count(None)
    return RegionShowing(node, len(lines), shown, len(lines) - shown - missing - unknown, missing, unknown)


def material_of_photo(session: ScopedSession, link: Linker, photo_id: uuid.UUID) -> PhotoMaterial:
    """Return what a photo shows of campaigns.

    Raises:
        NotFound: there is no such photo in the caller's part of the tree.

    """
    photo = session.scalar(sa.select(Photo).where(Photo.id == photo_id))
    if photo is None:
        raise not_found("photo", photo_id)
    return material_of(session, link, [photo])[0]


def material_of_visit(session: ScopedSession, link: Linker, visit_id: uuid.UUID) -> tuple[PhotoMaterial, ...]:
    """Return what the photos of a visit show, those that were looked at."""
    photos = session.scalars(sa.select(Photo).where(Photo.visit_id == visit_id).order_by(Photo.id))
    return tuple(one for one in material_of(session, link, list(photos)) if one.looked)


def material_of(session: ScopedSession, link: Linker, photos: list[Photo]) -> list[PhotoMaterial]:
    """Return what these photos show, found pieces first."""
    ids = [photo.id for photo in photos]
    looks = {row.id: row for row in session.scalars(sa.select(MaterialLook).where(MaterialLook.id.in_(ids)))}
    rows_ = list(session.scalars(sa.select(MaterialSighting).where(MaterialSighting.photo_id.in_(ids))))
    wanted = {row.artwork_id for row in rows_} | {rival for row in rows_ for rival in row.rivals}
    artworks = {
        row.id: row for row in session.scalars(sa.select(CampaignArtwork).where(CampaignArtwork.id.in_(wanted)))
    }
    owners = {row.campaign_id for row in artworks.values()}
    campaigns = {row.id: row for row in session.scalars(sa.select(Campaign).where(Campaign.id.in_(owners)))}
    names = {row.id: campaigns[row.campaign_id].name for row in artworks.values()}
    by_photo: defaultdict[uuid.UUID, list[SightingView]] = defaultdict(list)
    for row in sorted(rows_, key=lambda one: (not one.found, -one.score, str(one.id))):
        by_photo[row.photo_id].append(_sighting(row, campaigns[row.campaign_id], artworks[row.artwork_id], names, link))
    return [_photo_material(photo, looks.get(photo.id), by_photo[photo.id]) for photo in photos]


def _photo_material(photo: Photo, look: MaterialLook | None, sightings: list[SightingView]) -> PhotoMaterial:
    reading = photo.reading or {}
    return PhotoMaterial(
        photo_id=photo.id, width=reading.get("width"), height=reading.get("height"), looked=look is not None,
        for_material=bool(look and look.for_material), telling=bool(look and look.telling),
        model=look.model if look else None, sightings=tuple(sightings),
    )  # fmt: skip


def _sighting(
    row: MaterialSighting, campaign: Campaign, artwork: CampaignArtwork, names: dict[uuid.UUID, Text], link: Linker
) -> SightingView:
    return SightingView(
        artwork_id=row.artwork_id, campaign_id=row.campaign_id, campaign_name=campaign.name, kind=campaign.kind,
        timing=row.timing, found=row.found, corners=row.corners, visible=row.visible, in_frame=row.in_frame,
        angle=row.angle, upright=row.upright, score=row.score,
        rivals=tuple(names[rival] for rival in row.rivals if rival in names), copies=tuple(row.copies),
        thumb_url=link(artwork.thumb_sha256),
    )  # fmt: skip
