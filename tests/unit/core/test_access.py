"""Passwords, tokens, waiting, permissions: without a database."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access import passwords, tokens
from core.access.permissions import PERMISSIONS, Action, allowed, require
from core.access.throttle import FREE_TRIES, LONGEST_WAIT, Throttle
from core.access.tokens import AccessTokens
from core.caller import Actor, Caller, Grant, Role, system
from core.errors import Forbidden, Invalid, TooManyRequests, Unauthenticated
from core.ids import new_id

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
SECRET = "k" * 40


def caller(role: Role, path: str = "/a/") -> Caller:
    actor = Actor(kind="person", id=new_id(), name="someone")
    return Caller(actor=actor, company_id=new_id(), grants=(Grant(role=role, node_id=new_id(), path=path),))


def test_a_password_is_kept_as_an_argon2id_hash_that_fits_the_column() -> None:
    hashed = passwords.hash_password("correct horse")
    assert hashed.startswith("$argon2id$")
    assert len(hashed) <= 256
    assert passwords.matches(hashed, "correct horse")
    assert not passwords.matches(hashed, "wrong horse")
    assert not passwords.outdated(hashed)


def test_nobody_has_no_password() -> None:
    assert not passwords.matches(None, "anything at all")
    assert not passwords.matches("not a hash", "anything at all")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
def test_a_password_of_a_wrong_length_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as error:
        passwords.hash_password(password)
    assert error.value.code == "person.password_length"


def test_a_hash_with_cheaper_costs_is_outdated() -> None:
    cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$dlnRAZUDNRLNXEr7Z/s9NQ"
    assert passwords.outdated(cheap)


def test_an_access_token_says_who_and_for_how_long() -> None:
    access, person, company = AccessTokens(SECRET, dt.timedelta(minutes=15)), new_id(), new_id()
    token = access.issue(person, company, NOW)
    claims = access.read(token, NOW + dt.timedelta(minutes=14, seconds=59))
    assert (claims.person_id, claims.company_id) == (person, company)
    with pytest.raises(Unauthenticated, match=r"access\.token_expired"):
        access.read(token, NOW + dt.timedelta(minutes=15))


@given(position=st.integers(0, 250), letter=st.characters(codec="ascii"))
def test_a_changed_access_token_is_refused(position: int, letter: str) -> None:
    access, person = AccessTokens(SECRET, dt.timedelta(minutes=15)), uuid.UUID(int=1)
    token = access.issue(person, person, NOW)
    position %= len(token)
    changed = token[:position] + letter + token[position + 1 :]
    try:
        claims = access.read(changed, NOW)
    except Unauthenticated:
        return
    # The last letters of base64 carry bits that mean nothing.
    assert claims.person_id == person
    assert position >= len(token) - 1 or changed == token


def test_a_token_for_one_purpose_cannot_serve_another() -> None:
    assert tokens.derived_key(SECRET, "a") != tokens.derived_key(SECRET, "b")
    assert tokens.derived_key(SECRET, "a") != tokens.derived_key("l" * 40, "a")


def test_the_successor_of_a_refresh_token_is_always_the_same_and_nobody_else_can_compute_it() -> None:
    token = tokens.new_refresh_token()
    assert tokens.successor_of(token, SECRET) == tokens.successor_of(token, SECRET)
    assert tokens.successor_of(token, SECRET) != tokens.successor_of(token, "l" * 40)
    assert len(tokens.successor_of(token, SECRET)) == len(token) == 43


def test_an_api_key_shows_its_prefix_and_nothing_of_its_secret() -> None:
    prefix, key = tokens.new_api_key()
    mark, shown, secret = key.split("_")
    assert (mark, shown) == ("sp", prefix)
    assert len(bytes.fromhex(secret)) == 32


def test_the_first_tries_are_free_then_the_wait_doubles_up_to_a_limit() -> None:
    throttle, waits = Throttle(), []
    for _ in range(FREE_TRIES + 12):
        throttle.failed("hq", NOW)
        try:
            throttle.check("hq", NOW)
            waits.append(0)
        except TooManyRequests as error:
            waits.append(error.extra["retry_after"] - 1)
    assert waits[: FREE_TRIES - 1] == [0] * (FREE_TRIES - 1)
    assert waits[FREE_TRIES - 1 : FREE_TRIES + 2] == [1, 2, 4]
    assert waits[-1] == LONGEST_WAIT.total_seconds()


def test_waiting_is_over_after_the_wait_and_forgotten_after_success() -> None:
    throttle = Throttle()
    for _ in range(FREE_TRIES):
        throttle.failed("hq", NOW)
    throttle.check("someone else", NOW)
    throttle.check("hq", NOW + dt.timedelta(seconds=1))
    throttle.succeeded("hq")
    throttle.check("hq", NOW)


def test_the_throttle_does_not_grow_without_end() -> None:
    throttle = Throttle(capacity=3)
    for number in range(50):
        throttle.failed(f"login {number}", NOW)
    assert len(throttle._tries) == 3


@pytest.mark.parametrize("action", Action)
def test_an_action_is_allowed_to_the_roles_of_its_row_and_to_no_other(action: Action) -> None:
    assert {role for role in Role if allowed(caller(role), action)} == PERMISSIONS[action]


def test_who_has_no_role_may_do_nothing() -> None:
    nobody = Caller(actor=Actor(kind="person", id=new_id(), name="-"), company_id=new_id())
    assert not any(allowed(nobody, action) for action in Action)


def test_the_product_itself_may_do_everything() -> None:
    assert all(allowed(system(new_id()), action, "/a/") for action in Action)


@pytest.mark.parametrize(
    ("path", "may"), [("/a/", True), ("/a/b/", True), ("/", False), ("/b/", False), ("/ab/", False)]
)
def test_a_role_holds_at_its_node_and_below(path: str, may: bool) -> None:
    assert allowed(caller(Role.ADMIN, "/a/"), Action.CHANGE_PEOPLE, path) is may


def test_two_roles_do_not_lend_each_other_their_places() -> None:
    both = Caller(
        actor=Actor(kind="person", id=new_id(), name="-"),
        company_id=new_id(),
        grants=(Grant(Role.ADMIN, new_id(), "/a/"), Grant(Role.SUPERVISOR, new_id(), "/b/")),
    )
    require(both, Action.CHANGE_PEOPLE, "/a/x/")
    with pytest.raises(Forbidden):
        require(both, Action.CHANGE_PEOPLE, "/b/x/")
