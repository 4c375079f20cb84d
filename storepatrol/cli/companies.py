"""Which company a command is about."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the parts of an installation load much: only when a command needs them
    from core.caller import Caller
    from core.parts import Parts


def chosen(parts: "Parts", code: str | None, command: str) -> "Caller":
    """Return the caller for the one company there is, or the one of this code; ends the command where it is unclear."""
    import sqlalchemy as sa

    from core.caller import installation, system
    from core.org import OrgNode

    with parts.database.snapshot(installation()) as session:
        query = sa.select(OrgNode).where(OrgNode.kind == "company")
        found = {node.code: node.company_id for node in session.scalars(query)}
    if code is None and len(found) == 1:
        return system(next(iter(found.values())))
    if code not in found:
        raise SystemExit(f"{command}: name a company with --company: {', '.join(sorted(found)) or '(none yet)'}")
    return system(found[code])
