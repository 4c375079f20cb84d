"""Questions about photos to reviewers, their answers, and how right the model is: /api/v1/review."""

import uuid
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.links import linker
from api.standards import LIBRARY
from core.access.permissions import Action
from core.paging import Page
from reports import corrections
from reports.agreement import Agreement, agreement
from reports.shadow import ShadowReport, ShadowView, differing, shadow_report
from workflows.review import service, thresholds, views
from workflows.review.policy import BoxAnswer, Given, Thresholds
from workflows.review.thresholds import Policy
from workflows.review.views import QueueSize, ReviewDetail, ReviewRow

MOST_BOXES = 500
SEEING = frozenset(checkpoint.code for checkpoint in LIBRARY.seeing("gap"))
Node = Annotated[uuid.UUID | None, QueryParameter()]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class AnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer; `id` is made by the client, so that a retry is the same answer."""

    id: uuid.UUID
    version: int
    boxes: Annotated[tuple[BoxAnswer, ...], msgspec.Meta(max_length=MOST_BOXES)] = ()
    no_shelf: bool = False
    complete: bool = False


class Based(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the question this change is based on."""

    version: int


class PolicyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New thresholds, and the number of those they replace."""

    number: int
    ask_from: Share
    open_from: Share
    sample: Share


class Policies(msgspec.Struct, frozen=True):
    """What holds for each checkpoint that a photo can fail."""

    items: tuple[Policy, ...]


@get("/items", opt=needs(Action.REVIEW), sync_to_thread=True)
def items(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    wanted: Annotated[Literal["waiting", "answered"], QueryParameter(name="state")] = "waiting",
    node_id: Node = None,
) -> Page[ReviewRow]:
    """List questions of the caller's part of the organisation in the order of the queue, or the latest answered."""
    with parts.database.snapshot(caller) as session:
        return views.list_items(session, linker(parts, caller), page, state=wanted, node_id=node_id)


@get("/summary", opt=needs(Action.REVIEW), sync_to_thread=True)
def summary(parts: TheParts, caller: TheCaller) -> QueueSize:
    """Return how many questions wait."""
    with parts.database.snapshot(caller) as session:
        return views.queue_size(session)


@get("/items/{item_id:uuid}", opt=needs(Action.REVIEW), sync_to_thread=True)
def item(parts: TheParts, caller: TheCaller, item_id: Id) -> ReviewDetail:
    """Return one question with all its answers."""
    with parts.database.snapshot(caller) as session:
        return views.detail(session, linker(parts, caller), service.get(session, item_id))


@post("/items/{item_id:uuid}/answer", opt=needs(Action.REVIEW), status_code=200, sync_to_thread=True)
def answer(parts: TheParts, caller: TheCaller, item_id: Id, data: JSONBody[AnswerBody]) -> ReviewRow:
    """Answer a question, or answer it anew; it takes effect a quarter of a minute later."""
    given = Given(data.boxes, data.no_shelf, data.complete)
    with parts.database.transaction(caller) as session:
        answered = service.answer(session, parts.clock.now(), item_id, data.id, data.version, given)
        session.flush()
        return views.row(session, linker(parts, caller), answered)


@post("/items/{item_id:uuid}/undo", opt=needs(Action.REVIEW), status_code=200, sync_to_thread=True)
def undo(parts: TheParts, caller: TheCaller, item_id: Id, data: JSONBody[Based]) -> ReviewRow:
    """Take the answer back before it takes effect."""
    with parts.database.transaction(caller) as session:
        waiting = service.undo(session, parts.clock.now(), item_id, data.version)
        session.flush()
        return views.row(session, linker(parts, caller), waiting)


@get("/policies", opt=needs(Action.SEE_MODEL_FIGURES), sync_to_thread=True)
def policies(parts: TheParts, caller: TheCaller) -> Policies:
    """List the thresholds that hold."""
    with parts.database.snapshot(caller) as session:
        return Policies(tuple(thresholds.current(session, code) for code in sorted(SEEING)))


@get("/policies/{checkpoint:str}", opt=needs(Action.SEE_MODEL_FIGURES), sync_to_thread=True)
def policy_versions(parts: TheParts, caller: TheCaller, checkpoint: FromPath[str]) -> Policies:
    """List every version of a checkpoint's thresholds, the latest first."""
    with parts.database.snapshot(caller) as session:
        return Policies(thresholds.versions(session, checkpoint))


@put("/policies/{checkpoint:str}", opt=needs(Action.CHANGE_REVIEW_POLICY), sync_to_thread=True)
def change_policy(parts: TheParts, caller: TheCaller, checkpoint: FromPath[str], data: JSONBody[PolicyBody]) -> Policy:
    """Set new thresholds for photos analysed from now on."""
    new = Thresholds(data.ask_from, data.open_from, data.sample)
    with parts.database.transaction(caller) as session:
        return thresholds.change(session, parts.clock.now(), checkpoint, data.number, new, SEEING)


@get("/agreement", opt=needs(Action.SEE_MODEL_FIGURES), sync_to_thread=True)
def measured(
    parts: TheParts, caller: TheCaller, reason: Annotated[Literal["doubtful", "sample"] | None, QueryParameter()] = None
) -> Agreement:
    """Return how often reviewers agree with each model version, by band of its score."""
    with parts.database.snapshot(caller) as session:
        return agreement(session, reason)


@get("/export", opt=needs(Action.EXPORT_CORRECTIONS), sync_to_thread=True, media_type="application/zip")
def export(parts: TheParts, caller: TheCaller) -> Stream:
    """Return all photos with complete labels as a YOLO data set in a zip, made while it is sent."""

    def pieces() -> Iterator[bytes]:
        with parts.database.snapshot(caller) as session:
            yield from corrections.zipped(corrections.data_set(corrections.corrected(session), parts.blobs.read))

    headers = {"content-disposition": 'attachment; filename="corrections.zip"', "cache-control": "no-store"}
    return Stream(pieces(), media_type="application/zip", headers=headers)


@get("/shadow", opt=needs(Action.SEE_MODEL_FIGURES), sync_to_thread=True)
def shadow(parts: TheParts, caller: TheCaller) -> ShadowReport:
    """Return how much each candidate model differs from the current one on live photos."""
    with parts.database.snapshot(caller) as session:
        return shadow_report(session)


@get("/shadow/photos", opt=needs(Action.SEE_MODEL_FIGURES), sync_to_thread=True)
def shadow_photos(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    candidate: Annotated[str | None, QueryParameter(max_length=80)] = None,
) -> Page[ShadowView]:
    """List the photos on which a candidate differs, the latest first."""
    with parts.database.snapshot(caller) as session:
        return differing(session, linker(parts, caller), page, candidate)


router = Router(
    "/review",
    route_handlers=[
        items,
        summary,
        item,
        answer,
        undo,
        policies,
        policy_versions,
        change_policy,
        measured,
        export,
        shadow,
        shadow_photos,
    ],
    tags=["review"],
)
