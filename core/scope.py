"""The one place where queries are limited to the caller's company and part of the tree.

A table takes part by inheriting a mixin. Every ORM statement of a session, SELECT, UPDATE and DELETE alike, then gets
the criterion of that mixin; a route cannot forget it, because no route writes it.
"""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    declared_attr,
    mapped_column,
    with_loader_criteria,
)

from core.caller import Caller

_org_node = sa.table(
    "org_node", sa.column("id", sa.Uuid), sa.column("company_id", sa.Uuid), sa.column("path", sa.String)
)


class CompanyOwned:
    """A row that belongs to one company."""

    @declared_attr
    @classmethod
    def company_id(cls) -> Mapped[uuid.UUID]:
        """The company the row belongs to."""
        return mapped_column(sa.ForeignKey("company.id"), index=True)


class StoreOwned(CompanyOwned):
    """A row about one store: seen by those whose part of the tree holds that store."""

    @declared_attr
    @classmethod
    def store_id(cls) -> Mapped[uuid.UUID]:
        """The store (a node of the organisation) the row is about."""
        return mapped_column(sa.ForeignKey("org_node.id"), index=True)


class TreeOwned(CompanyOwned):
    """A node of the organisation itself, seen with everything below it."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class ScopedSession(Session):
    """A session that works for one caller."""

    def __init__(self, bind: sa.Engine, caller: Caller) -> None:
        super().__init__(bind, expire_on_commit=False)
        self.caller = caller


class StrangerError(RuntimeError):
    """A row of another company was about to be written: a mistake of ours, which no caller can bring about."""


def within(column: Any, paths: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Return the condition that a path lies in one of the subtrees `paths`."""
    return sa.or_(sa.false(), *(column.startswith(path, autoescape=True) for path in paths))


@event.listens_for(ScopedSession, "do_orm_execute")
def _see_what_was_locked(state: ORMExecuteState) -> None:
    """Let a row that is locked for a change show what it holds now, not what this session read before it waited."""
    if state.is_select and getattr(state.statement, "_for_update_arg", None) is not None:
        state.update_execution_options(populate_existing=True)


@event.listens_for(ScopedSession, "do_orm_execute")
def _limit_to_caller(state: ORMExecuteState) -> None:
    caller = state.session.caller if isinstance(state.session, ScopedSession) else None
    if caller is None or caller.company_id is None or state.is_column_load or state.is_relationship_load:
        return
    company_id = caller.company_id
    options = [with_loader_criteria(CompanyOwned, lambda cls: cls.company_id == company_id, include_aliases=True)]
    if not caller.sees_whole_company:
        # The criteria are cached by their closures, so what differs between callers must be a SQL element in them.
        visible = sa.select(_org_node.c.id).where(
            _org_node.c.company_id == company_id, within(_org_node.c.path, caller.paths())
        )
        options += [
            with_loader_criteria(StoreOwned, lambda cls: cls.store_id.in_(visible), include_aliases=True),
            with_loader_criteria(TreeOwned, lambda cls: cls.id.in_(visible), include_aliases=True),
        ]
    state.statement = state.statement.options(*options)


@event.listens_for(ScopedSession, "before_flush")
def _refuse_strangers(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    company_id = session.caller.company_id if isinstance(session, ScopedSession) else None
    if company_id is None:
        return
    for row in (*session.new, *session.dirty):
        if isinstance(row, CompanyOwned) and row.company_id != company_id:
            raise StrangerError(f"{type(row).__name__} of company {row.company_id}, written for company {company_id}")
