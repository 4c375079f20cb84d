"""The tree: /api/v1/org/nodes."""

import uuid

from litestar import Response, Router, get, patch, post
from litestar.params import FromQuery, JSONBody

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.replies import created_or_same
from core.access.permissions import Action
from core.organisation import nodes as service
from core.organisation.views import NodeKind, NodeView, node_view
from core.paging import Page


@get("/nodes", opt=needs(Action.SEE_ORGANISATION), sync_to_thread=True)
def list_nodes(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    parent: FromQuery[uuid.UUID | None] = None,
    kind: FromQuery[NodeKind | None] = None,
) -> Page[NodeView]:
    """List the nodes you see, by code; optionally the children of one, or of one kind."""
    with parts.database.snapshot(caller) as session:
        return service.list_nodes(session, page, parent_id=parent, kind=kind)


@get("/nodes/{node_id:uuid}", opt=needs(Action.SEE_ORGANISATION), sync_to_thread=True)
def get_node(parts: TheParts, caller: TheCaller, node_id: Id) -> NodeView:
    """Return one node."""
    with parts.database.snapshot(caller) as session:
        return node_view(service.get_node(session, node_id))


@post("/nodes", opt=needs(Action.CHANGE_ORGANISATION), sync_to_thread=True)
def add_node(parts: TheParts, caller: TheCaller, data: JSONBody[service.NewNode]) -> Response[NodeView]:
    """Add a node; the same once more answers 200."""
    with parts.database.transaction(caller) as session:
        made = service.add_node(session, parts.clock.now(), data)
    return created_or_same(made)


@patch("/nodes/{node_id:uuid}", opt=needs(Action.CHANGE_ORGANISATION), sync_to_thread=True)
def change_node(parts: TheParts, caller: TheCaller, node_id: Id, data: JSONBody[service.NodeChange]) -> NodeView:
    """Change or move a node, based on its latest version."""
    with parts.database.transaction(caller) as session:
        return service.change_node(session, parts.clock.now(), node_id, data)


router = Router("/org", route_handlers=[list_nodes, get_node, add_node, change_node], tags=["organisation"])
