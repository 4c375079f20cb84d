"""Progress of a visit over server-sent events: news come, the stream ends when all is done, nothing stays behind."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from api.app import create_app
from api.live import LiveHub
from core.ids import new_id
from core.parts import Parts
from storepatrol.server import _Server
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import GAP, Shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LONG = 20.0


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


class Running(msgspec.Struct):
    """The product's server in a thread of this process."""

    server: _Server
    thread: threading.Thread
    url: str
    hub: LiveHub

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(LONG)
        assert not self.thread.is_alive()


@pytest.fixture
def running(parts: Parts) -> Iterator[Running]:
    app = create_app(parts)
    hub: LiveHub = app.state["live_hub"]
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=LONG, ws="none")  # type: ignore[arg-type]
    ready = threading.Event()
    server = _Server(config, ready.set, hub.close)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(LONG)
    port = server.servers[0].sockets[0].getsockname()[1]
    running = Running(server, thread, f"http://127.0.0.1:{port}", hub)
    yield running
    running.stop()


@pytest.fixture
def server_url(running: Running) -> str:
    return running.url


def url(visit_id: object) -> str:
    return f"/api/v1/visits/{visit_id}/live"


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The data of each `progress` event as it comes."""
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            assert name == "progress"
            yield json.loads(line.removeprefix("data: "))


def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_it_tells_each_step_and_ends_when_all_is_seen(shop: Shop, sign_in: SignIn, company: Company) -> None:
    visit_id = shop.visit()
    photo_id, note_id = shop.photo(visit_id), shop.note(visit_id, "Cola is out of stock")
    with sign_in(company, "supervisor").stream("GET", url(visit_id)) as response:
        progress = events(response)
        first = next(progress)
        assert (first["total"], first["done"], first["complete"]) == (2, 0, False)
        assert first["photos"] == [{"id": str(photo_id), "state": "stored", "gaps": None, "oos_rate": None}]
        shop.work()
        seen = next(one for one in progress if one["done"] == 2)
        assert seen["complete"] is False  # it has not been sent yet
        assert seen["photos"] == [{"id": str(photo_id), "state": "analysed", "gaps": 2, "oos_rate": 0.2}]
        assert [(note["id"], note["state"]) for note in seen["notes"]] == [(str(note_id), "transcribed")]
        shop.submit(visit_id, GAP.code)
        shop.work()  # its failed answer becomes an issue
        assert [one["complete"] for one in progress][-1] is True  # and the stream has ended


def test_a_photo_still_on_its_way_is_waited_for(shop: Shop, sign_in: SignIn, company: Company) -> None:
    visit_id, announced = shop.visit(), new_id()
    shop.submit(visit_id, photo_ids=(announced,))
    with sign_in(company, "supervisor").stream("GET", url(visit_id)) as response:
        progress = events(response)
        first = next(progress)
        assert (first["total"], first["done"], first["complete"]) == (1, 0, False)
        shop.photo(visit_id, id=announced)
        shop.work()
        assert list(progress)[-1]["complete"] is True


def test_the_issues_are_there_before_price_tags_and_material_are_looked_at(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    shop.submit(visit_id)
    quick, slow = shop.worker(queues=("vision", "general")), shop.worker(queues=("details",))
    with sign_in(company, "supervisor").stream("GET", url(visit_id)) as response:
        progress = events(response)
        while quick.run_one():
            pass
        first = next(one for one in progress if one["complete"])
        assert first["settled"] is False
        assert len(sign_in(company, "supervisor").get(f"/api/v1/visits/{visit_id}").json()["issues"]) == 1
        while slow.run_one() or quick.run_one():
            pass
        assert list(progress)[-1]["settled"] is True  # and the stream has ended


def test_what_could_not_be_read_counts_as_done_and_failed(shop: Shop, sign_in: SignIn, company: Company) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id, b"\xff\xd8\xff no photo")
    shop.submit(visit_id)
    shop.work()
    with sign_in(company, "supervisor").stream("GET", url(visit_id)) as response:
        (only,) = events(response)
    assert (only["total"], only["done"], only["failed"], only["complete"]) == (1, 1, 1, True)


def test_whoever_joins_later_hears_the_present_state_at_once(shop: Shop, sign_in: SignIn, company: Company) -> None:
    """Also when somebody left in the same moment, so that there are as many watchers as before."""
    visit_id = shop.visit()
    shop.photo(visit_id)
    for person in ("supervisor", "north_manager", "hq"):
        with sign_in(company, person).stream("GET", url(visit_id)) as response:
            assert next(events(response))["total"] == 1


def test_a_watcher_who_leaves_is_forgotten(shop: Shop, sign_in: SignIn, company: Company, running: Running) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    for _ in range(3):
        with sign_in(company, "supervisor").stream("GET", url(visit_id)) as response:
            progress = events(response)  # kept: a generator nobody holds closes its stream
            next(progress)
            assert running.hub.watched >= 1
    until(lambda: running.hub.watched == 0)


def test_a_stopping_server_ends_its_streams_in_order(
    shop: Shop, sign_in: SignIn, company: Company, running: Running
) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    with sign_in(company, "supervisor").stream("GET", url(visit_id)) as response:
        progress = events(response)
        next(progress)
        running.server.should_exit = True
        assert list(progress) == []  # not cut off: that would be an error of the client's


def test_a_visit_of_another_part_of_the_tree_is_not_shown(
    shop: Shop, sign_in: SignIn, company: Company, other_company: Company, client: httpx.Client
) -> None:
    visit_id = shop.visit()
    for stranger in (sign_in(company, "south_manager"), sign_in(other_company, "hq")):
        answer = stranger.get(url(visit_id))
        assert (answer.status_code, answer.json()["code"]) == (404, "visit.not_found")
    assert client.get(url(visit_id)).status_code == 401
