"""Photos and recordings by signed link: /media/<company>/<sha256>?e=&s=. Parts of a file, too: players ask for them."""

import re
import uuid
from collections.abc import Iterator
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_206_PARTIAL_CONTENT, HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE

from api.guard import PUBLIC
from api.inject import TheParts
from api.links import media_links
from core.caller import system
from core.errors import Gone, not_found
from core.parts import Parts
from core.text import Text
from workflows.privacy.service import dropped_at
from workflows.visits.model import StoredFile

PIECE = 256 * 1024
DERIVED = "image/jpeg"
"""Pictures the workers made (thumbs, overlays) have no row of their own; they are always JPEG."""
ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Span(msgspec.Struct, frozen=True):
    """Bytes `first` to before `end` of a file."""

    first: int
    end: int


@get("/{company_id:uuid}/{sha256:str}", opt=PUBLIC, sync_to_thread=True, include_in_schema=False)
def media(
    request: Request[object, object, State],
    parts: TheParts,
    company_id: FromPath[uuid.UUID],
    sha256: FromPath[str],
    expires: Annotated[int, QueryParameter(name="e")],
    signature: Annotated[str, QueryParameter(name="s", max_length=64)],
) -> Stream:
    """Return the file a good link names. The link is the permission: it was given to someone who may see it."""
    media_links(parts).check(company_id, sha256, expires, signature, parts.clock.now())
    media_type = _media_type(parts, company_id, sha256)
    size = parts.blobs.stat(sha256)
    if size is None:
        raise not_found("file", sha256)
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, max-age=300, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": "inline",
    }
    span, status = asked_span(request.headers.get("range"), size), HTTP_200_OK
    if span is None:
        span = Span(0, size)
    elif span.first >= span.end:
        headers["content-range"], status = f"bytes */{size}", HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE
    else:  # also where the part is all of it: Safari plays nothing that answers its question with 200
        headers["content-range"], status = f"bytes {span.first}-{span.end - 1}/{size}", HTTP_206_PARTIAL_CONTENT
    headers["content-length"] = str(span.end - span.first)
    return Stream(
        _pieces(parts, sha256, span),
        status_code=status,
        media_type=media_type,
        headers=headers,
    )


def asked_span(header: str | None, size: int) -> Span | None:
    """Return the bytes a Range header asks for, an empty span where the file has none of them.

    None where there is no header, or one to be ignored: of another unit, of several ranges, or with no sense.
    """
    asked = ONE_RANGE.fullmatch(header.strip()) if header else None
    if asked is None or not any(asked.groups()):
        return None
    first, last = asked.groups()
    if not first:  # the last so many bytes
        return Span(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return Span(int(first), max(int(first), min(size, int(last) + 1 if last else size)))


def _media_type(parts: Parts, company_id: uuid.UUID, sha256: str) -> str:
    with parts.database.snapshot(system(company_id)) as session:
        known = session.scalar(sa.select(StoredFile.media_type).where(StoredFile.sha256 == sha256)) or DERIVED
        gone_at = None if known.startswith("image/") else dropped_at(session, sha256)
    if gone_at is not None:
        raise Gone(
            "media.audio_dropped",
            Text("录音已按公司设置删除", "The recording was deleted, as the company chose"),
            dropped_at=gone_at,
        )
    return known


def _pieces(parts: Parts, sha256: str, span: Span) -> Iterator[bytes]:
    left = span.end - span.first
    if not left:
        return
    with parts.blobs.open(sha256, span.first) as stream:
        while left and (piece := stream.read(min(left, PIECE))):
            yield piece
            left -= len(piece)


router = Router("/media", route_handlers=[media])
