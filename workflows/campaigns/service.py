"""Making and changing campaigns: headquarters' side."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from core.access.permissions import Action, require
from core.errors import Conflict, ContentDiffers, Invalid, not_found, stale
from core.ids import derived_id
from core.org import OrgNode
from core.parts import Parts
from core.scope import ScopedSession
from core.text import Text
from vision.photo import Photo as Picture
from vision.photo import thumbnail
from vision.promo import EXTRACTOR, Artwork, pack
from workflows import events as e
from workflows.campaigns.model import Campaign, CampaignArtwork, CampaignPlace
from workflows.pipeline import emit
from workflows.tools import keep
from workflows.visits.media import StoredRef, remember_file

MOST_PLACES, MOST_ARTWORKS = 200, 20
LONGEST = dt.timedelta(days=800)
NAME = 80

Kind = Literal["poster", "wobbler", "shelf_strip"]
Places = Annotated[tuple[uuid.UUID, ...], msgspec.Meta(min_length=1, max_length=MOST_PLACES)]


class NewCampaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A campaign under an id the client made; `ends` is its last day, `node_ids` where it belongs."""

    id: uuid.UUID
    name: Text
    kind: Kind
    starts: dt.date
    ends: dt.date
    node_ids: Places


class CampaignChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    version: int
    name: Text | msgspec.UnsetType = msgspec.UNSET
    kind: Kind | msgspec.UnsetType = msgspec.UNSET
    starts: dt.date | msgspec.UnsetType = msgspec.UNSET
    ends: dt.date | msgspec.UnsetType = msgspec.UNSET
    node_ids: Places | msgspec.UnsetType = msgspec.UNSET


class PreparedArtwork(msgspec.Struct, frozen=True, eq=False):
    """An uploaded piece that was found good, with everything stored that its row will name."""

    file: StoredRef
    width: int
    height: int
    thumb_sha256: str
    display_sha256: str
    features: bytes
    feature_count: int


def get(session: ScopedSession, campaign_id: uuid.UUID, *, lock: bool = False) -> Campaign:
    """Return a campaign of the caller's company.

    Raises:
        NotFound: there is none of this id that the caller may see.

    """
    query = sa.select(Campaign).where(Campaign.id == campaign_id, visible(session))
    campaign = session.scalar(query.with_for_update() if lock else query)
    if campaign is None:
        raise not_found("campaign", campaign_id)
    return campaign


def visible(session: ScopedSession) -> sa.ColumnElement[bool]:
    """Return the condition that a campaign belongs somewhere in, around or above the caller's part of the tree."""
    caller = session.caller
    if caller.sees_whole_company:
        return sa.true()
    above = {uuid.UUID(hex=part) for path in caller.paths() for part in path.strip("/").split("/") if part}
    below = sa.select(OrgNode.id)  # the scope limits it to the caller's part
    mine = sa.or_(CampaignPlace.node_id.in_(above), CampaignPlace.node_id.in_(below))
    return Campaign.id.in_(sa.select(CampaignPlace.campaign_id).where(mine))


