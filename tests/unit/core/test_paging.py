"""Paging: every row once, whatever is added or taken away meanwhile."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.caller import installation
from core.db import Database, UtcDateTime, make_engine
from core.errors import Malformed
from core.paging import HIGHEST_LIMIT, PageRequest, fetch


class Apart(DeclarativeBase):
    """Tables of these tests, apart from those of the product."""


class Entry(Apart):
    __tablename__ = "entry"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(sa.String(20))
    rank: Mapped[int] = mapped_column()


ORDERS: dict[str, list[tuple[Any, str]]] = {
    "id": [(Entry.id, "asc")],
    "newest first": [(Entry.at, "desc"), (Entry.id, "desc")],
    "name": [(Entry.name, "asc"), (Entry.id, "asc")],
    "rank, name": [(Entry.rank, "desc"), (Entry.name, "desc"), (Entry.id, "desc")],
}
START = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
entries = st.builds(
    Entry,
    id=st.uuids(version=4),
    at=st.integers(0, 3).map(lambda n: START + dt.timedelta(microseconds=n)),  # many at the same moment
    name=st.sampled_from(["", "a", "店", "it's", "100%", "z"]),
    rank=st.integers(0, 2),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(make_engine(f"sqlite:///{tmp_path_factory.mktemp('paging') / 'entries.sqlite3'}"))
    Apart.metadata.create_all(database.engine)
    yield database
    database.close()


def read_all(database: Database, order: list[tuple[Any, str]], limit: int) -> list[Entry]:
    seen: list[Entry] = []
    cursor = None
    while True:
        with database.snapshot(installation()) as session:
            page = fetch(session, sa.select(Entry), order, PageRequest(limit=limit, cursor=cursor))
        assert len(page.items) <= limit
        seen.extend(page.items)
        if page.next is None:
            return seen
        cursor = page.next


def fill(database: Database, rows: list[Entry]) -> None:
    with database.transaction(installation()) as session:
        session.execute(sa.delete(Entry))
        for row in rows:
            session.add(row)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(entries, max_size=12, unique_by=lambda row: row.id), limit=st.integers(1, 5), data=st.data())
def test_every_row_comes_once_and_in_order(
    database: Database, rows: list[Entry], limit: int, data: st.DataObject
) -> None:
    order = ORDERS[data.draw(st.sampled_from(sorted(ORDERS)))]
    fill(database, rows)
    seen = read_all(database, order, limit)
    keys = [tuple(getattr(row, column.key) for column, _ in order) for row in seen]
    assert len(seen) == len(rows)
    assert keys == sorted(keys, reverse=order[0][1] == "desc")


def entry(number: int) -> Entry:
    return Entry(id=uuid.UUID(int=number), at=START, name="n", rank=0)


def test_a_row_added_behind_does_not_shift_the_next_page(database: Database) -> None:
    fill(database, [entry(number) for number in (2, 4, 6, 8)])
    with database.snapshot(installation()) as session:
        first = fetch(session, sa.select(Entry), ORDERS["id"], PageRequest(limit=2))
    with database.transaction(installation()) as session:
        session.add(entry(1))
        session.execute(sa.delete(Entry).where(Entry.id == uuid.UUID(int=4)))
    with database.snapshot(installation()) as session:
        second = fetch(session, sa.select(Entry), ORDERS["id"], PageRequest(limit=2, cursor=first.next))
    assert [row.id.int for row in (*first.items, *second.items)] == [2, 4, 6, 8]
    assert second.next is None


def test_the_limit_has_a_limit(database: Database) -> None:
    fill(database, [entry(number) for number in range(HIGHEST_LIMIT + 5)])
    with database.snapshot(installation()) as session:
        page = fetch(session, sa.select(Entry), ORDERS["id"], PageRequest(limit=10**9))
    assert len(page.items) == HIGHEST_LIMIT


def test_a_page_can_be_turned_into_another_kind_of_items(database: Database) -> None:
    fill(database, [entry(3)])
    with database.snapshot(installation()) as session:
        page = fetch(session, sa.select(Entry), ORDERS["id"], PageRequest()).map(lambda row: row.id.int)
    assert (page.items, page.next) == ((3,), None)


FOREIGN = [
    "",
    "x",
    "€",
    "bnVsbA",
    "W10",
    "WzFd",
    "WzEsMl0",
    "WyJ4Il0",
    "eyJhIjoxfQ",
    "////",
    "W251bGwsIDFd",
    "a" * 2001,
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("cursor", FOREIGN)
def test_a_cursor_that_was_not_made_here_is_refused(database: Database, cursor: str, order: str) -> None:
    with database.snapshot(installation()) as session, pytest.raises(Malformed):
        fetch(session, sa.select(Entry), ORDERS[order], PageRequest(cursor=cursor))


@settings(max_examples=60, deadline=None)
@given(cursor=st.text(max_size=60))
def test_no_cursor_breaks_the_list(database: Database, cursor: str) -> None:
    with database.snapshot(installation()) as session, pytest.raises(Malformed):
        fetch(session, sa.select(Entry), ORDERS["newest first"], PageRequest(cursor=cursor))


def test_a_cursor_with_a_time_without_zone_or_a_number_out_of_range_is_refused(database: Database) -> None:
    import base64

    id_ = "00000000-0000-4000-8000-000000000000"
    for order, values in (
        ("newest first", f'["2026-11-02T00:00:00","{id_}"]'),
        ("rank, name", f'[99999999999999999999,"n","{id_}"]'),
        ("name", f'["\\u0000","{id_}"]'),
    ):
        cursor = base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")
        with database.snapshot(installation()) as session, pytest.raises(Malformed):
            fetch(session, sa.select(Entry), ORDERS[order], PageRequest(cursor=cursor))
