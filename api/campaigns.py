"""Campaigns and what photos show of them: /api/v1/campaigns, /photos/{id}/material, /visits/{id}/material."""

import datetime as dt
import zoneinfo
from typing import Annotated, Literal

import sqlalchemy as sa
from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.links import linker
from core.access.permissions import Action
from core.caller import Caller
from core.errors import Invalid, UnsupportedType
from core.org import OrgNode
from core.paging import Page
from core.parts import Parts
from core.scope import ScopedSession
from vision.errors import PhotoError
from vision.promo.guard import make_guarded
from workflows.campaigns import service, views
from workflows.campaigns.views import CampaignRow, Coverage, PhotoMaterial
from workflows.campaigns.views import artwork_view as artwork_of

LARGEST_ARTWORK = 30 * 1024 * 1024
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/avif")


class _PictureBody(Operation):
    """Tells the API's description that the body is a picture."""

    def __post_init__(self) -> None:
        binary = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(content=dict.fromkeys(PICTURES, binary), required=True)


@get("/", opt=needs(Action.SEE_CAMPAIGNS), sync_to_thread=True)
def campaigns(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    when: Annotated[Literal["running", "upcoming", "ended"] | None, QueryParameter(name="state")] = None,
) -> Page[CampaignRow]:
    """List the campaigns of the caller's part of the organisation, the latest to start first."""
    with parts.database.snapshot(caller) as session:
        return views.list_campaigns(session, _today(parts, session), linker(parts, caller), page, when=when)


@post("/", opt=needs(Action.CHANGE_CAMPAIGNS), sync_to_thread=True)
def add_campaign(parts: TheParts, caller: TheCaller, data: JSONBody[service.NewCampaign]) -> Response[CampaignRow]:
    """Make a campaign under an id the client made; the same once more answers 200."""
    with parts.database.transaction(caller) as session:
        campaign, created = service.create(session, parts.clock.now(), data)
        session.flush()
        body = _row(parts, caller, session, campaign.id)
    return Response(body, status_code=201 if created else 200)


@get("/{campaign_id:uuid}", opt=needs(Action.SEE_CAMPAIGNS), sync_to_thread=True)
def campaign(parts: TheParts, caller: TheCaller, campaign_id: Id) -> CampaignRow:
    """Return one campaign with its artwork."""
    with parts.database.snapshot(caller) as session:
        return _row(parts, caller, session, campaign_id)


@patch("/{campaign_id:uuid}", opt=needs(Action.CHANGE_CAMPAIGNS), sync_to_thread=True)
def change_campaign(
    parts: TheParts, caller: TheCaller, campaign_id: Id, data: JSONBody[service.CampaignChange]
) -> CampaignRow:
    """Change a campaign, based on its latest version; an earlier last day ends it early."""
    with parts.database.transaction(caller) as session:
        service.change(session, parts.clock.now(), campaign_id, data)
        session.flush()
        return _row(parts, caller, session, campaign_id)


@put(
    "/{campaign_id:uuid}/artworks/{artwork_id:uuid}",
    opt=needs(Action.CHANGE_CAMPAIGNS),
    request_max_body_size=LARGEST_ARTWORK,
    operation_class=_PictureBody,
)
async def add_artwork(
    request: Request[object, object, State], parts: TheParts, caller: TheCaller, campaign_id: Id, artwork_id: Id
) -> Response[views.ArtworkView]:
    """Add a piece of artwork: the picture itself is the body (30 MB at most), under an id the client made.

    Artwork that could not be recognised on a photo is refused with the reason. The same piece again answers 200.
    """
    body = await request.body()
    return await sync_to_thread(_add_artwork, parts, caller, campaign_id, artwork_id, body)


@delete("/{campaign_id:uuid}/artworks/{artwork_id:uuid}", opt=needs(Action.CHANGE_CAMPAIGNS), status_code=200,
        sync_to_thread=True)  # fmt: skip
def remove_artwork(parts: TheParts, caller: TheCaller, campaign_id: Id, artwork_id: Id) -> CampaignRow:
    """Take a piece out of a campaign. Photos that showed it keep what they showed."""
    with parts.database.transaction(caller) as session:
        service.remove_artwork(session, parts.clock.now(), campaign_id, artwork_id)
        session.flush()
        return _row(parts, caller, session, campaign_id)


@get("/{campaign_id:uuid}/coverage", opt=needs(Action.SEE_CAMPAIGNS), sync_to_thread=True)
def campaign_coverage(parts: TheParts, caller: TheCaller, campaign_id: Id) -> Coverage:
    """Return which stores showed the campaign and where it was missing, by region."""
    with parts.database.snapshot(caller) as session:
        return views.coverage(session, campaign_id)


@get("/photos/{photo_id:uuid}/material", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def photo_material(parts: TheParts, caller: TheCaller, photo_id: Id) -> PhotoMaterial:
    """Return what a photo shows of campaigns, with outlines."""
    with parts.database.snapshot(caller) as session:
        return views.material_of_photo(session, linker(parts, caller), photo_id)


@get("/visits/{visit_id:uuid}/material", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def visit_material(parts: TheParts, caller: TheCaller, visit_id: Id) -> tuple[PhotoMaterial, ...]:
    """Return what the photos of a visit show of campaigns."""
    with parts.database.snapshot(caller) as session:
        return views.material_of_visit(session, linker(parts, caller), visit_id)


def _add_artwork(
    parts: Parts, caller: Caller, campaign_id: Id, artwork_id: Id, body: bytes
) -> Response[views.ArtworkView]:
    with parts.database.snapshot(caller) as session:
        service.get(session, campaign_id)  # before the work: a stranger's upload is not worth decoding
    try:
        picture, artwork = make_guarded(body)
    except PhotoError as error:
        kind = UnsupportedType if error.code == "photo.not_a_photo" else Invalid
        raise kind(error.code, error.detail) from error
    made = service.prepare(parts, body, picture, artwork)
    with parts.database.transaction(caller) as session:
        row, created = service.add_artwork(session, parts.clock.now(), campaign_id, artwork_id, made)
        view = artwork_of(row, linker(parts, caller))
    return Response(view, status_code=201 if created else 200)


def _row(parts: Parts, caller: Caller, session: ScopedSession, campaign_id: Id) -> CampaignRow:
    found = service.get(session, campaign_id)
    return views.rows(session, _today(parts, session), linker(parts, caller), [found])[0]


def _today(parts: Parts, session: ScopedSession) -> dt.date:
    """Return the day at headquarters, by which lists tell running from ended."""
    zone = session.scalar(sa.select(OrgNode.time_zone).order_by(sa.func.length(OrgNode.path)).limit(1))
    return parts.clock.now().astimezone(zoneinfo.ZoneInfo(zone or "UTC")).date()


campaigns_router = Router(
    "/campaigns",
    route_handlers=[
        campaigns, add_campaign, campaign, change_campaign, add_artwork, remove_artwork, campaign_coverage,
    ],
    tags=["campaigns"],
)  # fmt: skip
material_router = Router("/", route_handlers=[photo_material, visit_material], tags=["campaigns"])
