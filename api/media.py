"""Photos and recordings by signed link: /media/<company>/<sha256>?e=&s=."""

import uuid
from collections.abc import Iterator
from typing import Annotated

import sqlalchemy as sa
from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from api.guard import PUBLIC
from api.inject import TheParts
from api.links import media_links
from core.caller import system
from core.errors import not_found
from core.parts import Parts
from workflows.visits.model import StoredFile

PIECE = 256 * 1024
DERIVED = "image/jpeg"
"""Pictures the workers made (thumbs, overlays) have no row of their own; they are always JPEG."""


@get("/{company_id:uuid}/{sha256:str}", opt=PUBLIC, sync_to_thread=True, include_in_schema=False)
def media(
    parts: TheParts,
    company_id: FromPath[uuid.UUID],
    sha256: FromPath[str],
    expires: Annotated[int, QueryParameter(name="e")],
    signature: Annotated[str, QueryParameter(name="s", max_length=64)],
) -> Stream:
    """Return the file a good link names. The link is the permission: it was given to someone who may see it."""
    media_links(parts).check(company_id, sha256, expires, signature, parts.clock.now())
    size = parts.blobs.stat(sha256)
    if size is None:
        raise not_found("file", sha256)
    headers = {
        "content-length": str(size),
        "cache-control": "private, max-age=300, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": "inline",
    }
    return Stream(_pieces(parts, sha256), media_type=_media_type(parts, company_id, sha256), headers=headers)


def _media_type(parts: Parts, company_id: uuid.UUID, sha256: str) -> str:
    with parts.database.snapshot(system(company_id)) as session:
        known = session.scalar(sa.select(StoredFile.media_type).where(StoredFile.sha256 == sha256))
    return known or DERIVED


def _pieces(parts: Parts, sha256: str) -> Iterator[bytes]:
    with parts.blobs.open(sha256) as stream:
        while piece := stream.read(PIECE):
            yield piece


router = Router("/media", route_handlers=[media])
