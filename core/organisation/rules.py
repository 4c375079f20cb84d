"""What has to be true of the organisation's data, without looking at the database."""

import zoneinfo

from core.errors import Invalid
from core.org import OrgNode
from core.text import Text

DEEPEST = 24
"""Levels below the company."""


def check_time_zone(name: str) -> None:
    """Return when `name` is a time zone.

    Raises:
        Invalid: it is none.

    """
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(
            "org_node.time_zone_unknown", Text(f"未知时区: {name}", f"Unknown time zone: {name}"), field="time_zone"
        ) from error


def check_parent(parent: OrgNode) -> None:
    """Return when something may be put below `parent`.

    Raises:
        Invalid: it is a store, or the tree would become too deep.

    """
    if parent.kind == "store":
        raise Invalid(
            "org_node.parent_is_store", Text("门店之下不能再有节点", "Nothing can be below a store"), field="parent_id"
        )
    if level(parent.path) + 1 > DEEPEST:
        raise too_deep()


def check_move(node: OrgNode, parent: OrgNode, deepest_path: str) -> None:
    """Return when `node`, whose lowest descendant has `deepest_path`, may be put below `parent`.

    Raises:
        Invalid: the node is the root, the parent lies below the node, or the tree would become too deep.

    """
    if node.parent_id is None:
        raise Invalid("org_node.root_is_fixed", Text("根节点不能移动", "The root cannot be moved"), field="parent_id")
    if parent.path.startswith(node.path):
        raise Invalid(
            "org_node.cycle", Text("不能移动到自身之下", "A node cannot be moved below itself"), field="parent_id"
        )
    check_parent(parent)
    if level(parent.path) + 1 + level(deepest_path) - level(node.path) > DEEPEST:
        raise too_deep()


def level(path: str) -> int:
    """Return how far below the root a node is (the root: 0)."""
    return path.count("/") - 2


def too_deep() -> Invalid:
    """Return the error for a tree that would become too deep."""
    return Invalid(
        "org_node.too_deep",
        Text(f"组织层级不能超过 {DEEPEST} 层", f"The tree can have at most {DEEPEST} levels"),
        field="parent_id",
    )
