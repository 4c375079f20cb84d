"""People and their roles: /api/v1/people."""

from litestar import Response, Router, get, patch, post
from litestar.params import JSONBody

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.replies import created_or_same
from core.access.permissions import Action
from core.organisation import people as service
from core.organisation.views import PersonView
from core.paging import Page


@get("/", opt=needs(Action.SEE_PEOPLE), sync_to_thread=True)
def list_people(parts: TheParts, caller: TheCaller, page: ThePage) -> Page[PersonView]:
    """List the people with a role in your part of the tree."""
    with parts.database.snapshot(caller) as session:
        return service.list_people(session, page)


@post("/", opt=needs(Action.CHANGE_PEOPLE), sync_to_thread=True)
def add_person(parts: TheParts, caller: TheCaller, data: JSONBody[service.NewPerson]) -> Response[PersonView]:
    """Add a person; the same once more answers 200."""
    with parts.database.transaction(caller) as session:
        made = service.add_person(session, parts.clock.now(), data)
    return created_or_same(made)


@patch("/{person_id:uuid}", opt=needs(Action.CHANGE_PEOPLE), sync_to_thread=True)
def change_person(
    parts: TheParts, caller: TheCaller, person_id: Id, data: JSONBody[service.PersonChange]
) -> PersonView:
    """Change a person, based on the latest version."""
    with parts.database.transaction(caller) as session:
        return service.change_person(session, parts.clock.now(), person_id, data)


router = Router("/people", route_handlers=[list_people, add_person, change_person], tags=["organisation"])
