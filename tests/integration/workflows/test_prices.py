"""Price lists come in whole, photos are read once, what differs becomes a finding. Models are fakes, all else real."""

import datetime as dt
import uuid

import msgspec
import pytest
import sqlalchemy as sa

from checklists.built_in import STANDARD
from checklists.item import Item
from core.errors import ContentDiffers, Forbidden, NotFound, StaleVersion
from core.events import TrailEvent
from core.ids import new_id
from core.jobs import Job, JobState
from core.parts import Parts
from tests.builders import Company
from tests.integration.workflows.world import Shop, at_once, jpeg
from vision.photo import Photo as Picture
from vision.price_tags.model import DateMark, Price, Tag, TagsReading
from vision.shelf import ShelfReading
from workflows.issues.model import Finding, Issue
from workflows.prices import service, table, views
from workflows.prices.model import PriceLine, PriceListVersion, TagLook
from workflows.visits.model import Photo

HEADING = "sku,barcode,name_en,price,currency\n"
GOOD = (HEADING + "MILK1,6901234567892,Verde whole milk,12.80,CNY\nTEA22,,Kiro green tea,3.50,CNY\n").encode()
TODAY = dt.date(2026, 11, 2)  # the clock of the tests, in Shanghai


def a_tag(text: str, minor: int, *codes: str, confidence: float = 0.97) -> Tag:
    price = Price(minor, "CNY")
    return Tag((2, 30, 30, 44), text, confidence, readable=True, price=price, prices=(price,), codes=codes)


class FakeTags:
    """Reads on every photo what it was told to."""

    def __init__(self) -> None:
        self.tags: tuple[Tag, ...] = (a_tag("x", 1380, "6901234567892"), a_tag("Kiro green tea", 350))
        self.dates: tuple[DateMark, ...] = ()
        self.asked: list[tuple[dt.date, str | None, bool]] = []

    def read(
        self, photo: Picture, shelf: ShelfReading, *, today: dt.date, order: str | None, dates: bool, whole: bool
    ) -> TagsReading:
        self.asked.append((today, order, whole))
        return TagsReading(self.tags, self.dates, "fake ocr 1", 5.0)


@pytest.fixture
def reads(shop: Shop) -> FakeTags:
    fake = FakeTags()
    shop.tools = msgspec.structs.replace(shop.tools, tags=fake)
    return fake


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company, STANDARD)


def make_list(shop: Shop, content: bytes = GOOD, person: str = "hq", node: str = "root") -> uuid.UUID:
    id_ = new_id()
    with shop.parts.database.transaction(shop.caller(person)) as session:
        service.put(
            session, shop.parts.clock.now(), id_, service.NewPriceList("Shelf prices", shop.company.nodes[node])
        )
    import_(shop, id_, content, person)
    return id_


def import_(shop: Shop, id_: uuid.UUID, content: bytes, person: str = "hq") -> tuple[int, bool]:
    with shop.parts.database.transaction(shop.caller(person)) as session:
        now = shop.parts.clock.now()
        version, new = service.import_table(session, now, id_, table.read(content), content, "prices.csv")
        return version.number, new


def item_for(shop: Shop, dimension: str) -> Item:
    return next(item for item in shop.items if item.dimension == dimension)


def photo_for(shop: Shop, dimension: str | None) -> uuid.UUID:
    """A photo taken for an item of this dimension, worked through."""
    from workflows.visits.media import MediaTarget

    visit_id, content = shop.visit(), jpeg()
    item_id = item_for(shop, dimension).id if dimension else None
    target = MediaTarget("photo", new_id(), visit_id=visit_id, item_id=item_id)
    photo_id = shop._media(target, content)
    shop.work()
    return photo_id


def test_a_file_is_imported_once_and_its_versions_are_kept(shop: Shop) -> None:
    id_ = make_list(shop)
    assert import_(shop, id_, GOOD) == (1, False)
    assert import_(shop, id_, GOOD + b"RICE5,,Rice,9.90,CNY\n") == (2, True)
    assert import_(shop, id_, GOOD) == (3, True)  # back to the old prices is a change of its own
    assert (shop.count(PriceListVersion), shop.count(PriceLine)) == (3, 7)
    assert [event.state_to for event in shop.rows(TrailEvent, TrailEvent.kind == "PriceListImported")] == [
        "1",
        "2",
        "3",
    ]


def test_a_file_with_one_bad_line_changes_nothing(shop: Shop) -> None:
    id_ = make_list(shop)
    with pytest.raises(service.BadLines) as refused:
        import_(shop, id_, GOOD + b"RICE5,,Rice,cheap,CNY\n")
    assert [line["line"] for line in refused.value.extra["lines"]] == [4]
    assert shop.count(PriceListVersion) == 1


def test_two_who_import_at_once_make_two_versions_or_one(shop: Shop) -> None:
    id_ = make_list(shop)
    same = GOOD + b"RICE5,,Rice,9.90,CNY\n"
    results = at_once(lambda: import_(shop, id_, same), lambda: import_(shop, id_, same))
    assert sorted(str(result) for result in results) == ["(2, False)", "(2, True)"]


def test_the_same_list_twice_is_one_and_another_under_its_id_is_refused(shop: Shop) -> None:
    id_, now = new_id(), shop.parts.clock.now()
    new = service.NewPriceList("A", shop.company.nodes["root"])
    with shop.parts.database.transaction(shop.caller("hq")) as session:
        assert [service.put(session, now, id_, new)[1] for _ in range(2)] == [True, False]
        with pytest.raises(ContentDiffers):
            service.put(session, now, id_, msgspec.structs.replace(new, name="B"))


