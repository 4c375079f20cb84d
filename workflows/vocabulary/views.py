"""A vocabulary as it is shown."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core import paging
from core.scope import ScopedSession
from speech.vocabulary import Kind
from workflows.vocabulary import current, service
from workflows.vocabulary.model import VocabularyTerm


class TermView(msgspec.Struct, frozen=True):
    """A term somebody added."""

    id: uuid.UUID
    kind: str
    text: str
    aliases: tuple[str, ...]
    added_by: str
    added_at: dt.datetime


class Summary(msgspec.Struct, frozen=True):
    """How many terms were added, by kind; the names of so many stores and articles of price lists are known anyway."""

    added: dict[str, int]
    stores: int
    products: int
    version: int


def terms(session: ScopedSession, words: str, kind: Kind | None, page: paging.PageRequest) -> paging.Page[TermView]:
    """Return the terms that somebody added and that hold all of `words`, in the order of their characters."""
    query = sa.select(VocabularyTerm)
    if kind is not None:
        query = query.where(VocabularyTerm.kind == kind)
    for word in words.casefold().split()[:8]:
        query = query.where(VocabularyTerm.searched.contains(word, autoescape=True))
    return paging.fetch(session, query, [(VocabularyTerm.plain, "asc")], page).map(term_view)


def term_view(row: VocabularyTerm) -> TermView:
    """Return a term as it is shown."""
    return TermView(row.id, row.kind, row.text, row.aliases, row.added_by, row.added_at)


def summary(session: ScopedSession) -> Summary:
    """Count what there is."""
    found = current.counts(session)
    return Summary(found.own, found.stores, found.products, service.version(session))
