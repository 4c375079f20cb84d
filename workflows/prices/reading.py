"""The job that reads the price tags and dates of a photo, and what follows from them."""

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from checklists import service as checklists
from checklists.checkpoint import Checkpoint
from checklists.kinds import Number
from core.caller import system
from core.ids import derived_id
from core.jobs import Ticket
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from vision.errors import PhotoError
from vision.geometry import Box
from vision.photo import open_photo
from vision.price_tags.dates import order_in
from vision.price_tags.reader import TAG_SIDE
from vision.shelf import ShelfReading
from workflows import events as e
from workflows.issues.model import Finding
from workflows.pipeline import emit
from workflows.prices import service
from workflows.prices.model import TagLook
from workflows.prices.policy import (
    RAISES_FROM,
    Catalogue,
    DateResult,
    TagResult,
    compare,
    judge_date,
    raises,
    without_tag,
)
from workflows.tools import Effects, Tools
from workflows.visits.model import Photo, Visit

TAG_MATCHES, TAG_PRESENT = "pricing.tag_matches", "pricing.tag_present"
EXPIRED, NEAR_EXPIRY = "freshness.expired", "freshness.near_expiry"
USUAL_DAYS = 2.0


class Job(msgspec.Struct, frozen=True):
    """What is to be read and against what; `dimension` of the item the photo was taken for."""

    sha256: str
    shelf: ShelfReading
    day: dt.date
    time_zone: str
    dimension: str | None
    near_days: float
    catalogue: Any


class Look(msgspec.Struct, frozen=True):
    """What came out of it."""

    tags: tuple[TagResult, ...]
    dates: tuple[DateResult, ...]
    missing: tuple[Box, ...]
    model: str
    ms: float
    cut_short: bool


def read_tags(tools: Tools, ticket: Ticket) -> Effects:
    """Read a photo that was taken for a checkpoint about prices or freshness, or any one where the company wants it."""
    job = _prepare(tools, ticket)
    if job is None:
        return _nothing
    if tools.tags is None:
        raise RuntimeError("this worker was started without the details queue")
    try:
        content = tools.parts.blobs.read(job.sha256)
        photo = open_photo(content, TAG_SIDE, max_bytes=tools.parts.settings.max_photo_bytes)
    except PhotoError:
        return _nothing  # looked at before, and found unreadable then: that is told already
    fresh = job.dimension == "freshness"
    reading = tools.tags.read(photo, job.shelf, today=job.day, order=order_in(job.time_zone), dates=True, whole=fresh)
    look = Look(
        tags=tuple(compare(tag, job.catalogue) for tag in reading.tags),
        dates=tuple(judge_date(mark, job.day) for mark in reading.dates) if job.dimension != "pricing" else (),
        missing=without_tag(job.shelf, reading) if not fresh else (),
        model=reading.model,
        ms=reading.ms,
        cut_short=reading.cut_short,
    )
    return lambda session, now: _note(session, now, tools, ticket.subject_id, job, look)


def _nothing(_session: ScopedSession, _now: dt.datetime) -> None:
    """Change nothing: the photo is not one to be read."""


def _prepare(tools: Tools, ticket: Ticket) -> Job | None:
    """Return what to do, None where nobody asked for this photo to be read."""
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        photo = session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one()
        if photo.visit_id is None or photo.reading is None:
            return None
        visit = session.scalars(sa.select(Visit).where(Visit.id == photo.visit_id)).one()
        items = checklists.get(session, visit.checklist_version_id).content.items
        dimension = next((item.dimension for item in items if item.id == photo.item_id), None)
        if dimension not in ("pricing", "freshness"):
            chosen = service.settings(session)
            if chosen is None or not chosen.read_every_photo:
                return None
        store = session.scalars(sa.select(OrgNode).where(OrgNode.id == photo.store_id)).one()
        day = _day_of(photo, store.time_zone)
        answers = [item.answer for item in items if item.checkpoint == NEAR_EXPIRY]
        limits = [answer.min for answer in answers if isinstance(answer, Number) and answer.min is not None]
        return Job(
            sha256=photo.sha256,
            shelf=msgspec.convert(photo.reading, ShelfReading),
            day=day,
            time_zone=store.time_zone,
            dimension=dimension,
            near_days=limits[0] if limits else _usual_days(tools),
            catalogue=Catalogue(service.lines_for_store(session, store.path), day),
        )


def _usual_days(tools: Tools) -> float:
    answer = tools.library.checkpoints[NEAR_EXPIRY].answer
    return float(answer.min) if isinstance(answer, Number) and answer.min is not None else USUAL_DAYS