def test_a_supervisor_gives_no_prices(shop: Shop) -> None:
    with (
        shop.parts.database.transaction(shop.caller("supervisor")) as session,
        pytest.raises(Forbidden),
    ):
        service.put(session, shop.parts.clock.now(), new_id(), service.NewPriceList("A", shop.company.nodes["store_a"]))


def test_another_company_sees_none_of_it(shop: Shop, other_company: Company) -> None:
    id_ = make_list(shop)
    stranger = other_company.caller(shop.parts, "hq")
    with shop.parts.database.snapshot(stranger) as session, pytest.raises(NotFound):
        service.get(session, id_)
    with shop.parts.database.snapshot(stranger) as session:
        assert service.lines_for_store(session, "/" + shop.company.nodes["root"].hex + "/") == []


def test_a_wrong_price_by_barcode_opens_an_issue(shop: Shop, reads: FakeTags) -> None:
    make_list(shop)
    photo_id = photo_for(shop, "pricing")
    finding = shop.one(Finding, Finding.checkpoint == "pricing.tag_matches")
    assert (finding.raises, finding.source, finding.model) == (True, "vision", "fake ocr 1")
    assert finding.text.en == "1 tag differs from the price list: MILK1: CNY 13.80 ≠ CNY 12.80"
    assert shop.count(Issue, Issue.checkpoint == "pricing.tag_matches") == 1
    look = shop.one(TagLook, TagLook.id == photo_id)
    assert [tag["verdict"] for tag in look.tags] == ["differs", "same"]
    assert (look.day, reads.asked) == (TODAY, [(TODAY, "ymd", False)])


def test_a_doubtful_reading_opens_nothing(shop: Shop, reads: FakeTags) -> None:
    make_list(shop)
    reads.tags = (a_tag("x", 1380, "6901234567892", confidence=0.85), a_tag("Kiro green tea", 450))
    photo_for(shop, "pricing")
    assert [finding.raises for finding in shop.rows(Finding, Finding.checkpoint == "pricing.tag_matches")] == [False]
    assert shop.count(Issue, Issue.checkpoint == "pricing.tag_matches") == 0


def test_without_a_list_what_was_read_is_kept_and_nothing_is_claimed(shop: Shop, reads: FakeTags) -> None:
    photo_id = photo_for(shop, "pricing")
    with shop.parts.database.snapshot(shop.caller("supervisor")) as session:
        view = views.tags_of(session, photo_id)
    assert (view.state, [tag.verdict for tag in view.tags]) == ("read", ["unlisted", "unlisted"])
    assert shop.count(Finding, Finding.dimension == "pricing") == 0


def test_only_photos_for_prices_and_freshness_are_read_unless_every_one_is_wanted(shop: Shop, reads: FakeTags) -> None:
    photo_for(shop, None)
    photo_for(shop, "availability")
    assert reads.asked == []
    now = shop.parts.clock.now()
    with shop.parts.database.transaction(shop.caller("hq")) as session:
        service.choose(session, now, read_every_photo=True, version=0)
        with pytest.raises(StaleVersion):
            service.choose(session, now, read_every_photo=False, version=0)
    photo_for(shop, "availability")
    assert len(reads.asked) == 1


def test_dates_are_counted_from_the_day_in_the_store(shop: Shop, reads: FakeTags) -> None:
    def mark(days: int, confidence: float = 0.97) -> DateMark:
        return DateMark((0, 0, 20, 9), "EXP", TODAY + dt.timedelta(days=days), confidence)

    reads.tags, reads.dates = (), (mark(-1), mark(1), mark(2), mark(-5, 0.5))
    photo_for(shop, "freshness")
    found = {f.checkpoint: (f.raises, f.text.en) for f in shop.rows(Finding, Finding.dimension == "freshness")}
    assert found == {
        "freshness.expired": (True, "Past its date on the photo: 2026-11-01"),
        "freshness.near_expiry": (True, "Close to its date on the photo: 2026-11-03"),
    }
    assert reads.asked[0][2]  # the whole photo: dates stand on packs


def test_a_photo_read_twice_is_read_once(shop: Shop, reads: FakeTags) -> None:
    make_list(shop)
    photo_for(shop, "pricing")
    with shop.parts.database.transaction(shop.company.system()) as session:
        for job in session.scalars(sa.select(Job).where(Job.kind.in_(["read_tags", "raise_issues"]))):
            job.state, job.attempts = JobState.READY, 0
    shop.work()
    assert len(reads.asked) == 2
    assert (shop.count(TagLook), shop.count(Finding, Finding.checkpoint == "pricing.tag_matches")) == (1, 1)
    assert shop.count(TrailEvent, TrailEvent.kind == "TagsRead") == 1


def test_what_was_read_is_for_those_who_see_the_store(shop: Shop, reads: FakeTags) -> None:
    photo_id = photo_for(shop, "pricing")
    with shop.parts.database.snapshot(shop.caller("manager_b")) as session, pytest.raises(NotFound):
        views.tags_of(session, photo_id)
    assert shop.count(Photo, Photo.id == photo_id) == 1


def test_the_lines_of_a_version_are_searched_by_word(shop: Shop) -> None:
    from core.paging import PageRequest

    id_ = make_list(shop)
    with shop.parts.database.snapshot(shop.caller("manager_a")) as session:
        found = [
            views.lines(session, id_, None, words, PageRequest()).items for words in ("", "TEA kiro", "100%", "6901")
        ]
        assert [[view.line.sku for view in page] for page in found] == [["MILK1", "TEA22"], ["TEA22"], [], ["MILK1"]]
        assert table.read(table.write(views.all_lines(session, id_, None)).encode()).lines == views.all_lines(
            session, id_, 1
        )
