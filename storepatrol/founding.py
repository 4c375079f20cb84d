"""A company's first day: its root, an administrator, and the checklists everybody starts with."""

import msgspec
from sqlalchemy import select

from checklists import library as standards
from checklists.service import install_built_in
from core.access.sign_in import normal_login
from core.caller import Role, installation, system
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.org import Person
from core.organisation.founding import found_company
from core.organisation.people import NewPerson, RoleAt, add_person
from core.parts import Parts
from core.text import Text


def found(parts: Parts, name: Text, time_zone: str, login: str, person: str, password: str) -> None:
    """Make a company with one administrator.

    Raises:
        Conflict: somebody has this login already.
        Invalid: login, name, password or time zone do not fit.

    """
    with parts.database.snapshot(installation()) as session:
        if session.scalar(select(Person.id).where(Person.login == normal_login(login))) is not None:
            raise Conflict("person.login_taken", Text("该登录名已被使用", "Somebody has this login already"))
    now, person_id = parts.clock.now(), new_id()
    administrator = {"id": person_id, "login": login, "name": person, "password": password, "roles": []}
    try:
        # The same limits as over the API, before anything is written.
        msgspec.convert(administrator | {"roles": [{"role": "admin", "node_id": person_id}]}, NewPerson)
    except msgspec.ValidationError as error:
        raise Invalid("company.invalid", Text(f"管理员信息有误: {error}", f"The administrator: {error}")) from error
    root = found_company(parts.database, now, name, time_zone=time_zone)
    with parts.database.transaction(system(root.company_id)) as session:
        roles = (RoleAt(Role.ADMIN, root.id),)
        add_person(session, now, NewPerson(person_id, login, person, password, roles))
        install_built_in(session, now, standards.load())
