"""The organisation over HTTP: its tree, its people, its machines' keys."""

import datetime as dt
import threading
import uuid
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from core.clock import ShiftedClock
from core.events import trail_of
from core.ids import new_id
from core.org import OrgNode
from core.parts import Parts
from tests.builders import PASSWORD, Company
from tests.integration.databases import SignIn

NODES, PEOPLE, KEYS, SESSION = "/api/v1/org/nodes", "/api/v1/people", "/api/v1/api-keys", "/api/v1/session"


@pytest.fixture
def admin(sign_in: SignIn, company: Company) -> httpx.Client:
    return sign_in(company, "admin")


def new_node(company: Company, below: str = "north", **other: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "parent_id": str(company.nodes[below]),
        "kind": "store",
        "code": "new-store",
        "name": {"zh": "新店", "en": "New store"},
        **other,
    }


def new_person(company: Company, role: str = "supervisor", at: str = "north", **other: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "login": "Li.Lei@example.com",
        "name": "李雷",
        "password": "a fine password",
        "roles": [{"role": role, "node_id": str(company.nodes[at])}],
        **other,
    }


def node(client: httpx.Client, company: Company, name: str) -> dict[str, Any]:
    answer = client.get(f"{NODES}/{company.nodes[name]}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def change(client: httpx.Client, company: Company, which: str, /, **what: Any) -> httpx.Response:
    version = node(client, company, which)["version"]
    return client.patch(f"{NODES}/{company.nodes[which]}", json={"version": version, **what})


def codes(answer: httpx.Response) -> list[str]:
    return [item["code"].removesuffix("-huadong") for item in answer.json()["items"]]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def paths(parts: Parts, company: Company) -> dict[str, str]:
    """Every path of the tree, in names."""
    names = {id_.hex: name for name, id_ in company.nodes.items()}
    with parts.database.snapshot(company.system()) as session:
        found = {names.get(row.id.hex, "new"): row.path for row in session.scalars(sa.select(OrgNode))}
    return {
        name: "/".join(names.get(step, "new") for step in path.strip("/").split("/")) for name, path in found.items()
    }


# --- the tree ---------------------------------------------------------------------------------------------------------


def test_everyone_sees_their_own_part_of_the_tree(sign_in: SignIn, company: Company) -> None:
    assert codes(sign_in(company, "hq").get(NODES)) == [
        "huadong",
        "north",
        "north_city",
        "south",
        "store_a",
        "store_b",
        "store_c",
    ]
    north = sign_in(company, "north_manager")
    assert codes(north.get(NODES)) == ["north", "north_city", "store_a", "store_b"]
    assert codes(north.get(NODES, params={"kind": "store"})) == ["store_a", "store_b"]
    assert codes(north.get(NODES, params={"parent": str(company.nodes["north"])})) == ["north_city", "store_b"]
    assert codes(north.get(NODES, params={"parent": str(company.nodes["south"])})) == []
    refused(north.get(f"{NODES}/{company.nodes['store_c']}"), 404, "org_node.not_found")


def test_a_long_list_comes_in_pages(sign_in: SignIn, company: Company) -> None:
    hq, seen, cursor = sign_in(company, "hq"), [], None
    while True:
        page = hq.get(NODES, params={"limit": 3, **({"cursor": cursor} if cursor else {})})
        seen += codes(page)
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert seen == codes(hq.get(NODES))
    refused(hq.get(NODES, params={"cursor": "made up"}), 400, "paging.bad_cursor")
    refused(hq.get(NODES, params={"limit": 0}), 422, "request.invalid")


def test_a_node_is_added_once_however_often_it_is_sent(admin: httpx.Client, company: Company, parts: Parts) -> None:
    sent = new_node(company, "north_city")
    first, second = admin.post(NODES, json=sent), admin.post(NODES, json=sent)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["time_zone"] == "Asia/Shanghai"
    assert paths(parts, company)["new"] == "root/north/north_city/new"
    refused(admin.post(NODES, json={**sent, "code": "other"}), 409, "org_node.content_differs")


@pytest.mark.parametrize(
    ("below", "other", "status", "code"),
    [
        ("store_a", {}, 422, "org_node.parent_is_store"),
        ("north", {"time_zone": "Mars/Olympus"}, 422, "org_node.time_zone_unknown"),
        ("north", {"time_zone": "../../etc/passwd"}, 422, "org_node.time_zone_unknown"),
        ("north", {"code": "store_a-huadong"}, 409, "org_node.code_taken"),
        ("north", {"kind": "company"}, 422, "request.invalid"),
        ("north", {"code": "with space"}, 422, "request.invalid"),
        ("north", {"code": ""}, 422, "request.invalid"),
        ("north", {"name": {"zh": "只有中文"}}, 422, "request.invalid"),
        ("north", {"id": "not an id"}, 422, "request.invalid"),
        ("north", {"parent_id": "01a20417-0000-7000-8000-000000000000"}, 404, "org_node.not_found"),
    ],
)
def test_a_node_that_cannot_be_is_refused(
    admin: httpx.Client, company: Company, below: str, other: dict[str, Any], status: int, code: str
) -> None:
    refused(admin.post(NODES, json=new_node(company, below, **other)), status, code)


def test_a_name_with_a_nul_is_refused_not_a_failure_of_the_server(admin: httpx.Client, company: Company) -> None:
    name = {"zh": "a\u0000b", "en": "a"}
    assert admin.post(NODES, json=new_node(company, name=name)).status_code in (201, 422)
    assert admin.post(PEOPLE, json=new_person(company, name="a\u0000b")).status_code == 422


def test_a_change_is_based_on_the_latest_version(admin: httpx.Client, company: Company) -> None:
    name = {"zh": "北区", "en": "North"}
    assert change(admin, company, "north", name=name).json()["version"] == 2
    stale = admin.patch(f"{NODES}/{company.nodes['north']}", json={"version": 1, "code": "late"})
    refused(stale, 409, "org_node.stale")
    assert stale.json()["current_version"] == 2
    assert node(admin, company, "north")["name"] == name


def test_a_change_that_changes_nothing_makes_no_version(admin: httpx.Client, company: Company) -> None:
    before = node(admin, company, "north")
    assert change(admin, company, "north", name=before["name"], code=before["code"]).json() == before


def test_of_two_changes_at_once_one_is_told_to_look_again(admin: httpx.Client, company: Company) -> None:
    answers: list[int] = []

    def rename(code: str) -> None:
        body = {"version": 1, "code": code}
        answers.append(admin.patch(f"{NODES}/{company.nodes['north']}", json=body).status_code)

    threads = [threading.Thread(target=rename, args=(f"n{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]


def test_a_region_moves_with_everything_below(
    admin: httpx.Client, company: Company, parts: Parts, sign_in: SignIn
) -> None:
    assert change(admin, company, "north_city", parent_id=str(company.nodes["south"])).status_code == 200
    assert paths(parts, company) == {
        "root": "root",
        "north": "root/north",
        "store_b": "root/north/store_b",
        "south": "root/south",
        "store_c": "root/south/store_c",
        "north_city": "root/south/north_city",
        "store_a": "root/south/north_city/store_a",
    }
    assert "store_a" in codes(sign_in(company, "south_manager").get(NODES))
    assert "store_a" not in codes(sign_in(company, "north_manager").get(NODES))


def test_a_tree_stays_a_tree(admin: httpx.Client, company: Company) -> None:
    below_itself = change(admin, company, "north", parent_id=str(company.nodes["north_city"]))
    refused(below_itself, 422, "org_node.cycle")
    refused(change(admin, company, "north", parent_id=str(company.nodes["north"])), 422, "org_node.cycle")
    refused(change(admin, company, "root", parent_id=str(company.nodes["south"])), 422, "org_node.root_is_fixed")
    refused(change(admin, company, "south", parent_id=str(company.nodes["store_b"])), 422, "org_node.parent_is_store")


def test_two_moves_at_once_do_not_make_a_cycle(admin: httpx.Client, company: Company, parts: Parts) -> None:
    answers: list[int] = []

    def move(name: str, below: str) -> None:
        body = {"version": 1, "parent_id": str(company.nodes[below])}
        answers.append(admin.patch(f"{NODES}/{company.nodes[name]}", json=body).status_code)

    threads = [threading.Thread(target=move, args=pair) for pair in (("north", "south"), ("south", "north"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 422]
    found = paths(parts, company)
    assert all(path.startswith("root") for path in found.values())
    assert found["store_c"].endswith("south/store_c")


def test_a_tree_has_a_deepest_level(admin: httpx.Client, company: Company) -> None:
    below, answer = str(company.nodes["north_city"]), None
    for level in range(3, 26):
        sent = new_node(company, kind="region", code=f"level-{level}")
        answer = admin.post(NODES, json={**sent, "parent_id": below})
        if answer.status_code != 201:
            break
        below = sent["id"]
    assert answer is not None
    refused(answer, 422, "org_node.too_deep")
    refused(change(admin, company, "north", parent_id=str(company.nodes["south"])), 422, "org_node.too_deep")


def test_only_an_administrator_changes_the_tree(sign_in: SignIn, company: Company) -> None:
    for person in ("hq", "north_manager", "supervisor", "manager_a"):
        client = sign_in(company, person)
        refused(client.post(NODES, json=new_node(company)), 403, "access.forbidden")
        body = {"version": 1, "code": "mine"}
        refused(client.patch(f"{NODES}/{company.nodes['north']}", json=body), 403, "access.forbidden")


def test_an_administrator_of_another_company_finds_nothing(
    sign_in: SignIn, company: Company, other_company: Company
) -> None:
    stranger = sign_in(other_company, "admin")
    for name in ("root", "north", "store_a"):
        refused(stranger.get(f"{NODES}/{company.nodes[name]}"), 404, "org_node.not_found")
        change_ = stranger.patch(f"{NODES}/{company.nodes[name]}", json={"version": 1, "code": "mine"})
        refused(change_, 404, "org_node.not_found")
    refused(stranger.post(NODES, json=new_node(company)), 404, "org_node.not_found")
    move_in = {"version": 1, "parent_id": str(company.nodes["north"])}
    refused(stranger.patch(f"{NODES}/{other_company.nodes['south']}", json=move_in), 404, "org_node.not_found")
    taken = stranger.post(NODES, json={**new_node(other_company), "id": str(company.nodes["store_a"])})
    refused(taken, 409, "request.conflict")


def test_changes_of_the_tree_are_in_the_trail(admin: httpx.Client, company: Company, parts: Parts) -> None:
    change(admin, company, "north", code="nord")
    with parts.database.snapshot(company.system()) as session:
        trail = trail_of(session, ("org_node", company.nodes["north"]))
    assert [event.kind for event in trail] == ["NodeAdded", "NodeChanged"]
    assert trail[-1].actor_name == "admin"
    assert trail[-1].data == {"code": ["north-huadong", "nord"]}
    assert trail[-1].trace_id


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_new_person_can_sign_in(admin: httpx.Client, client: httpx.Client, company: Company) -> None:
    sent = new_person(company)
    first, second = admin.post(PEOPLE, json=sent), admin.post(PEOPLE, json=sent)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["login"] == "li.lei@example.com"
    assert "password" not in first.text
    signed_in = client.post(SESSION, json={"login": "li.lei@example.com", "password": "a fine password"})
    assert [role["role"] for role in signed_in.json()["person"]["roles"]] == ["supervisor"]
    refused(admin.post(PEOPLE, json={**sent, "password": "another one"}), 409, "person.content_differs")
    refused(admin.post(PEOPLE, json={**sent, "name": "韩梅梅"}), 409, "person.content_differs")


@pytest.mark.parametrize(
    ("other", "status", "code"),
    [
        ({"login": "hq@huadong"}, 409, "person.login_taken"),
        ({"login": "HQ@huadong"}, 409, "person.login_taken"),
        ({"login": "two words"}, 422, "request.invalid"),
        ({"password": "short"}, 422, "request.invalid"),
        ({"language": "fr"}, 422, "request.invalid"),
        ({"roles": []}, 422, "request.invalid"),
        ({"roles": [{"role": "owner", "node_id": str(uuid.UUID(int=1))}]}, 422, "request.invalid"),
        ({"roles": [{"role": "hq", "node_id": "01a20417-0000-7000-8000-000000000000"}]}, 404, "org_node.not_found"),
    ],
)
def test_a_person_who_cannot_be_is_refused(
    admin: httpx.Client, company: Company, other: dict[str, Any], status: int, code: str
) -> None:
    refused(admin.post(PEOPLE, json=new_person(company, **other)), status, code)


def test_a_login_of_another_company_is_taken_too(admin: httpx.Client, company: Company, other_company: Company) -> None:
    refused(admin.post(PEOPLE, json=new_person(company, login="hq@huanan")), 409, "person.login_taken")


@pytest.mark.parametrize(("role", "at"), [("store_manager", "north"), ("integration", "root")])
def test_a_role_only_fits_where_it_makes_sense(admin: httpx.Client, company: Company, role: str, at: str) -> None:
    refused(admin.post(PEOPLE, json=new_person(company, role, at)), 422, "person.role_misplaced")


def test_a_regional_manager_sees_the_people_of_the_region_only(
    sign_in: SignIn, company: Company, other_company: Company
) -> None:
    found = sign_in(company, "north_manager").get(PEOPLE).json()["items"]
    assert {person["name"] for person in found} == {"north_manager", "supervisor", "manager_a", "manager_b"}
    everybody = sign_in(company, "hq").get(PEOPLE).json()["items"]
    assert {person["name"] for person in everybody} == set(company.people)
    assert all(person["login"].endswith("@huadong") for person in everybody)


def test_a_new_password_ends_every_sign_in(admin: httpx.Client, client: httpx.Client, company: Company) -> None:
    old = client.post(SESSION, json={"login": company.login("supervisor"), "password": PASSWORD}).json()
    person = f"{PEOPLE}/{company.people['supervisor']}"
    assert admin.patch(person, json={"version": 1, "password": "a new password"}).json()["version"] == 2
    assert client.post(f"{SESSION}/refresh", json={"refresh_token": old["refresh_token"]}).status_code == 401
    again = client.post(SESSION, json={"login": company.login("supervisor"), "password": "a new password"})
    assert again.status_code == 200
    refused(admin.patch(person, json={"version": 1, "name": "late"}), 409, "person.stale")


def test_roles_are_replaced_as_a_whole(admin: httpx.Client, company: Company, sign_in: SignIn) -> None:
    roles = [{"role": "regional_manager", "node_id": str(company.nodes["south"])}]
    answer = admin.patch(f"{PEOPLE}/{company.people['supervisor']}", json={"version": 1, "roles": roles})
    assert [(role["role"], role["node"]["id"]) for role in answer.json()["roles"]] == [
        ("regional_manager", str(company.nodes["south"]))
    ]
    assert codes(sign_in(company, "supervisor").get(NODES)) == ["south", "store_c"]


def test_someone_without_any_role_is_still_found_by_the_administrator(
    admin: httpx.Client, company: Company, sign_in: SignIn
) -> None:
    person = company.people["supervisor"]
    assert admin.patch(f"{PEOPLE}/{person}", json={"version": 1, "roles": [], "active": False}).status_code == 200
    assert str(person) in {found["id"] for found in admin.get(PEOPLE).json()["items"]}
    north = sign_in(company, "north_manager").get(PEOPLE).json()["items"]
    assert str(person) not in {found["id"] for found in north}


@pytest.fixture
def north_admin(admin: httpx.Client, company: Company, sign_in: SignIn) -> httpx.Client:
    """Administers the north, and nothing else."""
    roles = [{"role": "admin", "node_id": str(company.nodes["north"])}]
    answer = admin.patch(f"{PEOPLE}/{company.people['north_manager']}", json={"version": 1, "roles": roles})
    assert answer.status_code == 200
    return sign_in(company, "north_manager")


def test_an_administrator_of_a_region_stays_in_the_region(north_admin: httpx.Client, company: Company) -> None:
    assert north_admin.post(NODES, json=new_node(company, "north")).status_code == 201
    assert north_admin.post(PEOPLE, json=new_person(company, at="north_city")).status_code == 201
    refused(north_admin.post(NODES, json=new_node(company, "south")), 404, "org_node.not_found")
    refused(north_admin.post(PEOPLE, json=new_person(company, at="root")), 404, "org_node.not_found")
    own = {"version": 1, "parent_id": str(company.nodes["south"])}
    refused(north_admin.patch(f"{NODES}/{company.nodes['store_b']}", json=own), 404, "org_node.not_found")


def test_an_administrator_of_a_region_cannot_take_over_the_one_above(
    admin: httpx.Client, north_admin: httpx.Client, company: Company
) -> None:
    """Someone with a role in the region and one above it: a new password for them would be a way up."""
    both = [
        {"role": "admin", "node_id": str(company.nodes["root"])},
        {"role": "supervisor", "node_id": str(company.nodes["north"])},
    ]
    admin.patch(f"{PEOPLE}/{company.people['admin']}", json={"version": 1, "roles": both})
    target = f"{PEOPLE}/{company.people['admin']}"
    refused(north_admin.patch(target, json={"version": 2, "password": "taken over"}), 403, "access.forbidden")
    for person in ("south_manager", "hq"):
        answer = north_admin.patch(f"{PEOPLE}/{company.people[person]}", json={"version": 1, "password": "taken over"})
        refused(answer, 403, "access.forbidden")


def test_people_of_another_company_are_not_there(sign_in: SignIn, company: Company, other_company: Company) -> None:
    stranger = sign_in(other_company, "admin")
    answer = stranger.patch(f"{PEOPLE}/{company.people['hq']}", json={"version": 1, "password": "taken over"})
    refused(answer, 404, "person.not_found")


# --- keys -------------------------------------------------------------------------------------------------------------


def new_key(company: Company, at: str = "root", **other: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "name": "ERP", "node_id": str(company.nodes[at]), **other}


def test_a_key_is_shown_once_and_works_at_its_node(admin: httpx.Client, client: httpx.Client, company: Company) -> None:
    sent = new_key(company, "north")
    made = admin.post(KEYS, json=sent)
    key = made.json()["key"]
    assert made.status_code == 201
    assert key.startswith(f"sp_{made.json()['prefix']}_")
    again = admin.post(KEYS, json=sent)
    assert (again.status_code, again.json()["key"]) == (200, None)
    assert key not in admin.get(KEYS).text
    machine = {"X-Api-Key": key}
    assert codes(client.get(NODES, headers=machine)) == ["north", "north_city", "store_a", "store_b"]
    me = client.get("/api/v1/me", headers=machine).json()
    assert (me["name"], me["login"], me["roles"][0]["role"]) == ("ERP", None, "integration")
    refused(client.post(NODES, json=new_node(company), headers=machine), 403, "access.forbidden")
    refused(admin.post(KEYS, json={**sent, "name": "CRM"}), 409, "api_key.content_differs")


def test_a_revoked_key_is_refused_at_once(admin: httpx.Client, client: httpx.Client, company: Company) -> None:
    made = admin.post(KEYS, json=new_key(company)).json()
    assert client.get(NODES, headers={"X-Api-Key": made["key"]}).status_code == 200
    assert admin.delete(f"{KEYS}/{made['id']}").status_code == 204
    assert admin.delete(f"{KEYS}/{made['id']}").status_code == 204
    refused(client.get(NODES, headers={"X-Api-Key": made["key"]}), 401, "access.bad_api_key")
    assert admin.get(KEYS).json()["items"][0]["revoked_at"] is not None


def test_a_key_expires(admin: httpx.Client, client: httpx.Client, company: Company, clock: ShiftedClock) -> None:
    expiry = (clock.now() + dt.timedelta(days=1)).isoformat()
    key = admin.post(KEYS, json=new_key(company, expires_at=expiry)).json()["key"]
    assert client.get(NODES, headers={"X-Api-Key": key}).status_code == 200
    clock.advance(dt.timedelta(days=1))
    refused(client.get(NODES, headers={"X-Api-Key": key}), 401, "access.bad_api_key")
    refused(admin.post(KEYS, json=new_key(company, expires_at=expiry)), 422, "api_key.expired")


@pytest.mark.parametrize("key", ["x", "sp_00000000_" + "0" * 64, "sp__", "é"])
def test_a_made_up_key_is_refused(client: httpx.Client, company: Company, key: str) -> None:
    refused(client.get(NODES, headers={"X-Api-Key": key.encode("latin-1")}), 401, "access.bad_api_key")


def test_a_key_cannot_be_an_administrator(admin: httpx.Client, company: Company) -> None:
    refused(admin.post(KEYS, json=new_key(company, role="admin")), 422, "request.invalid")


def test_keys_of_another_part_or_company_are_not_there(
    admin: httpx.Client, north_admin: httpx.Client, sign_in: SignIn, company: Company, other_company: Company
) -> None:
    made = admin.post(KEYS, json=new_key(company, "south")).json()
    for stranger in (north_admin, sign_in(other_company, "admin")):
        assert stranger.get(KEYS).json()["items"] == []
        refused(stranger.delete(f"{KEYS}/{made['id']}"), 404, "api_key.not_found")
        refused(stranger.post(KEYS, json=new_key(company, "south")), 404, "org_node.not_found")


# --- health -----------------------------------------------------------------------------------------------------------


def test_a_server_with_all_its_parts_is_ready(client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"live": True}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["parts"]) == (200, {"database": "ok", "storage": "ok"})


def test_a_server_says_that_its_database_is_not_migrated(client: httpx.Client, parts: Parts) -> None:
    with parts.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "not_migrated")
    assert client.get("/health/live").status_code == 200
