"""The job that compares an after photo with the one that showed the problem."""

import datetime as dt

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.jobs import Ticket
from core.scope import ScopedSession
from core.text import Text
from vision.compare import REASONS, Comparison
from vision.errors import PhotoError
from vision.photo import open_photo
from vision.shelf import ShelfReader
from workflows.campaigns.fixing import judge_material
from workflows.evidence.weighing import Examined, examine, note
from workflows.tasks.model import Task
from workflows.tools import Effects, Tools, keep
from workflows.verification.befores import Before, befores, done_already
from workflows.verification.model import FixAttempt
from workflows.verification.service import Judgement, judge
from workflows.visits.model import Photo
from workflows.visits.seeing import Seen, describe, look, mark_unreadable

NO_BEFORE = Judgement(
    "unsure", ("no_before_photo",), Text("没有整改前照片可比对", "There is no before photo to compare with")
)
NOT_BY_CAMERA = Judgement(
    "unsure",
    ("not_by_camera",),
    Text("这一项不能由照片识别判定，请人工复核", "The machine cannot judge this from a photo; a person has to look"),
)
ALL_DONE = Judgement("fixed", ("gap_gone",), REASONS["gap_gone"])
MOST_COMPARED = 8
"""Comparing takes about half a second."""
WEIGHT = {"not_fixed": 3, "fixed": 2, "unsure": 1, "different_place": 0}
USED_BEFORE = Text("整改照片以前提交过", "The after photo was sent before")


class Case(msgspec.Struct, frozen=True, eq=False):
    """What is to be compared: the after photo's hash with the photos of what is not done yet.

    `all_done`: earlier after photos, judged too late to move the task, show every place put right. `by_camera`: the
    matter is one that a comparison of photos can judge.
    """

    after_sha256: str
    open: tuple[Before, ...]
    all_done: bool
    by_camera: bool


def check_fix(tools: Tools, ticket: Ticket) -> Effects:
    """Judge one after photo: no photo at all goes back to its sender; without a before photo a person judges."""
    case = _case(tools, ticket)
    try:
        seen = look(tools, case.after_sha256)
    except PhotoError as error:
        problem = error.detail
        verdict = Judgement("not_fixed", ("unreadable",), problem)

        def refuse(session: ScopedSession, now: dt.datetime) -> None:
            mark_unreadable(session, now, ticket.subject_id, problem)
            judge(session, now, ticket.subject_id, verdict)

        return refuse
    judgement = judge_material(tools, ticket) or _judge(tools, case)
    expected = case.open[0].photo.id if case.open else None
    examined = examine(tools, ticket.company_id, ticket.subject_id, judgement.before_photo_id or expected)
    if examined.used_before and (judgement.verdict == "fixed" or judgement.places_done):
        judgement = msgspec.structs.replace(
            judgement, verdict="unsure", reasons=("used_before",), why=USED_BEFORE, places_done=()
        )
    return _effects(ticket, seen, judgement, examined)


def _effects(ticket: Ticket, seen: Seen, judgement: Judgement, examined: Examined) -> Effects:
    def apply(session: ScopedSession, now: dt.datetime) -> None:
        describe(session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one(), seen)
        note(session, now, examined)
        judge(session, now, ticket.subject_id, judgement)

    return apply


def _case(tools: Tools, ticket: Ticket) -> Case:
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        attempt = session.scalars(sa.select(FixAttempt).where(FixAttempt.photo_id == ticket.subject_id)).one()
        task = session.scalars(sa.select(Task).where(Task.id == attempt.task_id)).one()
        after = session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one()
        checkpoint = tools.library.checkpoints.get(task.checkpoint)
        done = done_already(session, task.id)
        shown = befores(session, task)
    left = tuple(one for one in shown if one.photo.id not in done)
    by_camera = checkpoint is not None and checkpoint.sees == "gap"
    return Case(after.sha256, left, all_done=bool(shown) and not left, by_camera=by_camera)


def _judge(tools: Tools, case: Case) -> Judgement:
    if case.by_camera and case.all_done:
        return ALL_DONE
    if not case.open:
        return NO_BEFORE
    return _compare(tools, case) if case.by_camera else NOT_BY_CAMERA


def _compare(tools: Tools, case: Case) -> Judgement:
    """Look for the places that are not done yet on the after photo, and judge those it shows."""
    limit = tools.parts.settings.max_photo_bytes
    after = open_photo(tools.parts.blobs.read(case.after_sha256), max_bytes=limit)
    found: list[tuple[Before, Comparison]] = []
    for before in case.open[:MOST_COMPARED]:
        try:
            picture = open_photo(tools.parts.blobs.read(before.photo.sha256), max_bytes=limit)
        except PhotoError:
            continue  # it was readable once; the others may do
        found.append((before, tools.compare(picture, after, before.boxes, _reader(tools))))
        if _about_the_after_photo(found[-1][1]):
            break
    return _together(tools, len(case.open), found) if found else NO_BEFORE


def _together(tools: Tools, count: int, found: list[tuple[Before, Comparison]]) -> Judgement:
    """Return one judgement: of what the photo shows the worst counts, and it closes nothing that it does not show."""
    before, told = max(found, key=lambda one: WEIGHT[one[1].verdict])
    verdict, reasons, why = told.verdict, told.reasons, _sentence(told.reasons)
    done = tuple(one.photo.id for one, said in found if said.verdict == "fixed")
    if verdict == "fixed" and len(done) < count:
        verdict, reasons, why = "not_fixed", (*reasons, "others_left"), _others(count - len(done))
    elif verdict == "different_place" and count > len(found):
        verdict, reasons, why = "unsure", ("place_not_sure",), _sentence(("place_not_sure",))
    overlay = keep(tools.parts, told.overlay, "image/jpeg") if told.overlay else None
    return Judgement(verdict, reasons, why, told.score, overlay, before.photo.id, done)


def _reader(tools: Tools) -> ShelfReader:
    if tools.reader is None:
        raise RuntimeError("this worker was started without the vision queue")
    return tools.reader


def _about_the_after_photo(found: Comparison) -> bool:
    """Tell whether another before photo would get the same answer."""
    return any(reason.startswith("after_") or reason == "same_photo" for reason in found.reasons)


def _others(count: int) -> Text:
    return Text(
        f"这一处已整改；同一问题还有 {count} 张照片上的位置待整改，请逐处拍照。",
        f"This place is done; places on {count} more photos are not: send a photo of each."
        if count > 1
        else "This place is done; the place on one more photo is not: send a photo of it.",
    )


def _sentence(reasons: tuple[str, ...]) -> Text | None:
    texts = [REASONS[reason] for reason in reasons if reason in REASONS]
    return Text("".join(text.zh for text in texts), " ".join(text.en for text in texts)) if texts else None
