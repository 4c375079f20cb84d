"""Signing in, staying signed in, signing out.

These functions open their own transactions: they work across companies, as the installation, until it is known who
asks; and a refused renewal has to be committed (it ends the family), which an error out of a handler's transaction
would undo.
"""

import datetime as dt
import uuid
from typing import Literal

import msgspec
import sqlalchemy as sa

from core.access import passwords, tokens
from core.access.throttle import Throttle
from core.caller import installation
from core.errors import Unauthenticated
from core.ids import new_id
from core.log import get_logger
from core.org import Person, RefreshToken
from core.parts import Parts
from core.scope import ScopedSession
from core.text import Text

log = get_logger(__name__)


class SignedIn(msgspec.Struct, frozen=True):
    """A person let in, with the refresh token to hand out."""

    person_id: uuid.UUID
    company_id: uuid.UUID
    refresh_token: str


def normal_login(login: str) -> str:
    """Return a login as it is stored and compared: trimmed, without case."""
    return login.strip().casefold()


def sign_in(parts: Parts, throttle: Throttle, login: str, password: str) -> SignedIn:
    """Let a person in by login and password.

    Raises:
        Unauthenticated: one of the two is wrong (it does not say which), or the person was deactivated.
        TooManyRequests: too many failures before.

    """
    login, now = normal_login(login), parts.clock.now()
    throttle.check(login, now)
    with parts.database.snapshot(installation()) as session:
        person = session.scalar(sa.select(Person).where(Person.login == login))
    # Outside of any transaction: this takes long on purpose.
    right = passwords.matches(person.password_hash if person else None, password)
    if person is None or not right or not person.active:
        throttle.failed(login, now)
        raise Unauthenticated("session.wrong_login", Text("账号或密码错误", "Wrong login or password"))
    throttle.succeeded(login)
    fresh_hash = passwords.hash_password(password) if passwords.outdated(person.password_hash) else None
    with parts.database.transaction(installation()) as session:
        if fresh_hash:
            _update_hash(session, person, fresh_hash)
        token = tokens.new_refresh_token()
        session.add(_link(parts, person, new_id(), token, now))
    return SignedIn(person_id=person.id, company_id=person.company_id, refresh_token=token)


def renew(parts: Parts, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for its successor.

    A token works once. Within the grace it gives the same successor again, as long as nobody used that one (the
    answer was lost on the way). Later, somebody else has a copy: the whole family ends.

    Raises:
        Unauthenticated: unknown, expired, revoked or used before.

    """
    with parts.database.transaction(installation()) as session:
        signed_in = _renew(parts, session, refresh_token)
    if signed_in is None:
        raise Unauthenticated("session.ended", Text("登录已失效, 请重新登录", "This sign-in has ended; sign in again"))
    return signed_in


def sign_out(parts: Parts, refresh_token: str) -> None:
    """End the family of a refresh token; an unknown one is no error, the person is out either way."""
    with parts.database.transaction(installation()) as session:
        link = _find(session, refresh_token)
        if link is not None:
            _revoke_family(session, link.family_id, parts.clock.now())


def end_sessions_of(session: ScopedSession, person_id: uuid.UUID, now: dt.datetime) -> None:
    """End every sign-in of a person, as after a change of password."""
    session.execute(
        sa.update(RefreshToken)
        .where(RefreshToken.person_id == person_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _renew(parts: Parts, session: ScopedSession, refresh_token: str) -> SignedIn | None:
    now = parts.clock.now()
    link = _find(session, refresh_token)
    if link is None or link.revoked_at is not None or link.expires_at <= now:
        return None
    person = session.get_one(Person, link.person_id)
    successor = tokens.successor_of(refresh_token, parts.settings.secret_key)
    match _judge(parts, session, link, person, successor, now):
        case "revoke":
            log.warning("refresh token refused, family ended", person_id=str(person.id), family_id=str(link.family_id))
            _revoke_family(session, link.family_id, now)
            return None
        case "rotate":
            link.used_at = now
            session.add(_link(parts, person, link.family_id, successor, now))
        case "repeat":
            pass
    return SignedIn(person_id=person.id, company_id=person.company_id, refresh_token=successor)


def _judge(
    parts: Parts, session: ScopedSession, link: RefreshToken, person: Person, successor: str, now: dt.datetime
) -> Literal["rotate", "repeat", "revoke"]:
    if not person.active:
        return "revoke"
    if link.used_at is None:
        return "rotate"
    following = _find(session, successor)
    lost_answer = following is not None and following.used_at is None and following.revoked_at is None
    return "repeat" if lost_answer and now - link.used_at <= parts.settings.refresh_grace else "revoke"


def _link(parts: Parts, person: Person, family_id: uuid.UUID, token: str, now: dt.datetime) -> RefreshToken:
    return RefreshToken(
        id=new_id(),
        company_id=person.company_id,
        family_id=family_id,
        person_id=person.id,
        token_hash=tokens.token_hash(token),
        issued_at=now,
        expires_at=now + parts.settings.refresh_token_lives,
    )


def _find(session: ScopedSession, refresh_token: str) -> RefreshToken | None:
    wanted = sa.select(RefreshToken).where(RefreshToken.token_hash == tokens.token_hash(refresh_token))
    return session.scalar(wanted.with_for_update())


def _revoke_family(session: ScopedSession, family_id: uuid.UUID, now: dt.datetime) -> None:
    session.execute(
        sa.update(RefreshToken)
        .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _update_hash(session: ScopedSession, person: Person, fresh_hash: str) -> None:
    """Store a hash with today's costs, unless the password was changed meanwhile."""
    session.execute(
        sa.update(Person)
        .where(Person.id == person.id, Person.password_hash == person.password_hash)
        .values(password_hash=fresh_hash)
    )


def forget_expired(session: ScopedSession, now: dt.datetime) -> None:
    """Delete refresh tokens whose time is over: a phone that only renews leaves one every quarter of an hour."""
    session.execute(sa.delete(RefreshToken).where(RefreshToken.expires_at < now))
