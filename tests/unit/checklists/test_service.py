import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

import storepatrol.tables
from checklists import service
from checklists.checkpoint import Library
from checklists.model import ChecklistVersion
from checklists.template import ChecklistContent, ItemDraft, build
from core.caller import Caller, system
from core.db import Database, make_engine
from core.errors import Conflict, ContentDiffers, Invalid, NotFound, StaleVersion
from core.events import trail_of
from core.ids import new_id
from core.org import Company
from core.paging import PageRequest
from core.text import Text

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
TITLE = Text("晨检", "Morning check")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(make_engine(f"sqlite:///{tmp_path / 'test.db'}"))
    storepatrol.tables.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def hq(database: Database) -> Caller:
    return make_company(database)


@pytest.fixture
def competitor(database: Database) -> Caller:
    return make_company(database)


def make_company(database: Database) -> Caller:
    company_id = new_id()
    with database.transaction(system(company_id)) as session:
        session.add(Company(id=company_id, name=Text("连锁", "Chain"), created_at=NOW))
    return system(company_id)


@pytest.fixture
def content(library: Library) -> ChecklistContent:
    return build(TITLE, (ItemDraft(checkpoint="safety.exits"),), library)


@pytest.fixture
def checklist_id(database: Database, hq: Caller) -> uuid.UUID:
    with database.transaction(hq) as session:
        return service.create(session, NOW, new_id(), TITLE).id


def publish(
    database: Database, caller: Caller, checklist_id: uuid.UUID, content: ChecklistContent, *, based_on: int = 0
) -> service.Version:
    with database.transaction(caller) as session:
        return service.publish(session, NOW, checklist_id, new_id(), content, based_on=based_on)


def test_a_published_version_is_read_back_as_it_was_published(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    published = publish(database, hq, checklist_id, content)
    with database.snapshot(hq) as session:
        assert service.get(session, published.id) == published
        summary = service.get_checklist(session, checklist_id)
    assert published.content == content
    assert published.number == 1
    assert (summary.latest_version_id, summary.latest_number) == (published.id, 1)


def test_a_new_version_leaves_the_old_one_in_place(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    first = publish(database, hq, checklist_id, content)
    renamed = msgspec.structs.replace(content, title=Text("晚检", "Evening check"))
    second = publish(database, hq, checklist_id, renamed, based_on=1)
    with database.snapshot(hq) as session:
        assert service.get(session, first.id).content.title == TITLE
        assert service.titles(session, [first.id, second.id, new_id()]) == {
            first.id: TITLE,
            second.id: renamed.title,
        }
        assert service.get_checklist(session, checklist_id).title == renamed.title
    assert second.number == 2


def test_a_published_version_cannot_be_changed_or_deleted(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    publish(database, hq, checklist_id, content)
    with pytest.raises(Conflict, match=r"checklist\.version_immutable"), database.transaction(hq) as session:
        session.scalars(sa.select(ChecklistVersion)).one().number = 7
    with pytest.raises(Conflict, match=r"checklist\.version_immutable"), database.transaction(hq) as session:
        session.delete(session.scalars(sa.select(ChecklistVersion)).one())


def test_publishing_the_same_again_is_the_same_request(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    version_id = new_id()
    with database.transaction(hq) as session:
        first = service.publish(session, NOW, checklist_id, version_id, content, based_on=0)
    publish(database, hq, checklist_id, content, based_on=1)
    with database.transaction(hq) as session:
        again = service.publish(session, NOW, checklist_id, version_id, content, based_on=0)
    assert again == first


def test_the_same_id_with_other_content_is_refused(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    version = publish(database, hq, checklist_id, content)
    other = msgspec.structs.replace(content, title=Text("别的", "Other"))
    with (
        pytest.raises(ContentDiffers, match=r"checklist_version\.content_differs"),
        database.transaction(hq) as session,
    ):
        service.publish(session, NOW, checklist_id, version.id, other, based_on=1)


def test_making_the_same_checklist_again_is_the_same_request_and_another_title_is_not(
    database: Database, hq: Caller, checklist_id: uuid.UUID
) -> None:
    with database.transaction(hq) as session:
        assert service.create(session, NOW, checklist_id, TITLE) == service.get_checklist(session, checklist_id)
    with pytest.raises(ContentDiffers, match=r"checklist\.content_differs"), database.transaction(hq) as session:
        service.create(session, NOW, checklist_id, Text("别的", "Other"))


def test_who_publishes_on_an_old_version_is_told_so(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    publish(database, hq, checklist_id, content)
    with pytest.raises(StaleVersion) as caught:
        publish(database, hq, checklist_id, content, based_on=0)
    assert caught.value.extra == {"current_version": 1}


def test_another_company_sees_nothing_and_may_not_take_an_id(
    database: Database, hq: Caller, competitor: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    version = publish(database, hq, checklist_id, content)
    with database.snapshot(competitor) as session:
        assert service.list_checklists(session, PageRequest()).items == ()
        assert service.titles(session, [version.id]) == {}
        with pytest.raises(NotFound):
            service.get(session, version.id)
        with pytest.raises(NotFound):
            service.get_checklist(session, checklist_id)
    with pytest.raises(NotFound):
        publish(database, competitor, checklist_id, content, based_on=1)
    with pytest.raises(ContentDiffers), database.transaction(competitor) as session:
        service.create(session, NOW, checklist_id, TITLE)


def test_a_checklist_needs_a_title_in_both_languages(database: Database, hq: Caller) -> None:
    with pytest.raises(Invalid, match=r"checklist\.no_title"), database.transaction(hq) as session:
        service.create(session, NOW, new_id(), Text("晨检", " "))


def test_the_trail_tells_who_published_what(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    version = publish(database, hq, checklist_id, content)
    with database.snapshot(hq) as session:
        created, published = trail_of(session, ("checklist", checklist_id))
    assert (created.kind, published.kind) == ("ChecklistCreated", "ChecklistPublished")
    assert (published.state_from, published.state_to) == ("0", "1")
    assert published.data == {"version_id": str(version.id), "content_hash": version.content_hash, "items": 1}


def test_nothing_is_kept_when_the_callers_transaction_fails(
    database: Database, hq: Caller, checklist_id: uuid.UUID, content: ChecklistContent
) -> None:
    def publish_and_fail() -> None:
        with database.transaction(hq) as session:
            service.publish(session, NOW, checklist_id, new_id(), content, based_on=0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        publish_and_fail()
    with database.snapshot(hq) as session:
        assert service.get_checklist(session, checklist_id).latest_number == 0


def test_every_company_starts_with_the_built_in_checklists_once(
    database: Database, hq: Caller, competitor: Caller, library: Library
) -> None:
    for caller in (hq, competitor, hq):
        with database.transaction(caller) as session:
            installed = service.install_built_in(session, NOW, library)
        assert list(installed) == ["standard", "availability", "full"]
    with database.snapshot(hq) as session:
        page = service.list_checklists(session, PageRequest(limit=2))
        rest = service.list_checklists(session, PageRequest(limit=2, cursor=page.next))
    assert [c.latest_number for c in (*page.items, *rest.items)] == [1, 1, 1]
    assert rest.next is None
