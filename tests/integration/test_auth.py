"""Signing in, staying signed in, and being refused."""

import datetime as dt
import threading

import httpx
import pytest
import sqlalchemy as sa

from core.access.tokens import AccessTokens
from core.caller import Role, installation
from core.clock import ShiftedClock
from core.ids import new_id
from core.org import Membership, Person, RefreshToken
from core.parts import Parts
from tests.builders import PASSWORD, Company
from tests.integration.databases import SignIn

SESSION = "/api/v1/session"
REFRESH = "/api/v1/session/refresh"


def signed_in(client: httpx.Client, company: Company, keep: str = "body") -> httpx.Response:
    body = {"login": company.login("supervisor"), "password": PASSWORD, "keep": keep}
    answer = client.post(SESSION, json=body)
    assert answer.status_code == 200, answer.text
    return answer


def renewed(client: httpx.Client, token: str) -> httpx.Response:
    return client.post(REFRESH, json={"refresh_token": token})


def me(client: httpx.Client, token: str) -> httpx.Response:
    return client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})


def test_a_person_signs_in_and_is_told_who_they_are(client: httpx.Client, company: Company) -> None:
    session = signed_in(client, company).json()
    person = me(client, session["access_token"]).json()
    assert person == session["person"]
    assert person["login"] == company.login("supervisor")
    assert person["company"]["name"] == {"zh": "huadong 连锁", "en": "huadong stores"}
    assert [(role["role"], role["node"]["kind"]) for role in person["roles"]] == [("supervisor", "region")]
    assert session["expires_in"] == 900


def test_the_login_is_taken_without_case_and_spaces(client: httpx.Client, company: Company) -> None:
    login = f"  {company.login('supervisor').upper()} "
    assert client.post(SESSION, json={"login": login, "password": PASSWORD}).status_code == 200


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(client: httpx.Client, company: Company) -> None:
    answers = [
        client.post(SESSION, json={"login": login, "password": "not it at all"}).json()
        for login in (company.login("hq"), "nobody@nowhere")
    ]
    assert {answer.pop("trace_id") for answer in answers}
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "session.wrong_login"


