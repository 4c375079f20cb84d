"""Keyset paging: a page starts after the last row seen, so that rows added meanwhile neither repeat nor go missing."""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from core.errors import Malformed
from core.scope import ScopedSession
from core.text import Text

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 200

T = TypeVar("T")
U = TypeVar("U")


class PageRequest(msgspec.Struct, frozen=True):
    """How many rows, and after which."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page; `next` is the cursor of the following one, null at the end."""

    items: tuple[T, ...]
    next: str | None

    def map(self, make: Callable[[T], U]) -> "Page[U]":
        """Return the page with each item turned into what `make` makes of it."""
        return Page(items=tuple(make(item) for item in self.items), next=self.next)


def fetch(
    session: ScopedSession, query: sa.Select[Any], keys: Sequence[tuple[Any, str]], request: PageRequest
) -> Page[Any]:
    """Run `query` for one page, ordered by `keys`.

    Args:
        session: the caller's session.
        query: a select of one ORM entity, without order.
        keys: (column, "asc" | "desc") pairs, all in one direction, the last one unique.
        request: limit and cursor as the client sent them.

    Raises:
        Malformed: the cursor was not made here.

    """
    columns = [column for column, _ in keys]
    descending = keys[0][1] == "desc"
    if request.cursor is not None:
        position = sa.tuple_(
            *(sa.literal(v, c.type) for c, v in zip(columns, _decode(request.cursor, columns), strict=True))
        )
        query = query.where(sa.tuple_(*columns) < position if descending else sa.tuple_(*columns) > position)
    query = query.order_by(*(column.desc() if descending else column.asc() for column in columns))
    limit = max(1, min(request.limit, HIGHEST_LIMIT))
    rows = list(session.scalars(query.limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    following = _encode([getattr(rows[-1], column.key) for column in columns]) if more else None
    return Page(items=tuple(rows), next=following)


def _encode(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _decode(cursor: str, columns: list[Any]) -> list[Any]:
    try:
        raw = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[Any])
        return [msgspec.convert(v, _kind(c.type)) for v, c in zip(raw, columns, strict=True)]
    except (ValueError, binascii.Error, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Malformed("paging.bad_cursor", Text("分页游标无效", "This cursor was not made here")) from error


def _kind(type_: sa.types.TypeEngine[Any]) -> Any:
    """Return what msgspec has to find at the place of a column of this type, within what a database can compare."""
    plain = type_.impl_instance if isinstance(type_, sa.types.TypeDecorator) else type_
    if isinstance(plain, sa.DateTime):
        return Annotated[dt.datetime, msgspec.Meta(tz=True)]
    if isinstance(plain, sa.Integer):
        bits = 63 if isinstance(plain, sa.BigInteger) else 31
        return Annotated[int, msgspec.Meta(ge=-(2**bits), lt=2**bits)]
    if isinstance(plain, sa.String):
        return Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
    return plain.python_type
