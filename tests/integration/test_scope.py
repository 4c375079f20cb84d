"""The wall between companies, and between parts of one company's tree, at the one place where it stands."""

import threading
import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from checklists.model import Checklist, ChecklistVersion
from checklists.template import ChecklistContent
from core.caller import Caller, installation, system
from core.ids import new_id
from core.org import ApiKey, Membership, OrgNode, Person
from core.parts import Parts
from core.scope import ScopedSession, StrangerError
from core.text import Text
from tests.builders import Company
from tests.integration.databases import NOW
from workflows.visits.model import Visit


def plan_visits(parts: Parts, company: Company) -> dict[str, uuid.UUID]:
    """One visit at each store."""
    title, visits = Text("表", "list"), {}
    with parts.database.transaction(company.system()) as session:
        checklist = Checklist(id=new_id(), company_id=company.id, title=title, created_at=NOW, latest_number=1)
        session.add(checklist)
        session.flush()
        version = ChecklistVersion(
            id=new_id(),
            company_id=company.id,
            checklist_id=checklist.id,
            number=1,
            title=title,
            content=ChecklistContent(title=title, items=()),
            content_hash="",
            published_at=NOW,
        )
        session.add(version)
        session.flush()
        for store in ("store_a", "store_b", "store_c"):
            visits[store] = new_id()
            session.add(
                Visit(
                    id=visits[store],
                    company_id=company.id,
                    store_id=company.nodes[store],
                    checklist_version_id=version.id,
                    planned_for=NOW,
                    content_hash="",
                )
            )
    return visits


@pytest.fixture
def visits(parts: Parts, company: Company) -> dict[str, uuid.UUID]:
    return plan_visits(parts, company)


def names(of: dict[str, uuid.UUID], ids: set[uuid.UUID]) -> set[str]:
    return {name for name, id_ in of.items() if id_ in ids}


