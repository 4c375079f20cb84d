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


router = Router("/reports", route_handlers=[heatmap, stores], tags=["reports"])
