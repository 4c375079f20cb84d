"""SHA-256, as we name files by it."""

import hashlib


def sha256_of(content: bytes) -> str:
    """Return the hash in 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()
