"""Companies for tests, built by the services that build real ones."""

import functools
import uuid

import msgspec

from core.access import passwords
from core.access.authentication import load_person
from core.caller import Caller, Role, system
from core.clock import Clock
from core.db import Database
from core.ids import new_id
from core.org import Membership, Person
from core.organisation.founding import found_company
from core.organisation.nodes import NewNode, add_node
from core.parts import Parts
from core.text import Text

PASSWORD = "open sesame 42"

TREE = (
    # name, below, kind
    ("north", "root", "region"),
    ("north_city", "north", "region"),
    ("south", "root", "region"),
    ("store_a", "north_city", "store"),
    ("store_b", "north", "store"),
    ("store_c", "south", "store"),
)
PEOPLE = (
    # name, role, where
    ("hq", Role.HQ, "root"),
    ("admin", Role.ADMIN, "root"),
    ("north_manager", Role.REGIONAL_MANAGER, "north"),
    ("south_manager", Role.REGIONAL_MANAGER, "south"),
    ("supervisor", Role.SUPERVISOR, "north"),
    ("south_supervisor", Role.SUPERVISOR, "south"),
    ("manager_a", Role.STORE_MANAGER, "store_a"),
    ("manager_b", Role.STORE_MANAGER, "store_b"),
    ("manager_c", Role.STORE_MANAGER, "store_c"),
)


class Company(msgspec.Struct, frozen=True):
    """A built company: its nodes and people by the names of `TREE` and `PEOPLE`."""

    id: uuid.UUID
    name: str
    nodes: dict[str, uuid.UUID]
    people: dict[str, uuid.UUID]

    def login(self, person: str) -> str:
        """The login of a person; the password is `PASSWORD`."""
        return f"{person}@{self.name}"

    def caller(self, parts: Parts, person: str) -> Caller:
        """The person as a caller, with grants as the database has them now."""
        caller = load_person(parts, self.people[person])
        assert caller is not None
        return caller

    def system(self) -> Caller:
        return system(self.id)


def build_company(database: Database, clock: Clock, name: str = "huadong") -> Company:
    """A company of two regions (one with a city below it), three stores, and a person of each role at each place."""
    now = clock.now()
    root = found_company(database, now, Text(f"{name} 连锁", f"{name} stores"), time_zone="Asia/Shanghai", code=name)
    nodes, people = {"root": root.id}, {}
    with database.transaction(system(root.company_id)) as session:
        for node, below, kind in TREE:
            nodes[node] = new_id()
            title = Text(f"{node} 节点", node)
            add_node(session, now, NewNode(nodes[node], nodes[below], kind, f"{node}-{name}", title))
            session.flush()
        for person, role, where in PEOPLE:
            people[person] = new_id()
            session.add(_person(people[person], root.company_id, f"{person}@{name}", person))
            session.flush()
            session.add(
                Membership(
                    id=new_id(), company_id=root.company_id, person_id=people[person], node_id=nodes[where], role=role
                )
            )
    return Company(root.company_id, name, nodes, people)


def _person(id_: uuid.UUID, company_id: uuid.UUID, login: str, name: str) -> Person:
    return Person(
        id=id_,
        company_id=company_id,
        login=login,
        name=name,
        language="zh",
        password_hash=_password_hash(),
        active=True,
        version=1,
    )


@functools.cache
def _password_hash() -> str:
    """One hash for everybody: hashing is slow on purpose."""
    return passwords.hash_password(PASSWORD)
