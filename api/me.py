"""Who am I: /api/v1/me."""

from litestar import Router, get

from api.guard import needs
from api.inject import TheCaller, TheParts
from core.access.permissions import Action
from core.organisation.me import who_am_i
from core.organisation.views import Me


@get("/", opt=needs(Action.SEE_SELF), sync_to_thread=True)
def me(parts: TheParts, caller: TheCaller) -> Me:
    """Return the caller with company and roles."""
    with parts.database.snapshot(caller) as session:
        return who_am_i(session)


router = Router("/me", route_handlers=[me], tags=["session"])
