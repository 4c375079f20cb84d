"""People and their roles."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal, cast

import msgspec
import sqlalchemy as sa

from core.access import passwords
from core.access.permissions import Action, require
from core.access.sign_in import end_sessions_of, normal_login
from core.caller import Role
from core.errors import Conflict, ContentDiffers, Invalid, not_found, stale
from core.events import record
from core.ids import derived_id
from core.org import Membership, OrgNode, Person
from core.organisation.nodes import get_node
from core.organisation.views import PersonView, RoleView, node_ref
from core.paging import Page, PageRequest, fetch
from core.scope import ScopedSession
from core.text import Language, Text

Login = Annotated[str, msgspec.Meta(min_length=1, max_length=254, pattern=r"^[^\s\x00-\x1f]+$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$")]
Password = Annotated[str, msgspec.Meta(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]


class RoleAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A role to give, at a node."""

    role: Role
    node_id: uuid.UUID


class NewPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person to add, with an id the client made and the first password."""

    id: uuid.UUID
    login: Login
    name: Name
    password: Password
    roles: Annotated[tuple[RoleAt, ...], msgspec.Meta(min_length=1, max_length=50)]
    language: Literal["zh", "en"] = "zh"


class PersonChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a person; what is left out stays. `roles` replaces all of them."""

    version: int
    login: Login | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET
    language: Literal["zh", "en"] | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    password: Password | msgspec.UnsetType = msgspec.UNSET
    roles: Annotated[tuple[RoleAt, ...], msgspec.Meta(max_length=50)] | msgspec.UnsetType = msgspec.UNSET


def list_people(session: ScopedSession, page: PageRequest) -> Page[PersonView]:
    """Return the people with a role in the caller's part of the tree, in the order they were added.

    Who sees the whole tree also sees the people without any role.
    """
    in_sight = sa.select(Membership.person_id).join(OrgNode, OrgNode.id == Membership.node_id)
    roleless = sa.and_(
        sa.exists(sa.select(OrgNode.id).where(OrgNode.parent_id.is_(None))),
        Person.id.not_in(sa.select(Membership.person_id)),
    )
    query = sa.select(Person).where(sa.or_(Person.id.in_(in_sight), roleless))
    found = fetch(session, query, [(Person.id, "asc")], page)
    roles = _roles_of(session, [person.id for person in found.items])
    return found.map(lambda person: _view(person, roles.get(person.id, ())))


def add_person(session: ScopedSession, now: dt.datetime, new: NewPerson) -> tuple[PersonView, bool]:
    """Add a person with roles at nodes that the caller administers; False when the same was added before.

    Raises:
        ContentDiffers: a person of this id exists, with other content.
        Conflict: the login is taken.
        NotFound, Forbidden, Invalid: a node is not visible, a role may not be given there, or the roles do not fit.

    """
    for given in new.roles:
        require(session.caller, Action.CHANGE_PEOPLE, get_node(session, given.node_id).path)
    before = session.get(Person, new.id)
    if before is not None:
        return _same(session, before, new), False
    person = Person(
        id=new.id,
        company_id=_company_of(session),
        login=normal_login(new.login),
        name=new.name,
        language=new.language,
        password_hash=passwords.hash_password(new.password),
        active=True,
        version=1,
    )
    session.add(person)
    _flush_login(session, new.login)
    _give(session, person, set(new.roles))
    record(session, now, "PersonAdded", ("person", person.id), data={"roles": _plain(new.roles)})
    session.flush()
    return view_of(session, person), True


