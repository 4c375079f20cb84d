"""Looking at watched visits several times a second: it reads little, and nothing ends it."""

import asyncio
import json
import uuid
from contextlib import AbstractContextManager
from typing import Any, cast

import msgspec
import pytest
import sqlalchemy as sa

from api.live import LiveHub
from core.caller import Caller, installation
from core.db import Database
from core.parts import Parts
from core.scope import ScopedSession
from tests.builders import Company
from tests.integration.workflows.world import Shop
from workflows.visits.live import look

LONG = 20.0


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def test_what_models_said_is_not_read_only_what_is_told(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    shop.note(visit_id, "Cola is out of stock")
    shop.work()
    asked: list[str] = []
    engine = shop.parts.database.engine
    note = lambda _c, _cursor, statement, *_: asked.append(statement)  # noqa: E731
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with shop.parts.database.snapshot(installation()) as session:
            live = look(session, [visit_id])[visit_id]
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    columns = {word.strip(",").rpartition(".")[2] for statement in asked for word in statement.split()}
    assert {"gap_count", "oos_rate", "heard_count"} <= columns
    assert not columns & {"reading", "transcript", "heard", "problem"}
    (photo,), (said,) = live.photos, live.notes
    assert (photo.state, photo.gaps, photo.oos_rate) == ("analysed", 2, 0.2)
    assert (said.state, said.issues) == ("transcribed", 1)


class Faulty:
    """A database whose first snapshot meets a mistake of ours."""

    def __init__(self, database: Database) -> None:
        self._database, self.asked = database, 0

    def snapshot(self, caller: Caller) -> AbstractContextManager[ScopedSession]:
        self.asked += 1
        if self.asked == 1:
            raise ZeroDivisionError("a mistake of ours")
        return self._database.snapshot(caller)


async def first_event(hub: LiveHub, visit_id: uuid.UUID) -> dict[str, Any]:
    stream = hub.follow(visit_id)
    async with asyncio.timeout(LONG):
        event = await anext(stream)
    await cast("Any", stream).aclose()
    return cast("dict[str, Any]", json.loads(event.decode().partition("data: ")[2]))


def test_a_mistake_of_ours_is_logged_and_the_stream_goes_on(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    faulty = Faulty(shop.parts.database)
    hub = LiveHub(msgspec.structs.replace(shop.parts, database=cast("Database", faulty)))
    event = asyncio.run(first_event(hub, visit_id))
    assert event["total"] == 1
    assert faulty.asked > 1
    assert "a mistake of ours" in "".join(capsys.readouterr())
