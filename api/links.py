"""Addresses of photos and recordings, signed for a few minutes."""

from core.caller import Caller
from core.media_links import MediaLinks
from core.parts import Parts
from workflows.links import Linker


def media_links(parts: Parts) -> MediaLinks:
    """Return what makes and checks the links of this installation."""
    return MediaLinks(parts.settings.secret_key, parts.settings.media_link_lives)


def linker(parts: Parts, caller: Caller) -> Linker:
    """Return what turns a file's hash into a link for `caller`'s company, good from now."""
    links, now, company_id = media_links(parts), parts.clock.now(), caller.company_id
    if company_id is None:
        raise ValueError("links belong to a company")
    return lambda sha256: links.make(company_id, sha256, now)
