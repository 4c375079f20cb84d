"""The first step of every chain: a company and the root of its tree."""

import datetime as dt
import uuid

from core.caller import system
from core.db import Database
from core.events import record
from core.ids import new_id
from core.org import Company, OrgNode, child_path
from core.organisation.rules import check_time_zone
from core.text import Text


def found_company(
    database: Database,
    now: dt.datetime,
    name: Text,
    *,
    time_zone: str,
    code: str = "HQ",
    company_id: uuid.UUID | None = None,
) -> OrgNode:
    """Create a company with the root of its tree, and return the root.

    It opens its own transaction: before it, there is no company anyone could be a caller of.
    """
    check_time_zone(time_zone)
    company_id = company_id or new_id()
    with database.transaction(system(company_id)) as session:
        session.add(Company(id=company_id, name=name, created_at=now))
        session.flush()
        root_id = new_id()
        root = OrgNode(
            id=root_id,
            company_id=company_id,
            parent_id=None,
            kind="company",
            code=code,
            name=name,
            path=child_path("/", root_id),
            time_zone=time_zone,
            active=True,
            version=1,
        )
        session.add(root)
        record(session, now, "CompanyFounded", ("org_node", root_id))
    return root