SEEN = {
    "hq": {"store_a", "store_b", "store_c"},
    "north_manager": {"store_a", "store_b"},
    "south_manager": {"store_c"},
    "manager_a": {"store_a"},
}
# Every way to ask for visits that a service might use.
WAYS: dict[str, Callable[[ScopedSession], set[uuid.UUID]]] = {
    "rows": lambda session: {visit.id for visit in session.scalars(sa.select(Visit))},
    "columns": lambda session: set(session.scalars(sa.select(Visit.id))),
    "alias": lambda session: {visit.id for visit in session.scalars(sa.select(aliased(Visit)))},
    "join": lambda session: set(session.scalars(sa.select(Visit.id).join(OrgNode, OrgNode.id == Visit.store_id))),
    "joined to": lambda session: {
        row.id
        for row in session.execute(sa.select(Visit.id).select_from(OrgNode).join(Visit, Visit.store_id == OrgNode.id))
    },
    "subquery": lambda session: set(session.scalars(sa.select(sa.select(Visit.id).subquery().c.id))),
    "cte": lambda session: set(session.scalars(sa.select(sa.select(Visit.id).cte().c.id))),
    "in": lambda session: set(session.scalars(sa.select(Visit.id).where(Visit.id.in_(sa.select(Visit.id))))),
    "union": lambda session: set(session.scalars(sa.union_all(sa.select(Visit.id), sa.select(Visit.id)))),
    "grouped": lambda session: {
        row[0] for row in session.execute(sa.select(Visit.id, sa.func.count()).group_by(Visit.id))
    },
    "locked": lambda session: set(session.scalars(sa.select(Visit.id).with_for_update())),
    "streamed": lambda session: {visit.id for visit in session.scalars(sa.select(Visit)).yield_per(1)},
    "entities": lambda session: {
        visit.id for visit, _ in session.execute(sa.select(Visit, OrgNode).join(OrgNode, OrgNode.id == Visit.store_id))
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_everyone_sees_the_visits_of_their_own_stores(
    parts: Parts, company: Company, visits: dict[str, uuid.UUID], way: str
) -> None:
    for _ in range(2):  # the second round meets the statements the first one left in the caches
        for person, stores in SEEN.items():
            with parts.database.transaction(company.caller(parts, person)) as session:
                assert names(visits, WAYS[way](session)) == stores, person


@pytest.mark.parametrize("way", WAYS)
def test_another_company_sees_nothing(
    parts: Parts, visits: dict[str, uuid.UUID], other_company: Company, way: str
) -> None:
    for caller in (other_company.caller(parts, "admin"), other_company.system()):
        with parts.database.transaction(caller) as session:
            assert WAYS[way](session) == set()


def test_callers_who_work_at_the_same_time_do_not_get_each_others_rows(
    parts: Parts, company: Company, visits: dict[str, uuid.UUID]
) -> None:
    wrong: list[str] = []

    def look(person: str) -> None:
        caller = company.caller(parts, person)
        for _ in range(40):
            with parts.database.snapshot(caller) as session:
                if names(visits, WAYS["rows"](session)) != SEEN[person]:
                    wrong.append(person)

    threads = [threading.Thread(target=look, args=(person,)) for person in SEEN]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_row_out_of_sight_is_not_there_by_its_id_either(
    parts: Parts, company: Company, other_company: Company, visits: dict[str, uuid.UUID]
) -> None:
    for caller in (company.caller(parts, "north_manager"), other_company.caller(parts, "hq")):
        with parts.database.snapshot(caller) as session:
            assert session.get(Visit, visits["store_c"]) is None
            assert session.get(OrgNode, company.nodes["store_c"]) is None
    with parts.database.transaction(company.caller(parts, "north_manager")) as session:
        assert session.get(Visit, visits["store_a"]) is not None
        assert session.get(Visit, visits["store_c"], with_for_update=True) is None
        assert session.get(Person, other_company.people["hq"]) is None


def test_a_mass_update_and_delete_stop_at_the_wall(
    parts: Parts, company: Company, other_company: Company, visits: dict[str, uuid.UUID]
) -> None:
    for caller, reached in (
        (other_company.caller(parts, "hq"), set()),
        (company.caller(parts, "manager_a"), {"store_a"}),
    ):
        with parts.database.transaction(caller) as session:
            session.execute(sa.update(Visit).values(score=1.0).execution_options(synchronize_session=False))
        with parts.database.snapshot(installation()) as session:
            touched = set(session.scalars(sa.select(Visit.id).where(Visit.score == 1.0)))
        assert names(visits, touched) == reached
    with parts.database.transaction(company.caller(parts, "south_manager")) as session:
        session.execute(sa.delete(Visit))
    with parts.database.snapshot(company.system()) as session:
        assert names(visits, WAYS["columns"](session)) == {"store_a", "store_b"}


def test_nobody_writes_a_row_into_another_company(parts: Parts, company: Company, other_company: Company) -> None:
    caller = company.caller(parts, "admin")
    with pytest.raises(StrangerError), parts.database.transaction(caller) as session:
        session.add(
            Person(
                id=new_id(),
                company_id=other_company.id,
                login="intruder@huanan",
                name="intruder",
                language="zh",
                password_hash="-",
            )
        )
    with pytest.raises(StrangerError), parts.database.transaction(caller) as session:
        session.get_one(Person, company.people["hq"]).company_id = other_company.id


def test_a_caller_without_any_role_sees_no_store_and_no_node(parts: Parts, company: Company, visits: object) -> None:
    hq = company.caller(parts, "hq")
    caller = Caller(actor=hq.actor, company_id=company.id, grants=())
    with parts.database.snapshot(caller) as session:
        assert session.scalars(sa.select(Visit)).all() == []
        assert session.scalars(sa.select(OrgNode)).all() == []


def test_a_node_is_seen_with_all_below_and_nothing_above(parts: Parts, company: Company) -> None:
    with parts.database.snapshot(company.caller(parts, "north_manager")) as session:
        seen = set(session.scalars(sa.select(OrgNode.id)))
    assert names(company.nodes, seen) == {"north", "north_city", "store_a", "store_b"}


def test_the_product_itself_sees_one_company_and_the_installation_all(
    parts: Parts, company: Company, other_company: Company
) -> None:
    for caller, companies in (
        (system(company.id), {company.id}),
        (installation(), {company.id, other_company.id}),
    ):
        with parts.database.snapshot(caller) as session:
            for table in (Person, OrgNode, Membership):
                assert set(session.scalars(sa.select(table.company_id))) == companies
            assert session.scalars(sa.select(ApiKey)).all() == []
