"""Numbers for headquarters: /api/v1/reports."""

import datetime as dt
import uuid
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter

from api.guard import needs
from api.inject import AwareTime, TheCaller, TheParts
from api.standards import LIBRARY
from core.access.permissions import Action
from core.errors import Invalid
from core.text import Text
from reports import heatmap as heat
from reports.heatmap import Heatmap
from reports.stores import StoreLine, list_stores

USUAL_PERIOD = dt.timedelta(days=30)

Node = Annotated[uuid.UUID | None, QueryParameter()]


class StoreLines(msgspec.Struct, frozen=True):
    """Stores, the weakest first."""

    items: tuple[StoreLine, ...]


@get("/heatmap", opt=needs(Action.SEE_REPORTS), sync_to_thread=True)
def heatmap(
    parts: TheParts,
    caller: TheCaller,
    node_id: Node = None,
    since: Annotated[AwareTime | None, QueryParameter(name="from")] = None,
    until: Annotated[AwareTime | None, QueryParameter(name="to")] = None,
) -> Heatmap:
    """Return the children of a node against the 12 dimensions; the last 30 days unless told otherwise."""
    for name, time in (("from", since), ("to", until)):
        if time is not None and time.tzinfo is None:  # a query's text is not checked as a body's is
            raise _without_zone(name)
    end = until or parts.clock.now()
    with parts.database.snapshot(caller) as session:
        return heat.heatmap(session, LIBRARY, node_id, since or end - USUAL_PERIOD, end)


@get("/stores", opt=needs(Action.SEE_REPORTS), sync_to_thread=True)
def stores(
    parts: TheParts,
    caller: TheCaller,
    node_id: Node = None,
    dimension: Annotated[str | None, QueryParameter(max_length=24)] = None,
) -> StoreLines:
    """List stores with the score of their last visit and what is open there, the weakest first."""
    with parts.database.snapshot(caller) as session:
        return StoreLines(list_stores(session, parts.clock.now(), node_id, dimension))


def _without_zone(name: str) -> Invalid:
    detail = Text(f"参数 {name} 的时间需要带时区", f"The time in {name} needs its offset, such as +08:00 or Z")
    return Invalid("request.invalid", detail, fields=[{"in": "query", "field": name, "reason": "no offset"}])


router = Router("/reports", route_handlers=[heatmap, stores], tags=["reports"])
