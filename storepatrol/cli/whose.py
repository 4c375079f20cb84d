"""Whose data a command is about: the one company of an installation, or the one that was named."""

import sqlalchemy as sa

from core.caller import Caller, installation, system
from core.org import OrgNode
from core.parts import Parts


def company_of(parts: Parts, code: str | None, command: str) -> Caller:
    """Return the caller for the company of this code; without one, for the only company there is.

    Raises:
        SystemExit: there is no such company, or no code to choose among several by; the message names them.

    """
    with parts.database.snapshot(installation()) as session:
        nodes = session.scalars(sa.select(OrgNode).where(OrgNode.kind == "company"))
        found = {node.code: node.company_id for node in nodes}
    if code is None and len(found) == 1:
        return system(next(iter(found.values())))
    if code not in found:
        known = ", ".join(sorted(found)) or "(none yet)"
        raise SystemExit(f"storepatrol {command}: name a company with --company: {known}")
    return system(found[code])