def _day_of(photo: Photo, time_zone: str) -> dt.date:
    """The day in the store when the photo was taken: a photo sent late is judged by the shelf it shows.

    A phone's clock may be wrong; what lies after the photo's arrival was not the time it was taken.
    """
    moment = min(photo.captured_at or photo.stored_at, photo.stored_at)
    return moment.astimezone(ZoneInfo(time_zone)).date()


def _note(session: ScopedSession, now: dt.datetime, tools: Tools, photo_id: uuid.UUID, job: Job, look: Look) -> None:
    photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
    if photo.visit_id is None or session.scalar(sa.select(TagLook.id).where(TagLook.id == photo_id)) is not None:
        return  # read before: the photo was analysed a second time
    differ = [tag for tag in look.tags if tag.verdict == "differs"]
    session.add(
        TagLook(
            id=photo.id, company_id=photo.company_id, store_id=photo.store_id, visit_id=photo.visit_id, day=job.day,
            tags=msgspec.to_builtins(look.tags), dates=msgspec.to_builtins(look.dates), tag_count=len(look.tags),
            read_count=sum(tag.minor is not None for tag in look.tags), differ_count=len(differ),
            missing=[list(box) for box in look.missing], cut_short=look.cut_short, model=look.model,
            ms=round(look.ms), read_at=now,
        )
    )  # fmt: skip
    for finding in _findings(tools, now, photo, job, look):
        session.add(finding)
    session.flush()
    emit(
        session,
        now,
        e.TagsRead(
            subject_id=photo.id,
            data={"visit_id": str(photo.visit_id), "tags": len(look.tags), "differ": len(differ)},
            trace_id=photo.trace_id,
        ),
    )


def _findings(tools: Tools, now: dt.datetime, photo: Photo, job: Job, look: Look) -> list[Finding]:
    found = []

    def add(code: str, boxes: list[Box], score: float, *, sure: bool, text: Text) -> None:
        checkpoint = tools.library.checkpoints.get(code)
        if checkpoint is not None:
            found.append(_finding(now, photo, look, checkpoint, boxes, score, sure=sure, text=text))

    if differ := [tag for tag in look.tags if tag.verdict == "differs"]:
        sure = any(raises(tag) for tag in differ)
        add(
            TAG_MATCHES, [tag.box for tag in differ], max(t.confidence for t in differ), sure=sure, text=_differ(differ)
        )
    if look.missing:
        count = len(look.missing)
        words = Text(f"{count} 处空位下未见价签, 请核实", f"No tag seen under {count} empty places; please check")
        add(TAG_PRESENT, list(look.missing), 0.5, sure=False, text=words)
    if job.dimension == "freshness":
        counted = [date for date in look.dates if date.days_left is not None]
        past = [date for date in counted if date.days_left is not None and date.days_left < 0]
        near = [date for date in counted if date.days_left is not None and 0 <= date.days_left < job.near_days]
        for code, dates in ((EXPIRED, past), (NEAR_EXPIRY, near)):
            if dates:
                score = max(date.confidence for date in dates)
                add(code, [d.box for d in dates], score, sure=score >= RAISES_FROM, text=_days(code, dates))
    return found


def _finding(
    now: dt.datetime, photo: Photo, look: Look, checkpoint: Checkpoint, boxes: list[Box], score: float, *,
    sure: bool, text: Text,
) -> Finding:  # fmt: skip
    return Finding(
        id=derived_id("finding", "tags", photo.id, checkpoint.code), company_id=photo.company_id,
        store_id=photo.store_id, visit_id=photo.visit_id, photo_id=photo.id, source="vision", model=look.model,
        checkpoint=checkpoint.code, dimension=checkpoint.dimension, severity=checkpoint.severity, score=score,
        raises=sure, place={"photo_id": str(photo.id), "boxes": [list(box) for box in boxes]}, text=text, found_at=now,
    )  # fmt: skip


def _differ(tags: list[TagResult]) -> Text:
    told = "; ".join(
        f"{tag.sku}: {amount(tag.minor, tag.list_currency)} ≠ {amount(tag.list_minor, tag.list_currency)}"
        for tag in tags[:5]
    ) + ("" if len(tags) <= 5 else " …")
    verb = "tag differs" if len(tags) == 1 else "tags differ"
    return Text(f"{len(tags)} 张价签与价格表不符: {told}", f"{len(tags)} {verb} from the price list: {told}")


def _days(code: str, dates: list[DateResult]) -> Text:
    days = ", ".join(sorted({date.best_before.isoformat() for date in dates if date.best_before})[:5])
    if code == EXPIRED:
        return Text(f"照片上有过期日期: {days}", f"Past its date on the photo: {days}")
    return Text(f"照片上有临期日期: {days}", f"Close to its date on the photo: {days}")


def amount(minor: int | None, currency: str | None) -> str:
    """Return an amount as people read it: "CNY 12.80"."""
    return f"{currency or ''} {(minor or 0) / 100:.2f}".strip()
