"""The standards library and the company's checklists: /api/v1/dimensions, /checkpoints, /checklists."""

import uuid

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from checklists import library as standards
from checklists import service
from checklists.checkpoint import Checkpoint, Dimension
from checklists.item import Item
from checklists.service import ChecklistSummary, Version
from checklists.template import ItemDraft, build
from core.access.permissions import Action
from core.paging import Page
from core.text import Text

LIBRARY = standards.load()


class VersionView(msgspec.Struct, frozen=True):
    """A published version with its items."""

    id: uuid.UUID
    checklist_id: uuid.UUID
    number: int
    title: Text
    items: tuple[Item, ...]


class NewChecklist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checklist without a version yet, under an id the client made."""

    id: uuid.UUID
    title: Text


class NewVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the next version asks; `based_on` is the number it was edited from, 0 for the first."""

    id: uuid.UUID
    title: Text
    items: tuple[ItemDraft, ...]
    based_on: int


@get("/dimensions", opt=needs(Action.SEE_STANDARDS), sync_to_thread=False)
def dimensions() -> tuple[Dimension, ...]:
    """Return the 12 dimensions in their order."""
    return tuple(LIBRARY.dimensions.values())


@get("/checkpoints", opt=needs(Action.SEE_STANDARDS), sync_to_thread=False)
def checkpoints() -> tuple[Checkpoint, ...]:
    """Return the whole standards library."""
    return tuple(LIBRARY.checkpoints.values())


@get("/checklists", opt=needs(Action.SEE_STANDARDS), sync_to_thread=True)
def checklists(parts: TheParts, caller: TheCaller, page: ThePage) -> Page[ChecklistSummary]:
    """List the company's checklists."""
    with parts.database.snapshot(caller) as session:
        return service.list_checklists(session, page)


@post("/checklists", opt=needs(Action.CHANGE_CHECKLISTS), sync_to_thread=True)
def add_checklist(parts: TheParts, caller: TheCaller, data: JSONBody[NewChecklist]) -> ChecklistSummary:
    """Make a checklist; the same id and title again returns it."""
    with parts.database.transaction(caller) as session:
        return service.create(session, parts.clock.now(), data.id, data.title)


@post("/checklists/{checklist_id:uuid}/versions", opt=needs(Action.CHANGE_CHECKLISTS), sync_to_thread=True)
def publish(parts: TheParts, caller: TheCaller, checklist_id: Id, data: JSONBody[NewVersion]) -> VersionView:
    """Publish the next version of a checklist; a published version never changes."""
    content = build(data.title, data.items, LIBRARY)
    with parts.database.transaction(caller) as session:
        return _view(
            service.publish(session, parts.clock.now(), checklist_id, data.id, content, based_on=data.based_on)
        )


@get("/checklist-versions/{version_id:uuid}", opt=needs(Action.SEE_STANDARDS), sync_to_thread=True)
def version(parts: TheParts, caller: TheCaller, version_id: Id) -> VersionView:
    """Return a published version with everything it asks."""
    with parts.database.snapshot(caller) as session:
        return _view(service.get(session, version_id))


def _view(found: Version) -> VersionView:
    return VersionView(found.id, found.checklist_id, found.number, found.content.title, found.content.items)


router = Router(
    "/", route_handlers=[dimensions, checkpoints, checklists, add_checklist, publish, version], tags=["standards"]
)
