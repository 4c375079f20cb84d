"""Short-lived links to photos and recordings: bound to one company and one file, good for a few minutes.

An `<img>` cannot send an access token, so the link itself carries the proof.
"""

import datetime as dt
import hashlib
import hmac
import uuid

from core.errors import Forbidden, Gone
from core.text import Text


class MediaLinks:
    """Makes and checks links with the installation's secret."""

    def __init__(self, secret: str, lives: dt.timedelta) -> None:
        self._key = hashlib.sha256(b"media link\0" + secret.encode()).digest()
        self._lives = lives

    def make(self, company_id: uuid.UUID, sha256: str, now: dt.datetime) -> str:
        """Return the path of a file, valid from `now` for the time given at construction."""
        expires = int((now + self._lives).timestamp())
        return f"/media/{company_id.hex}/{sha256}?e={expires}&s={self._sign(company_id, sha256, expires)}"

    def check(self, company_id: uuid.UUID, sha256: str, expires: int, signature: str, now: dt.datetime) -> None:
        """Return when the link is good.

        Raises:
            Forbidden: it was not made here, or for another file or company.
            Gone: its time is over.

        """
        ours = self._sign(company_id, sha256, expires)
        if not hmac.compare_digest(ours.encode(), signature.encode()):  # as bytes: a text need not be ASCII
            raise Forbidden("media.bad_link", Text("链接无效", "This link was not made here"))
        if now.timestamp() > expires:
            raise Gone("media.link_expired", Text("链接已过期, 请刷新页面", "This link has expired; reload the page"))

    def _sign(self, company_id: uuid.UUID, sha256: str, expires: int) -> str:
        message = f"{company_id.hex}/{sha256}/{expires}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:40]