def test_guessing_has_to_wait_longer_and_longer(client: httpx.Client, company: Company, clock: ShiftedClock) -> None:
    wrong = {"login": company.login("hq"), "password": "guess guess"}
    assert [client.post(SESSION, json=wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    refused = client.post(SESSION, json={**wrong, "password": PASSWORD})
    assert refused.json()["code"] == "session.throttled"
    assert int(refused.headers["Retry-After"]) >= 1
    clock.advance(dt.timedelta(seconds=2))
    assert client.post(SESSION, json={**wrong, "password": PASSWORD}).status_code == 200


def test_without_a_token_nothing_is_told(client: httpx.Client, company: Company) -> None:
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "access.missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
def test_a_made_up_token_is_refused(client: httpx.Client, token: str) -> None:
    assert me(client, token).status_code == 401


def test_a_token_of_another_installation_is_refused(client: httpx.Client, company: Company, parts: Parts) -> None:
    forged = AccessTokens("another secret of another installation", dt.timedelta(hours=1))
    token = forged.issue(company.people["admin"], company.id, parts.clock.now())
    assert me(client, token).json()["code"] == "access.bad_token"


def test_a_token_does_not_outlive_its_time(client: httpx.Client, company: Company, clock: ShiftedClock) -> None:
    token = signed_in(client, company).json()["access_token"]
    clock.advance(dt.timedelta(minutes=15))
    assert me(client, token).json()["code"] == "access.token_expired"


def test_a_deactivated_person_is_out_at_once(client: httpx.Client, company: Company, parts: Parts) -> None:
    session = signed_in(client, company).json()
    with parts.database.transaction(company.system()) as database:
        database.get_one(Person, company.people["supervisor"]).active = False
    assert me(client, session["access_token"]).json()["code"] == "access.person_inactive"
    assert renewed(client, session["refresh_token"]).status_code == 401
    again = client.post(SESSION, json={"login": company.login("supervisor"), "password": PASSWORD})
    assert again.json()["code"] == "session.wrong_login"


def test_a_new_role_holds_at_once(client: httpx.Client, company: Company, parts: Parts) -> None:
    token = signed_in(client, company).json()["access_token"]
    with parts.database.transaction(company.system()) as database:
        database.add(
            Membership(
                id=new_id(),
                company_id=company.id,
                person_id=company.people["supervisor"],
                node_id=company.nodes["south"],
                role=Role.REGIONAL_MANAGER,
            )
        )
    roles = {role["role"] for role in me(client, token).json()["roles"]}
    assert roles == {"supervisor", "regional_manager"}


def test_a_refresh_token_gives_the_next_one(client: httpx.Client, company: Company, clock: ShiftedClock) -> None:
    tokens = [signed_in(client, company).json()["refresh_token"]]
    for _ in range(3):
        clock.advance(dt.timedelta(hours=1))
        session = renewed(client, tokens[-1]).json()
        assert me(client, session["access_token"]).status_code == 200
        tokens.append(session["refresh_token"])
    assert len(set(tokens)) == 4


def test_a_lost_answer_is_given_again_within_the_grace(
    client: httpx.Client, company: Company, clock: ShiftedClock
) -> None:
    token = signed_in(client, company).json()["refresh_token"]
    first = renewed(client, token).json()["refresh_token"]
    clock.advance(dt.timedelta(seconds=30))
    assert renewed(client, token).json()["refresh_token"] == first
    assert renewed(client, first).status_code == 200


def test_a_used_token_coming_back_after_the_grace_ends_the_family(
    client: httpx.Client, company: Company, clock: ShiftedClock
) -> None:
    stolen = signed_in(client, company).json()["refresh_token"]
    latest = renewed(client, stolen).json()["refresh_token"]
    clock.advance(dt.timedelta(seconds=31))
    assert renewed(client, stolen).json()["code"] == "session.ended"
    assert renewed(client, latest).json()["code"] == "session.ended"


def test_a_used_token_ends_the_family_even_within_the_grace_once_its_successor_was_used(
    client: httpx.Client, company: Company
) -> None:
    stolen = signed_in(client, company).json()["refresh_token"]
    latest = renewed(client, renewed(client, stolen).json()["refresh_token"]).json()["refresh_token"]
    assert renewed(client, stolen).status_code == 401
    assert renewed(client, latest).status_code == 401


def test_another_sign_in_of_the_same_person_survives_a_revoked_family(
    client: httpx.Client, company: Company, clock: ShiftedClock
) -> None:
    phone, desk = (signed_in(client, company).json()["refresh_token"] for _ in range(2))
    renewed(client, phone)
    clock.advance(dt.timedelta(minutes=1))
    assert renewed(client, phone).status_code == 401
    assert renewed(client, desk).status_code == 200


def test_two_tabs_renewing_at_once_get_the_same_successor(client: httpx.Client, company: Company) -> None:
    token = signed_in(client, company).json()["refresh_token"]
    answers: list[httpx.Response] = []
    tabs = [threading.Thread(target=lambda: answers.append(renewed(client, token))) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def test_an_old_refresh_token_expires(client: httpx.Client, company: Company, clock: ShiftedClock) -> None:
    token = signed_in(client, company).json()["refresh_token"]
    clock.advance(dt.timedelta(days=30))
    assert renewed(client, token).json()["code"] == "session.ended"


def test_signing_out_ends_the_family(client: httpx.Client, company: Company) -> None:
    token = signed_in(client, company).json()["refresh_token"]
    following = renewed(client, token).json()["refresh_token"]
    assert client.request("DELETE", SESSION, json={"refresh_token": token}).status_code == 204
    assert renewed(client, following).status_code == 401
    assert client.request("DELETE", SESSION, json={"refresh_token": "unknown"}).status_code == 204


def test_a_browser_keeps_the_refresh_token_where_no_script_reads_it(client: httpx.Client, company: Company) -> None:
    answer = signed_in(client, company, keep="cookie")
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("sp_refresh=", "HttpOnly", "SameSite=strict", "Path=/api/v1/session"))
    before = client.cookies["sp_refresh"]
    again = client.post(REFRESH)
    assert (again.status_code, again.json()["refresh_token"]) == (200, None)
    assert client.cookies["sp_refresh"] != before
    assert client.delete(SESSION).status_code == 204
    assert client.post(REFRESH).json()["code"] == "session.no_token"


def test_a_page_of_another_site_cannot_use_the_cookie(client: httpx.Client, company: Company) -> None:
    signed_in(client, company, keep="cookie")
    answer = client.post(REFRESH, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "session.foreign_origin")
    own = f"http://{client.base_url.host}:{client.base_url.port}"
    assert client.post(REFRESH, headers={"Origin": own}).status_code == 200


def test_what_is_stored_of_passwords_and_tokens_does_not_let_anyone_in(
    client: httpx.Client, company: Company, parts: Parts
) -> None:
    token = signed_in(client, company).json()["refresh_token"]
    with parts.database.snapshot(installation()) as session:
        rows = [session.execute(sa.select(table)).all() for table in (Person.__table__, RefreshToken.__table__)]
    assert PASSWORD not in str(rows)
    assert token not in str(rows)


def test_a_role_that_does_not_allow_it_is_refused(sign_in: SignIn, company: Company) -> None:
    answer = sign_in(company, "manager_a").get("/api/v1/people")
    assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")
