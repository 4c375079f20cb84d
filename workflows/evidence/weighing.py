"""The look at a stored photo's origin, and the weighing of what was found."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.ids import derived_id
from core.jobs import Ticket
from core.org import OrgNode
from core.scope import ScopedSession
from vision.errors import PhotoError
from vision.integrity.file_facts import FileFacts, read_facts, taken_at
from vision.integrity.prints import FAR_DISTANCE, Position, Print, asked_prints, kept_prints, probes
from vision.integrity.reuse import look_closer
from vision.integrity.screen import screen_signs
from vision.photo import Photo as Picture
from vision.photo import open_photo
from workflows.evidence.model import PhotoEvidence, PhotoPrint, StoreFence
from workflows.evidence.nonces import Bearer, Nonces
from workflows.evidence.policy import DOUBTFUL, STRONG_REUSE, Earlier, Known, distance_m, weigh
from workflows.tools import Effects, Tools
from workflows.visits.model import Photo

LOOKED_AT = 3
"""Earlier photos whose pictures are compared: those with the nearest prints."""


class Examined(msgspec.Struct, frozen=True):
    """What a worker saw of a photo's origin, before it is written down."""

    photo_id: uuid.UUID
    known: Known
    prints: tuple[Print, ...]
    facts: dict[str, Any]
    nonce_id: uuid.UUID | None
    like_photo_id: uuid.UUID | None

    @property
    def used_before(self) -> bool:
        """Tell whether the photo is a copy of one sent earlier: strong enough to ask a person."""
        return any(doubt.code in STRONG_REUSE for doubt in weigh(self.known)[1])


class _Candidate(msgspec.Struct, frozen=True):
    photo: Photo
    position: Position
    distance: int


def weigh_evidence(tools: Tools, ticket: Ticket) -> Effects:
    """Look at where a photo of a visit comes from (a job); a file that is no photo has nothing to be weighed."""
    try:
        examined = examine(tools, ticket.company_id, ticket.subject_id)
    except PhotoError:
        return lambda _session, _now: None
    return lambda session, now: note(session, now, examined)


def examine(tools: Tools, company_id: uuid.UUID, photo_id: uuid.UUID, before_id: uuid.UUID | None = None) -> Examined:
    """Gather what is known of a stored photo; `before_id`: the photo of the problem that it shall show solved.

    Raises:
        PhotoError: the file is no photo we can open.

    """
    blobs, limit = tools.parts.blobs, tools.parts.settings.max_photo_bytes
    with tools.parts.database.snapshot(system(company_id)) as session:
        photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
    data = blobs.read(photo.sha256)
    picture, file = open_photo(data, max_bytes=limit), read_facts(data)
    with tools.parts.database.snapshot(system(company_id)) as session:
        same = _same_file(session, photo)
        near = [] if same else _near(session, photo, picture)
    copy = same or next((c for c in near if look_closer(_open(tools, c.photo), picture, c.position).is_copy), None)
    with tools.parts.database.snapshot(system(company_id)) as session:
        known, nonce_id = _known(session, Nonces(tools.parts.settings.secret_key), photo, file, before_id)
    signs = screen_signs(picture)
    earlier = _earlier(photo, copy) if copy else None
    facts = {**msgspec.to_builtins(file), "screen": msgspec.to_builtins(signs), "nonce": known.nonce,
             "distance_m": known.distance_m}  # fmt: skip
    known = msgspec.structs.replace(known, screen=signs.suspicion, earlier=earlier, software=file.software)
    return Examined(photo_id, known, kept_prints(picture), facts, nonce_id, copy.photo.id if copy else None)


def note(session: ScopedSession, now: dt.datetime, examined: Examined) -> None:
    """Write down what was found; done twice, it finds its own first result."""
    photo = session.scalars(sa.select(Photo).where(Photo.id == examined.photo_id)).one()
    row = session.scalar(sa.select(PhotoEvidence).where(PhotoEvidence.id == photo.id))
    if row is None:  # sent before phones said anything
        row = PhotoEvidence(id=photo.id, company_id=photo.company_id, store_id=photo.store_id)
        session.add(row)
    score, doubts = weigh(examined.known)
    row.score, row.doubts, row.doubtful = score, doubts, score >= DOUBTFUL
    row.facts, row.weighed_at, row.nonce_id = examined.facts, now, examined.nonce_id
    row.like_photo_id = examined.like_photo_id
    keep_prints(session, photo, examined.prints)


def keep_prints(session: ScopedSession, photo: Photo, prints: Iterable[Print]) -> None:
    """Keep what a photo is recognised by when it is sent again; what is there stays."""
    kept = set(session.scalars(sa.select(PhotoPrint.bits).where(PhotoPrint.photo_id == photo.id)))
    for mark in prints:
        if _hex(mark) not in kept:
            bands = {f"band{n}": value for n, value in enumerate(mark.bands)}
            session.add(
                PhotoPrint(
                    id=derived_id("print", photo.id, _hex(mark)), company_id=photo.company_id, photo_id=photo.id,
                    bits=_hex(mark), **bands,
                )
            )  # fmt: skip


def _same_file(session: ScopedSession, photo: Photo) -> _Candidate | None:
    """Return the first photo with the same bytes that was sent before this one."""
    query = sa.select(Photo).where(Photo.sha256 == photo.sha256, _sent_before(photo)).order_by(Photo.stored_at)
    found = session.scalars(query.limit(1)).first()
    return _Candidate(found, "as_is", 0) if found else None