def create(session: ScopedSession, now: dt.datetime, new: NewCampaign) -> tuple[Campaign, bool]:
    """Make a campaign; False when the same was made before.

    Raises:
        ContentDiffers: this id names another campaign.
        Invalid, NotFound, Forbidden: dates or names are not so; a place is not there or not the caller's to decide.

    """
    _check(new.name, new.starts, new.ends)
    nodes = _require_places(session, new.node_ids)
    before = session.scalar(sa.select(Campaign).where(Campaign.id == new.id))
    if before is not None:
        return _same(session, before, new), False
    campaign = Campaign(
        id=new.id, company_id=session.caller.company_id, name=new.name, kind=new.kind, starts=new.starts, ends=new.ends,
        created_at=now, version=1,
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    _set_places(session, campaign, nodes)
    told = {"name": msgspec.to_builtins(new.name), "starts": str(new.starts), "ends": str(new.ends)}
    emit(session, now, e.CampaignCreated(subject_id=campaign.id, change=(None, "planned"), data=told))
    return campaign, True


def change(session: ScopedSession, now: dt.datetime, campaign_id: uuid.UUID, wanted: CampaignChange) -> Campaign:
    """Change a campaign; another end, today or earlier, ends it early.

    Raises:
        StaleVersion: it was changed since `wanted.version`.
        NotFound, Forbidden, Invalid: as `create`.

    """
    campaign = _locked(session, campaign_id, wanted.version)
    given = {name: getattr(wanted, name) for name in ("name", "kind", "starts", "ends")}
    changed: dict[str, Any] = {}
    for name, value in given.items():
        if value is not msgspec.UNSET and value != getattr(campaign, name):
            changed[name] = msgspec.to_builtins([getattr(campaign, name), value])
            setattr(campaign, name, value)
    _check(campaign.name, campaign.starts, campaign.ends)
    if wanted.node_ids is not msgspec.UNSET:
        nodes = _require_places(session, wanted.node_ids)
        before = _place_ids(session, campaign.id)
        if before != {node.id for node in nodes}:
            changed["node_ids"] = [sorted(map(str, before)), sorted(str(node.id) for node in nodes)]
            session.execute(sa.delete(CampaignPlace).where(CampaignPlace.campaign_id == campaign.id))
            _set_places(session, campaign, nodes)
    if changed:
        campaign.version += 1
        emit(session, now, e.CampaignChanged(subject_id=campaign.id, data=changed))
    return campaign


def prepare(parts: Parts, data: bytes, picture: Picture, artwork: Artwork) -> PreparedArtwork:
    """Store an uploaded piece and the pictures made of it; outside of any transaction."""
    return PreparedArtwork(
        file=StoredRef(keep(parts, data, picture.media_type), len(data), picture.media_type),
        width=picture.width,
        height=picture.height,
        thumb_sha256=keep(parts, thumbnail(picture, 320), "image/jpeg"),
        display_sha256=keep(parts, thumbnail(picture, 1600), "image/jpeg"),
        features=pack(artwork),
        feature_count=len(artwork.features),
    )


def add_artwork(
    session: ScopedSession, now: dt.datetime, campaign_id: uuid.UUID, artwork_id: uuid.UUID, made: PreparedArtwork
) -> tuple[CampaignArtwork, bool]:
    """Add a piece to a campaign under an id the client made; False when the same was added before.

    Raises:
        ContentDiffers: this id names another piece.
        Conflict: the campaign has as many pieces as it may, or this very file already.
        NotFound, Forbidden: as `create`.

    """
    campaign = _locked(session, campaign_id, None)
    before = session.scalar(sa.select(CampaignArtwork).where(CampaignArtwork.id == artwork_id))
    if before is not None:
        if (before.campaign_id, before.sha256) != (campaign_id, made.file.sha256):
            raise ContentDiffers(
                "artwork.content_differs",
                Text("同一编号已上传过其他图稿", "This id was uploaded before with another picture"),
                id=str(artwork_id),
            )  # fmt: skip
        return before, False
    there = artworks_of(session, [campaign_id])
    if len(there) >= MOST_ARTWORKS:
        detail = Text(
            f"每个活动最多 {MOST_ARTWORKS} 张图稿", f"A campaign has at most {MOST_ARTWORKS} pieces of artwork"
        )
        raise Conflict("artwork.too_many", detail)
    if any(one.sha256 == made.file.sha256 for one in there):
        detail = Text("此活动已有同一张图稿", "This campaign has this very picture already")
        raise Conflict("artwork.twice", detail)
    remember_file(session, now, made.file)
    artwork = CampaignArtwork(
        id=artwork_id, company_id=campaign.company_id, campaign_id=campaign_id, sha256=made.file.sha256,
        size=made.file.size, media_type=made.file.media_type, width=made.width, height=made.height,
        thumb_sha256=made.thumb_sha256, display_sha256=made.display_sha256, features=made.features,
        feature_count=made.feature_count, extractor=EXTRACTOR, added_at=now, removed_at=None,
    )  # fmt: skip
    session.add(artwork)
    campaign.version += 1
    session.flush()
    told = {"artwork_id": str(artwork_id), "sha256": made.file.sha256, "features": made.feature_count}
    emit(session, now, e.ArtworkAdded(subject_id=campaign_id, data=told))
    return artwork, True


def remove_artwork(session: ScopedSession, now: dt.datetime, campaign_id: uuid.UUID, artwork_id: uuid.UUID) -> Campaign:
    """Take a piece out of a campaign: it is not looked for any more. Doing it again changes nothing.

    Raises:
        NotFound, Forbidden: as `create`.

    """
    campaign = _locked(session, campaign_id, None)
    mine = sa.select(CampaignArtwork).where(
        CampaignArtwork.id == artwork_id, CampaignArtwork.campaign_id == campaign_id
    )
    artwork = session.scalar(mine)
    if artwork is None:
        raise not_found("artwork", artwork_id)
    if artwork.removed_at is None:
        artwork.removed_at = now
        campaign.version += 1
        emit(session, now, e.ArtworkRemoved(subject_id=campaign_id, data={"artwork_id": str(artwork_id)}))
    return campaign


def artworks_of(session: ScopedSession, campaign_ids: Iterable[uuid.UUID]) -> list[CampaignArtwork]:
    """Return the pieces that these campaigns have now, oldest first, without their features."""
    wanted = CampaignArtwork.campaign_id.in_(list(campaign_ids)), CampaignArtwork.removed_at.is_(None)
    return list(session.scalars(sa.select(CampaignArtwork).where(*wanted).order_by(CampaignArtwork.id)))


def _locked(session: ScopedSession, campaign_id: uuid.UUID, version: int | None) -> Campaign:
    campaign = get(session, campaign_id, lock=True)
    _require_places(session, _place_ids(session, campaign_id))
    if version is not None and campaign.version != version:
        raise stale("campaign", campaign.version)
    return campaign


def _place_ids(session: ScopedSession, campaign_id: uuid.UUID) -> set[uuid.UUID]:
    return set(session.scalars(sa.select(CampaignPlace.node_id).where(CampaignPlace.campaign_id == campaign_id)))


def _require_places(session: ScopedSession, node_ids: Iterable[uuid.UUID]) -> list[OrgNode]:
    """Return the nodes; each has to be in the caller's part of the tree, with a role there that may decide."""
    wanted = set(node_ids)
    nodes = list(session.scalars(sa.select(OrgNode).where(OrgNode.id.in_(wanted))))
    if len(nodes) < len(wanted):
        raise not_found("org_node", sorted(map(str, wanted - {node.id for node in nodes}))[0])
    for node in nodes:
        require(session.caller, Action.CHANGE_CAMPAIGNS, node.path)
    return nodes


def _set_places(session: ScopedSession, campaign: Campaign, nodes: list[OrgNode]) -> None:
    for node in nodes:
        session.add(
            CampaignPlace(
                id=derived_id("campaign_place", campaign.id, node.id), company_id=campaign.company_id,
                campaign_id=campaign.id, node_id=node.id,
            )
        )  # fmt: skip
    session.flush()


def _check(name: Text, starts: dt.date, ends: dt.date) -> None:
    if not name.zh.strip() or not name.en.strip() or max(len(name.zh), len(name.en)) > NAME:
        detail = Text(
            f"请填写中英文名称, 各不超过 {NAME} 字", f"Give a name in both languages, of {NAME} letters at most"
        )
        raise Invalid("campaign.name", detail, field="name")
    if ends < starts:
        detail = Text("结束日期早于开始日期", "The last day lies before the first")
        raise Invalid("campaign.dates", detail, field="ends")
    if ends - starts > LONGEST:
        detail = Text("活动时间过长, 请检查日期", "That is too long for a campaign; check the dates")
        raise Invalid("campaign.dates", detail, field="ends")


def _same(session: ScopedSession, before: Campaign, new: NewCampaign) -> Campaign:
    was = before.name, before.kind, before.starts, before.ends, _place_ids(session, before.id)
    if before.version == 1 and was != (new.name, new.kind, new.starts, new.ends, set(new.node_ids)):
        raise ContentDiffers(
            "campaign.content_differs",
            Text("同一编号的活动已存在且内容不同", "A campaign of this id exists, with other content"),
            id=str(new.id),
        )  # fmt: skip
    return before
