"""Who the caller is."""

from typing import cast

import sqlalchemy as sa

from core.caller import Caller
from core.errors import not_found
from core.org import Company, OrgNode, Person
from core.organisation.views import CompanyRef, Me, RoleView, node_ref
from core.scope import ScopedSession
from core.text import Language


def who_am_i(session: ScopedSession) -> Me:
    """Return the caller of the session, a person or a machine, with company and roles.

    Raises:
        NotFound: the caller is the product itself.

    """
    caller = session.caller
    if caller.company_id is None or caller.actor.id is None:
        raise not_found("person", caller.actor.id)
    person = session.get(Person, caller.person_id) if caller.person_id else None
    company = session.get_one(Company, caller.company_id)
    return Me(
        id=caller.actor.id,
        login=person.login if person else None,
        name=caller.actor.name,
        language=cast("Language", person.language if person else "en"),
        company=CompanyRef(id=company.id, name=company.name),
        roles=_roles(session, caller),
    )


def _roles(session: ScopedSession, caller: Caller) -> tuple[RoleView, ...]:
    wanted = sa.select(OrgNode).where(OrgNode.id.in_([grant.node_id for grant in caller.grants]))
    nodes = {node.id: node for node in session.scalars(wanted)}
    return tuple(
        RoleView(role=grant.role, node=node_ref(nodes[grant.node_id]))
        for grant in caller.grants
        if grant.node_id in nodes
    )
