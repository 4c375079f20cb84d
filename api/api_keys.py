"""Keys for machines: /api/v1/api-keys."""

from litestar import Response, Router, delete, get, post
from litestar.params import JSONBody

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.replies import created_or_same
from core.access.permissions import Action
from core.organisation import api_keys as service
from core.organisation.views import ApiKeyView
from core.paging import Page


@get("/", opt=needs(Action.MANAGE_API_KEYS), sync_to_thread=True)
def list_api_keys(parts: TheParts, caller: TheCaller, page: ThePage) -> Page[ApiKeyView]:
    """List the keys in your part of the tree."""
    with parts.database.snapshot(caller) as session:
        return service.list_api_keys(session, page)


@post("/", opt=needs(Action.MANAGE_API_KEYS), sync_to_thread=True)
def make_api_key(parts: TheParts, caller: TheCaller, data: JSONBody[service.NewApiKey]) -> Response[service.MadeApiKey]:
    """Make a key. Its secret is in this answer and nowhere else."""
    with parts.database.transaction(caller) as session:
        made = service.make_api_key(session, parts.clock.now(), data)
    return created_or_same(made)


@delete("/{key_id:uuid}", opt=needs(Action.MANAGE_API_KEYS), sync_to_thread=True)
def revoke_api_key(parts: TheParts, caller: TheCaller, key_id: Id) -> None:
    """Revoke a key at once."""
    with parts.database.transaction(caller) as session:
        service.revoke_api_key(session, parts.clock.now(), key_id)


router = Router("/api-keys", route_handlers=[list_api_keys, make_api_key, revoke_api_key], tags=["organisation"])
