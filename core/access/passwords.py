"""Passwords: Argon2id, with the memory OWASP names as its first choice, so that many sign-ins at once still fit."""

import functools
import secrets

import argon2

from core.errors import Invalid
from core.text import Text

SHORTEST = 8
LONGEST = 200

_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Return the Argon2id hash of `password`.

    Raises:
        Invalid: the password is too short or too long.

    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            "person.password_length",
            Text(f"密码长度须为 {SHORTEST} 至 {LONGEST} 个字符", f"A password has {SHORTEST} to {LONGEST} characters"),
            field="password",
        )
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether `password` is right.

    For an unknown person (None) the same work is done and the answer is False: the time tells nobody who exists.
    """
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(password_hash)


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