def change_person(session: ScopedSession, now: dt.datetime, person_id: uuid.UUID, change: PersonChange) -> PersonView:
    """Change a person all of whose roles, old and new, lie where the caller administers people.

    A new password, or deactivation, ends every sign-in of the person.

    Raises:
        StaleVersion: it was changed since `change.version`.
        Conflict: the login is taken.
        NotFound, Forbidden: not visible, or a role of the person's lies elsewhere.

    """
    person = session.scalar(sa.select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        raise not_found("person", person_id)
    held = _held(session, person_id)
    _require_all(session, {path for _, path in held})
    if person.version != change.version:
        raise stale("person", person.version)
    changed = _apply(person, change)
    if change.roles is not msgspec.UNSET:
        changed |= _replace_roles(session, person, {role for role, _ in held}, set(change.roles))
    if "password" in changed or "active" in changed:
        end_sessions_of(session, person.id, now)
    if changed:
        person.version += 1
        record(session, now, "PersonChanged", ("person", person.id), data=changed)
    _flush_login(session, person.login)
    return view_of(session, person)


def view_of(session: ScopedSession, person: Person) -> PersonView:
    """Return a person with the roles the caller sees."""
    return _view(person, _roles_of(session, [person.id]).get(person.id, ()))


def _company_of(session: ScopedSession) -> uuid.UUID:
    if session.caller.company_id is None:
        raise ValueError("a person belongs to a company")
    return session.caller.company_id


def _apply(person: Person, change: PersonChange) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name in ("login", "name", "language", "active"):
        value = getattr(change, name)
        if name == "login" and value is not msgspec.UNSET:
            value = normal_login(value)
        if value is not msgspec.UNSET and value != getattr(person, name):
            changed[name] = [getattr(person, name), value]
            setattr(person, name, value)
    if change.password is not msgspec.UNSET:
        person.password_hash = passwords.hash_password(change.password)
        changed["password"] = True
    return changed


def _held(session: ScopedSession, person_id: uuid.UUID) -> list[tuple[RoleAt, str]]:
    """Return every role of a person with its node's path, also outside of the caller's part of the tree."""
    node = sa.table("org_node", sa.column("id", sa.Uuid), sa.column("path", sa.String))
    rows = session.execute(
        sa.select(Membership.role, Membership.node_id, node.c.path)
        .join(node, node.c.id == Membership.node_id)
        .where(Membership.person_id == person_id)
    )
    return [(RoleAt(role=row.role, node_id=row.node_id), row.path) for row in rows]


def _require_all(session: ScopedSession, paths: set[str]) -> None:
    """Let nobody change someone who also has a role elsewhere, such as the administrator above: that would be a way up.

    Someone without any role may be changed by who administers the whole company.
    """
    if not paths:
        paths = set(session.scalars(sa.select(OrgNode.path).where(OrgNode.parent_id.is_(None)))) or {"/"}
    for path in paths:
        require(session.caller, Action.CHANGE_PEOPLE, path)


def _replace_roles(session: ScopedSession, person: Person, before: set[RoleAt], after: set[RoleAt]) -> dict[str, Any]:
    if before == after:
        return {}
    for given in after - before:
        require(session.caller, Action.CHANGE_PEOPLE, get_node(session, given.node_id).path)
    for taken in before - after:
        session.execute(
            sa.delete(Membership).where(
                Membership.person_id == person.id, Membership.node_id == taken.node_id, Membership.role == taken.role
            )
        )
    _give(session, person, after - before)
    session.flush()
    return {"roles": [_plain(tuple(sorted(before))), _plain(tuple(sorted(after)))]}


def _give(session: ScopedSession, person: Person, roles: set[RoleAt]) -> None:
    for given in sorted(roles):
        _check_fits(session, given)
        session.add(
            Membership(
                id=derived_id("membership", person.id, given.node_id, given.role),
                company_id=person.company_id,
                person_id=person.id,
                node_id=given.node_id,
                role=given.role,
            )
        )


def _check_fits(session: ScopedSession, given: RoleAt) -> None:
    """A store manager manages a store; a key, not a person, is an integration."""
    kind = get_node(session, given.node_id).kind
    if (given.role is Role.STORE_MANAGER and kind != "store") or given.role is Role.INTEGRATION:
        raise Invalid(
            "person.role_misplaced",
            Text("该角色不能授予此节点", "This role cannot be held by a person at this node"),
            role=given.role.value,
            node_id=str(given.node_id),
        )


def _roles_of(session: ScopedSession, people: list[uuid.UUID]) -> dict[uuid.UUID, tuple[RoleView, ...]]:
    rows = session.execute(
        sa.select(Membership, OrgNode)
        .join(OrgNode, OrgNode.id == Membership.node_id)
        .where(Membership.person_id.in_(people))
        .order_by(OrgNode.path, Membership.role)
    )
    roles: dict[uuid.UUID, tuple[RoleView, ...]] = {}
    for membership, node in rows:
        mine = RoleView(role=membership.role, node=node_ref(node))
        roles[membership.person_id] = (*roles.get(membership.person_id, ()), mine)
    return roles


def _view(person: Person, roles: tuple[RoleView, ...]) -> PersonView:
    return PersonView(
        id=person.id,
        login=person.login,
        name=person.name,
        language=cast("Language", person.language),
        active=person.active,
        version=person.version,
        roles=roles,
    )


def _same(session: ScopedSession, before: Person, new: NewPerson) -> PersonView:
    roles = {role for role, _ in _held(session, before.id)}
    was = (before.login, before.name, before.language, roles)
    same = was == (normal_login(new.login), new.name, new.language, set(new.roles))
    if not same or not passwords.matches(before.password_hash, new.password):
        raise ContentDiffers(
            "person.content_differs",
            Text("同一编号的人员已存在且内容不同", "A person of this id exists, with other content"),
            id=str(new.id),
        )
    return view_of(session, before)


def _flush_login(session: ScopedSession, login: str) -> None:
    try:
        session.flush()
    except sa.exc.IntegrityError as error:
        raise Conflict(
            "person.login_taken", Text(f"账号 {login} 已被使用", f"The login {login} is taken"), field="login"
        ) from error


def _plain(roles: tuple[RoleAt, ...]) -> Any:
    return msgspec.to_builtins(roles)