def _near(session: ScopedSession, photo: Photo, picture: Picture) -> list[_Candidate]:
    """Return earlier photos whose prints are near this one's in any position, by indexed bands, the nearest first."""
    best: dict[uuid.UUID, tuple[int, Position]] = {}
    asked = asked_prints(picture)
    for band in range(4 if asked else 0):
        values = {probe for mark in asked.values() for probe in probes(mark.bands[band])}
        column = getattr(PhotoPrint, f"band{band}")
        rows = session.execute(
            sa.select(PhotoPrint.photo_id, PhotoPrint.bits).where(column.in_(values), PhotoPrint.photo_id != photo.id)
        )
        for photo_id, bits in rows:
            kept = Print(int(bits, 16))
            distance, position = min((mark.distance(kept), position) for position, mark in asked.items())
            if distance <= FAR_DISTANCE and distance < best.get(photo_id, (99, ""))[0]:
                best[photo_id] = (distance, position)
    query = sa.select(Photo).where(Photo.id.in_(best), _sent_before(photo))
    found = [_Candidate(row, best[row.id][1], best[row.id][0]) for row in session.scalars(query)]
    return sorted(found, key=lambda candidate: candidate.distance)[:LOOKED_AT]


def _sent_before(photo: Photo) -> sa.ColumnElement[bool]:
    """Of two photos sent in the same instant the one with the smaller id counts as the first."""
    same_time = sa.and_(Photo.stored_at == photo.stored_at, Photo.id < photo.id)
    return sa.or_(Photo.stored_at < photo.stored_at, same_time)


def _open(tools: Tools, photo: Photo) -> Picture:
    return open_photo(tools.parts.blobs.read(photo.sha256), max_bytes=tools.parts.settings.max_photo_bytes)


def _earlier(photo: Photo, found: _Candidate) -> Earlier:
    return Earlier(
        same_file=photo.sha256 == found.photo.sha256,
        same_visit=photo.visit_id is not None and photo.visit_id == found.photo.visit_id,
        same_store=photo.store_id == found.photo.store_id,
        sent_on=found.photo.stored_at.date().isoformat(),
        position=found.position,
    )


def _known(
    session: ScopedSession, nonces: Nonces, photo: Photo, file: FileFacts, before_id: uuid.UUID | None
) -> tuple[Known, uuid.UUID | None]:
    claims = session.scalar(sa.select(PhotoEvidence).where(PhotoEvidence.id == photo.id))
    place = session.scalar(sa.select(StoreFence).where(StoreFence.store_id == photo.store_id))
    zone = session.scalars(sa.select(OrgNode.time_zone).where(OrgNode.id == photo.store_id)).one()
    before = session.scalar(sa.select(Photo).where(Photo.id == before_id)) if before_id else None
    captured = _server_time(photo.captured_at, claims.clock_offset_ms if claims else None)
    state, nonce_id = _nonce(session, nonces, photo, claims, captured or photo.stored_at)
    away = None
    if claims and place and claims.latitude is not None and claims.longitude is not None:
        away = distance_m((claims.latitude, claims.longitude), (place.latitude, place.longitude))
    known = Known(
        nonce=state, source=photo.source, stored_at=photo.stored_at, captured_at=captured,
        clock_offset_ms=claims.clock_offset_ms if claims else None,
        file_time=taken_at(file, zoneinfo.ZoneInfo(zone)), not_before=_seen_at(session, before) if before else None,
        distance_m=away, accuracy_m=claims.accuracy_m if claims else None, radius_m=place.radius_m if place else None,
    )  # fmt: skip
    return known, nonce_id


def _seen_at(session: ScopedSession, photo: Photo) -> dt.datetime | None:
    """Return when a photo was taken by the server's clock; it was not taken after it arrived."""
    claims = session.scalar(sa.select(PhotoEvidence).where(PhotoEvidence.id == photo.id))
    taken = _server_time(photo.captured_at, claims.clock_offset_ms if claims else None)
    return min(taken, photo.stored_at) if taken else None


def _server_time(captured_at: dt.datetime | None, offset_ms: int | None) -> dt.datetime | None:
    if captured_at is None:
        return None
    try:
        return captured_at + dt.timedelta(milliseconds=offset_ms or 0)
    except OverflowError:
        return captured_at


def _nonce(
    session: ScopedSession, nonces: Nonces, photo: Photo, claims: PhotoEvidence | None, captured: dt.datetime
) -> tuple[Any, uuid.UUID | None]:
    if claims is None or claims.nonce is None:
        return None, None
    bearer = Bearer(photo.company_id, photo.taken_by, photo.store_id)
    state, nonce_id = nonces.check(claims.nonce, bearer, captured)
    if nonce_id is not None:
        used = sa.select(PhotoEvidence.id).join(Photo, Photo.id == PhotoEvidence.id)
        used = used.where(PhotoEvidence.nonce == claims.nonce, PhotoEvidence.id != photo.id, _sent_before(photo))
        if session.scalar(used.limit(1)) is not None:
            return "used", nonce_id
    return state, nonce_id


def _hex(mark: Print) -> str:
    return f"{mark.bits:016x}"
