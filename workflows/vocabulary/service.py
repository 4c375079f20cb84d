"""A company's terms: added, removed, and imported whole or not at all. Changes of one company happen one by one."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.access.permissions import Action, require
from core.errors import Conflict, ContentDiffers, Invalid, not_found
from core.ids import derived_id, new_id
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from speech.notes.plain import plain
from speech.vocabulary import Kind, Term
from workflows import events as e
from workflows.pipeline import emit
from workflows.sheets import BadCellError
from workflows.vocabulary.model import VocabularyTerm, VocabularyVersion
from workflows.vocabulary.table import MOST_TERMS, Table, checked


class NewTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A term to add."""

    kind: Kind
    text: str
    aliases: tuple[str, ...] = ()


class Imported(msgspec.Struct, frozen=True):
    """What an import did: terms that are new, that have another kind or other aliases now, and that were there so."""

    added: int
    changed: int
    same: int


class BadLines(Invalid):
    """The file has lines that cannot be right; nothing of it was taken."""


def put(session: ScopedSession, now: dt.datetime, term_id: uuid.UUID, new: NewTerm) -> tuple[VocabularyTerm, bool]:
    """Add a term under an id the client made; the same request again returns it.

    Raises:
        Forbidden: the caller's role does not reach the whole company.
        Invalid: `vocabulary.bad_term`, and why.
        ContentDiffers: this id is another term's.
        Conflict: `vocabulary.known`, the company has this term, or `vocabulary.full`.

    """
    company_id = _begin_change(session)
    try:
        term = checked(Term(new.kind, new.text, new.aliases))
    except BadCellError as error:
        raise Invalid("vocabulary.bad_term", error.reason) from error
    known = session.scalar(sa.select(VocabularyTerm).where(VocabularyTerm.id == term_id))
    if known is not None:
        if term_of(known) != term:
            raise ContentDiffers(
                "vocabulary.content_differs", Text("同一编号的词内容不同", "This id is another term's")
            )
        return known, False
    if session.scalar(sa.select(VocabularyTerm.id).where(VocabularyTerm.plain == plain(term.text))) is not None:
        raise Conflict(
            "vocabulary.known", Text(f"词库中已有 “{term.text}”", f"“{term.text}” is in the vocabulary already")
        )
    _check_room(session, 1)
    row = _row(session, now, company_id, term_id, term)
    session.add(row)
    _changed(session, now, company_id, change=(None, term.text), data={"kind": term.kind, "added": 1})
    return row, True


def remove(session: ScopedSession, now: dt.datetime, term_id: uuid.UUID) -> None:
    """Take a term out. Notes that were corrected by it stay as they are.

    Raises:
        Forbidden: the caller's role does not reach the whole company.
        NotFound: no such term, or no more.

    """
    company_id = _begin_change(session)
    row = session.scalar(sa.select(VocabularyTerm).where(VocabularyTerm.id == term_id))
    if row is None:
        raise not_found("vocabulary_term", term_id)
    session.delete(row)
    _changed(session, now, company_id, change=(row.text, None), data={"kind": row.kind, "removed": 1})


def import_table(session: ScopedSession, now: dt.datetime, table: Table, file_name: str) -> Imported:
    """Add a file's terms; those that are there take its kind and aliases. Nothing is removed.

    Raises:
        Forbidden: the caller's role does not reach the whole company.
        BadLines: `lines` tells which and why; nothing was imported.
        Conflict: `vocabulary.full`.

    """
    company_id = _begin_change(session)
    _refuse_problems(table)
    known = {row.plain: row for row in session.scalars(sa.select(VocabularyTerm))}
    added = changed = 0
    for term in table.terms:
        row = known.get(plain(term.text))
        if row is None:
            session.add(_row(session, now, company_id, new_id(), term))
            added += 1
        elif term_of(row) != term:
            row.kind, row.text, row.aliases, row.searched = term.kind, term.text, term.aliases, _searched(term)
            changed += 1
    _check_room(session, 0)
    if added or changed:
        data = {"file": file_name[:200], "added": added, "changed": changed}
        _changed(session, now, company_id, change=(None, None), data=data)
    return Imported(added, changed, len(table.terms) - added - changed)


def version(session: ScopedSession) -> int:
    """Return how often the company's terms were changed."""
    return session.scalar(sa.select(VocabularyVersion.number)) or 0


def term_of(row: VocabularyTerm) -> Term:
    """Return a stored term as a value."""
    return msgspec.convert({"kind": row.kind, "text": row.text, "aliases": row.aliases}, Term)


def _begin_change(session: ScopedSession) -> uuid.UUID:
    """Let one change of a company wait for the other; return the company's id."""
    company_id = session.caller.company_id
    if company_id is None:
        raise ValueError("a vocabulary belongs to a company")
    nodes = OrgNode.__table__
    root = (nodes.c.company_id == company_id, nodes.c.kind == "company")
    path = session.execute(sa.select(nodes.c.path).where(*root).with_for_update()).scalar_one()
    require(session.caller, Action.CHANGE_VOCABULARY, path)
    return company_id


def _check_room(session: ScopedSession, more: int) -> None:
    session.flush()
    if (session.scalar(sa.select(sa.func.count(VocabularyTerm.id))) or 0) + more > MOST_TERMS:
        told = Text(f"词库最多 {MOST_TERMS} 个词", f"A vocabulary has at most {MOST_TERMS} terms")
        raise Conflict("vocabulary.full", told)


def _refuse_problems(table: Table) -> None:
    if not table.problems:
        return
    count = table.problem_count
    raise BadLines(
        "vocabulary.bad_lines",
        Text(f"文件有 {count} 处错误, 未导入任何内容", f"{count} lines of the file are wrong; nothing was imported"),
        lines=[{"line": problem.line, "reason": msgspec.to_builtins(problem.reason)} for problem in table.problems],
        count=count,
    )


def _row(
    session: ScopedSession, now: dt.datetime, company_id: uuid.UUID, term_id: uuid.UUID, term: Term
) -> VocabularyTerm:
    return VocabularyTerm(
        id=term_id, company_id=company_id, kind=term.kind, text=term.text, plain=plain(term.text), aliases=term.aliases,
        searched=_searched(term), added_by=session.caller.actor.name[:120], added_at=now,
    )  # fmt: skip


def _searched(term: Term) -> str:
    return "\n".join((term.text, *term.aliases)).casefold()


def _changed(
    session: ScopedSession,
    now: dt.datetime,
    company_id: uuid.UUID,
    *,
    change: tuple[str | None, str | None],
    data: dict[str, object],
) -> None:
    row = session.scalar(sa.select(VocabularyVersion).with_for_update())
    if row is None:
        row = VocabularyVersion(id=derived_id("vocabulary_version", company_id), company_id=company_id, number=0)
        session.add(row)
    row.number += 1
    session.flush()
    emit(session, now, e.VocabularyChanged(subject_id=company_id, change=change, data={**data, "version": row.number}))
