"""Access tokens (short-lived JWTs), refresh tokens and API keys: making them, and what is kept of them."""

import datetime as dt
import hashlib
import hmac
import secrets
import uuid

import jwt
import msgspec

from core.errors import Unauthenticated
from core.ids import new_id
from core.text import Text

_ALGORITHM = "HS256"
API_KEY_MARK = "sp"


def derived_key(secret_key: str, purpose: str) -> bytes:
    """Return the 32-byte key for one purpose, so that what is signed for one cannot serve another."""
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).digest()


class Claims(msgspec.Struct, frozen=True):
    """What an access token says. It says nothing of roles: those are read afresh for every request."""

    person_id: uuid.UUID
    company_id: uuid.UUID


class AccessTokens:
    """Issues and reads access tokens with the installation's secret."""

    def __init__(self, secret_key: str, lives: dt.timedelta) -> None:
        self._key = derived_key(secret_key, "access token")
        self.lives = lives

    def issue(self, person_id: uuid.UUID, company_id: uuid.UUID, now: dt.datetime) -> str:
        """Return a token good from `now` for the time given at construction."""
        claims = {
            "sub": str(person_id),
            "cid": str(company_id),
            "jti": str(new_id()),
            "exp": int((now + self.lives).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str, now: dt.datetime) -> Claims:
        """Return what a token says.

        Raises:
            Unauthenticated: it was not made here, or its time is over (by our clock, not the library's).

        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                options={"require": ["sub", "cid", "jti", "exp"], "verify_exp": False},
            )
            read = Claims(person_id=uuid.UUID(claims["sub"]), company_id=uuid.UUID(claims["cid"]))
            expired = now.timestamp() >= int(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise Unauthenticated("access.bad_token", Text("访问令牌无效", "This access token is not valid")) from error
        if expired:
            raise Unauthenticated("access.token_expired", Text("访问令牌已过期", "This access token has expired"))
        return read


def new_refresh_token() -> str:
    """Return a new opaque refresh token of 256 random bits."""
    return secrets.token_urlsafe(32)


def successor_of(refresh_token: str, secret_key: str) -> str:
    """Return the one token that follows `refresh_token`.

    It is computed, not drawn: when the answer to a renewal is lost, the same successor can be given again although
    only its hash was ever stored.
    """
    key = derived_key(secret_key, "refresh token successor")
    digest = hmac.new(key, refresh_token.encode(), hashlib.sha256).digest()
    return jwt.utils.base64url_encode(digest).decode()


def new_api_key() -> tuple[str, str]:
    """Return (prefix, key) of a new API key, `sp_<prefix>_<secret>`; the prefix is how people tell keys apart."""
    prefix = secrets.token_hex(4)
    return prefix, f"{API_KEY_MARK}_{prefix}_{secrets.token_hex(32)}"


def token_hash(token: str) -> str:
    """Return what is stored of a refresh token or API key. They are random, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
