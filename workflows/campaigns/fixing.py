"""Was the material put up, put straight, or taken down? What an after photo says of a promotion task."""

import uuid

import sqlalchemy as sa

from core.caller import system
from core.jobs import Ticket
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from vision.compare import Verdict
from vision.photo import open_photo
from vision.promo import Look, look
from workflows.campaigns import policy
from workflows.campaigns.current import day_of, pieces_at
from workflows.issues.model import Finding
from workflows.tasks.model import Task
from workflows.tools import Tools
from workflows.verification.model import FixAttempt
from workflows.verification.service import Judgement
from workflows.visits.model import Photo

REASONS = {
    "material_up": Text("物料已在位、完整。", "The material hangs there now, whole and upright."),
    "material_not_seen": Text("整改照片上没有看到要求的物料。", "The after photo does not show the material."),
    "material_faulty": Text("物料仍被遮挡或没有挂正。", "The material is still hidden or not upright."),
    "material_still_up": Text("已结束活动的物料还挂着。", "The material of the ended campaign still hangs."),
    "material_gone": Text(
        "照片上已看不到过期物料；是否同一位置，请人工确认。",
        "The material that ended is not on this photo; a person has to say whether it shows the same place.",
    ),
    "material_partly": Text(
        "照片上只有一部分物料；其余是否已在位，请人工确认。",
        "The photo shows some of the material; a person has to say whether the rest hangs, too.",
    ),
    "material_unclear": Text("照片看不清物料，请人工确认。", "The photo does not tell; a person has to look."),
}


def judge_material(tools: Tools, ticket: Ticket) -> Judgement | None:
    """Judge the after photo of a promotion task by the artwork; None where the task is about something else.

    The detector of gaps has no say here: a full shelf is no proof of a poster.
    """
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        photo = session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one()
        attempt = session.scalars(sa.select(FixAttempt).where(FixAttempt.photo_id == photo.id)).one()
        task = session.scalars(sa.select(Task).where(Task.id == attempt.task_id)).one()
        if task.checkpoint not in (policy.MATERIAL, policy.EXPIRED):
            return None
        wanted = _wanted(session, task.issue_id)
        store = session.scalars(sa.select(OrgNode).where(OrgNode.id == photo.store_id)).one()
        if not wanted:
            return None  # found by a person, without artwork to compare with
        known = {piece.artwork_id for piece in pieces_at(session, store, day_of(photo, store))} | wanted
        index = tools.artworks.index(tools.parts, session, known)
        sha256 = photo.sha256
    picture = open_photo(tools.parts.blobs.read(sha256), max_bytes=tools.parts.settings.max_photo_bytes)
    seen = look(picture, index)
    return _up(seen, wanted) if task.checkpoint == policy.MATERIAL else _down(seen, wanted)


def _wanted(session: ScopedSession, issue_id: uuid.UUID) -> set[uuid.UUID]:
    """Return the pieces that the issue is about."""
    places = session.scalars(sa.select(Finding.place).where(Finding.issue_id == issue_id, Finding.raises))
    return {uuid.UUID(place["artwork_id"]) for place in places if "artwork_id" in place}


def _up(seen: Look, wanted: set[uuid.UUID]) -> Judgement:
    mine = [one for one in seen.sightings if one.artwork in set(map(str, wanted))]
    if len(mine) < len(wanted):
        return _told("unsure", "material_unclear", 0.5)  # an artwork that is no longer to be compared with
    if any(one.found for one in mine) and not all(one.found for one in mine):
        return _told("unsure", "material_partly", 0.5)
    if not all(one.found for one in mine):
        return (
            _told("not_fixed", "material_not_seen", 0.7) if seen.telling else _told("unsure", "material_unclear", 0.5)
        )
    if any(one.rivals or one.score < policy.SURE for one in mine):
        return _told("unsure", "material_unclear", 0.5)
    whole = [bool(one.upright) and one.visible >= policy.HIDDEN_BELOW for one in mine]
    if all(whole):
        return _told("fixed", "material_up", min(one.score for one in mine))
    cut = any((one.in_frame or 0.0) < policy.WHOLE_IN_FRAME for one in mine)
    return _told("unsure", "material_unclear", 0.5) if cut else _told("not_fixed", "material_faulty", 0.8)


def _down(seen: Look, wanted: set[uuid.UUID]) -> Judgement:
    """That it is gone from a photo proves little: of another place it would be, too."""
    there = [one for one in seen.sightings if one.artwork in set(map(str, wanted)) and one.found]
    if any(not one.rivals and one.score >= policy.SURE for one in there):
        return _told("not_fixed", "material_still_up", max(one.score for one in there))
    return _told("unsure", "material_unclear" if there else "material_gone", 0.5)


def _told(verdict: Verdict, reason: str, score: float) -> Judgement:
    return Judgement(verdict, (reason,), REASONS[reason], score=round(score, 3))
