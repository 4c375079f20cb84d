"""From a campaign's artwork to the issue that its poster is missing, hidden, turned, or still hangs."""

import datetime as dt
import io
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from checklists.built_in import STANDARD
from core.errors import Conflict, ContentDiffers, Forbidden, Invalid, NotFound, StaleVersion
from core.events import TrailEvent
from core.ids import new_id
from core.jobs import Job
from core.parts import Parts
from core.text import Text
from tests.builders import Company
from tests.integration.workflows.world import Shop, at_once, jpeg
from vision.photo import Pixels, open_photo
from vision.promo import make
from vision.promo.render import Hanging, hang, render_artwork
from vision.render import render_shelf
from workflows.campaigns import service, views
from workflows.campaigns.model import CampaignArtwork, CampaignShowing, MaterialLook, MaterialSighting
from workflows.campaigns.policy import EXPIRED, MATERIAL
from workflows.issues.model import Finding, Issue
from workflows.tasks.model import Task
from workflows.verification.model import FixAttempt
from workflows.visits.media import MediaTarget
from workflows.visits.model import Photo, Visit

DAY = dt.date(2026, 11, 2)  # `NOW` in Shanghai
MONTH = dt.timedelta(days=30)
CORNERS = np.array([[420, 300], [800, 320], [790, 830], [410, 800]], dtype=np.float32)
ARTWORK, LAST_MONTHS = render_artwork(71, 0), render_artwork(71, 1)


def png(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def shelf() -> Pixels:
    return open_photo(render_shelf(9).jpeg).pixels


def photo_of(shelf: Pixels, artwork: Pixels | None, **how: Any) -> bytes:
    shown = shelf if artwork is None else hang(shelf, artwork, Hanging(how.pop("corners", CORNERS), light=0.9, **how))
    out = io.BytesIO()
    Image.fromarray(shown).save(out, "JPEG", quality=88)
    return out.getvalue()


class Promotion:
    """A shop whose headquarters runs campaigns."""

    def __init__(self, parts: Parts, company: Company) -> None:
        self.shop = Shop(parts, company, STANDARD)
        self.shop.reader.gaps = 0

    @property
    def parts(self) -> Parts:
        return self.shop.parts

    def campaign(self, person: str = "hq", **changes: Any) -> uuid.UUID:
        new = service.NewCampaign(
            **{
                "id": new_id(), "name": Text("十一月", "November"), "kind": "poster", "starts": DAY - MONTH / 2,
                "ends": DAY + MONTH / 2, "node_ids": (self.shop.company.nodes["north"],), **changes,
            }
        )  # fmt: skip
        with self.parts.database.transaction(self.shop.caller(person)) as session:
            service.create(session, self.parts.clock.now(), new)
        return new.id

    def artwork(self, campaign_id: uuid.UUID, pixels: Pixels = ARTWORK, id_: uuid.UUID | None = None) -> uuid.UUID:
        data, id_ = png(pixels), id_ or new_id()
        picture = open_photo(data)
        made = service.prepare(self.parts, data, picture, make(picture, data))
        with self.parts.database.transaction(self.shop.caller("hq")) as session:
            service.add_artwork(session, self.parts.clock.now(), campaign_id, id_, made)
        return id_

    def visit(self, *photos: bytes, at_item: bool = True, submit: bool = True) -> uuid.UUID:
        """A visit of store_a with these photos, taken to show the material; everything worked off."""
        visit_id = self.shop.visit()
        item = next(item.id for item in self.shop.items if item.checkpoint == MATERIAL)
        ids = [self._photo(visit_id, content, item if at_item else None) for content in photos]
        if submit:
            self.shop.submit(visit_id, photo_ids=tuple(ids))
        self.shop.work()
        return visit_id

    def _photo(self, visit_id: uuid.UUID, content: bytes, item_id: str | None) -> uuid.UUID:
        return self.shop._media(MediaTarget("photo", new_id(), visit_id=visit_id, item_id=item_id), content)

    def faults(self) -> dict[str, Finding]:
        rows = self.shop.rows(Finding, Finding.checkpoint.in_((MATERIAL, EXPIRED)), Finding.source == "vision")
        return {row.place["fault"]: row for row in rows}


@pytest.fixture
def promotion(parts: Parts, company: Company) -> Iterator[Promotion]:
    return Promotion(parts, company)  # type: ignore[return-value]


def test_a_poster_that_hangs_is_seen_and_nothing_is_wrong(promotion: Promotion, shelf: Pixels) -> None:
    campaign = promotion.campaign()
    artwork = promotion.artwork(campaign)
    promotion.visit(photo_of(shelf, ARTWORK))
    seen = promotion.shop.one(MaterialSighting)
    assert (seen.artwork_id, seen.found, seen.timing, seen.upright) == (artwork, True, "running", True)
    assert seen.visible > 0.9
    assert seen.score > 0.9
    assert seen.model
    assert np.abs(np.array(seen.corners) - CORNERS).max() < 12
    assert promotion.faults() == {}
    assert promotion.shop.one(CampaignShowing).state == "shown"


def test_one_that_is_missing_on_its_own_photo_opens_an_issue(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    promotion.visit(photo_of(shelf, None))
    missing = promotion.faults()["missing"]
    assert (missing.checkpoint, missing.raises) == (MATERIAL, True)
    assert "November" in missing.text.en
    issue = promotion.shop.one(Issue, Issue.checkpoint == MATERIAL)
    assert missing.issue_id == issue.id
    assert promotion.shop.one(CampaignShowing).state == "missing"


def test_any_other_photo_need_not_show_it(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    promotion.visit(photo_of(shelf, None), at_item=False)
    assert promotion.faults() == {}
    assert promotion.shop.count(CampaignShowing) == 0


def test_one_photo_of_several_that_shows_it_is_enough(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    promotion.visit(photo_of(shelf, None), photo_of(shelf, ARTWORK))
    assert promotion.faults() == {}


def test_nothing_is_missing_before_the_visit_is_sent(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    visit_id = promotion.visit(photo_of(shelf, None), submit=False)
    assert promotion.faults() == {}
    photo = promotion.shop.one(Photo)
    promotion.shop.submit(visit_id, photo_ids=(photo.id,))
    promotion.shop.work()
    assert set(promotion.faults()) == {"missing"}


def test_nothing_is_missing_while_a_photo_is_on_its_way(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    visit_id, late = promotion.shop.visit(), new_id()
    item = next(item.id for item in promotion.shop.items if item.checkpoint == MATERIAL)
    first = promotion._photo(visit_id, photo_of(shelf, None), item)
    promotion.shop.submit(visit_id, photo_ids=(first, late))
    promotion.shop.work()
    assert promotion.faults() == {}
    target = MediaTarget("photo", late, visit_id=visit_id, item_id=item)
    promotion.shop._media(target, b"\xff\xd8\xff but not much more")
    promotion.shop.work()
    assert set(promotion.faults()) == {"missing"}  # the late one could not be read: the first one decides


def test_a_hidden_one_and_one_upside_down_are_told(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    promotion.visit(photo_of(shelf, ARTWORK, covers=((0.0, 0.5, 1.0, 1.0),)))
    hidden = promotion.faults()["hidden"]
    assert hidden.place["visible"] == pytest.approx(0.5, abs=0.12)
    promotion.visit(photo_of(shelf, ARTWORK, corners=np.roll(CORNERS, 2, axis=0)))
    turned = promotion.faults()["turned"]
    assert "upside down" in turned.text.en


def test_last_months_poster_is_told_from_this_months(promotion: Promotion, shelf: Pixels) -> None:
    this_month = promotion.artwork(promotion.campaign())
    october = promotion.campaign(name=Text("十月", "October"), starts=DAY - 2 * MONTH, ends=DAY - MONTH)
    last_month = promotion.artwork(october, LAST_MONTHS)
    promotion.visit(photo_of(shelf, LAST_MONTHS))
    faults = promotion.faults()
    assert set(faults) == {"expired", "missing"}
    assert faults["expired"].place["artwork_id"] == str(last_month)
    assert faults["missing"].place["artwork_id"] == str(this_month)
    assert {issue.checkpoint for issue in promotion.shop.rows(Issue)} == {MATERIAL, EXPIRED}


def test_a_campaign_of_another_region_or_long_past_is_not_looked_for(promotion: Promotion, shelf: Pixels) -> None:
    south = promotion.campaign(node_ids=(promotion.shop.company.nodes["south"],))
    old = promotion.campaign(starts=DAY - 10 * MONTH, ends=DAY - 8 * MONTH)
    for campaign in (south, old):
        promotion.artwork(campaign)
    promotion.visit(photo_of(shelf, ARTWORK))
    assert promotion.shop.count(MaterialLook) == 0
    assert promotion.shop.count(MaterialSighting) == 0


def test_without_campaigns_no_photo_is_opened_again(promotion: Promotion) -> None:
    promotion.visit(jpeg())
    assert promotion.shop.count(MaterialLook) == 0
    assert {job.state for job in promotion.shop.rows(Job)} == {"done"}


def test_a_blurred_photo_proves_nothing(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    grey = np.full_like(shelf, 120)
    promotion.visit(photo_of(grey, None))
    assert not promotion.shop.one(MaterialLook).telling
    assert promotion.faults() == {}


def test_looking_again_and_summing_up_again_change_nothing(promotion: Promotion, shelf: Pixels) -> None:
    promotion.artwork(promotion.campaign())
    promotion.visit(photo_of(shelf, None))
    tables = (Finding, MaterialSighting, MaterialLook, CampaignShowing, Issue)
    before = [promotion.shop.count(table) for table in tables]
    again = [job for job in promotion.shop.rows(Job) if job.kind in ("look_for_material", "sum_up_material")]
    with promotion.parts.database.transaction(promotion.shop.company.system()) as session:
        for job in again:
            session.merge(job).state = "ready"
    promotion.shop.work()
    after = [promotion.shop.count(table) for table in tables]
    assert after == before


def test_a_campaign_is_made_once_and_changed_on_its_version(promotion: Promotion) -> None:
    id_ = new_id()
    for _ in range(2):
        promotion.campaign(id=id_)
    with pytest.raises(ContentDiffers):
        promotion.campaign(id=id_, name=Text("别的", "Other"))
    with promotion.parts.database.transaction(promotion.shop.caller("hq")) as session:
        ended = service.change(session, promotion.parts.clock.now(), id_, service.CampaignChange(1, ends=DAY))
        assert (ended.ends, ended.version) == (DAY, 2)
    with pytest.raises(StaleVersion), promotion.parts.database.transaction(promotion.shop.caller("hq")) as session:
        service.change(session, promotion.parts.clock.now(), id_, service.CampaignChange(1, ends=DAY))
    kinds = [event.kind for event in promotion.shop.rows(TrailEvent, TrailEvent.subject_id == id_, order=TrailEvent.id)]
    assert kinds == ["CampaignCreated", "CampaignChanged"]


def test_two_who_end_a_campaign_at_once_do_not_overwrite_each_other(promotion: Promotion) -> None:
    id_ = promotion.campaign()

    def end(day: dt.date) -> None:
        with promotion.parts.database.transaction(promotion.shop.caller("hq")) as session:
            service.change(session, promotion.parts.clock.now(), id_, service.CampaignChange(1, ends=day))

    results = at_once(lambda: end(DAY), lambda: end(DAY + dt.timedelta(days=1)))
    assert sorted(type(one).__name__ for one in results) == ["NoneType", "StaleVersion"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"ends": DAY - MONTH}, Invalid),
        ({"name": Text("", "x")}, Invalid),
        ({"ends": DAY + 60 * MONTH}, Invalid),
        ({"node_ids": (uuid.UUID(int=7),)}, NotFound),
    ],
)
def test_what_cannot_be_a_campaign_is_refused(promotion: Promotion, changes: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        promotion.campaign(**changes)


def test_only_headquarters_and_administrators_decide(promotion: Promotion) -> None:
    promotion.campaign(person="admin")
    for person in ("north_manager", "supervisor", "manager_a"):
        with pytest.raises(Forbidden):
            promotion.campaign(person=person, node_ids=(promotion.shop.company.nodes["store_a"],))


def test_everyone_sees_the_campaigns_of_their_part_and_no_other(promotion: Promotion, other_company: Company) -> None:
    nodes = promotion.shop.company.nodes
    north, south, all_ = (promotion.campaign(node_ids=(nodes[node],)) for node in ("north", "south", "root"))
    store = promotion.campaign(node_ids=(nodes["store_a"],))
    expected = {
        "hq": {north, south, all_, store}, "supervisor": {north, all_, store}, "manager_a": {north, all_, store},
        "manager_b": {north, all_}, "south_manager": {south, all_},
    }  # fmt: skip
    for person, wanted in expected.items():
        with promotion.parts.database.snapshot(promotion.shop.caller(person)) as session:
            seen = {id_ for id_ in (north, south, all_, store) if _can_get(session, id_)}
        assert seen == wanted, person
    with promotion.parts.database.snapshot(other_company.caller(promotion.parts, "hq")) as session:
        assert not _can_get(session, all_)


def _can_get(session: Any, id_: uuid.UUID) -> bool:
    try:
        service.get(session, id_)
    except NotFound:
        return False
    return True


def test_artwork_is_added_once_and_taken_out_without_forgetting(promotion: Promotion, shelf: Pixels) -> None:
    campaign, id_ = promotion.campaign(), new_id()
    promotion.artwork(campaign, id_=id_)
    promotion.artwork(campaign, id_=id_)
    assert promotion.shop.count(CampaignArtwork) == 1
    with pytest.raises(ContentDiffers):
        promotion.artwork(campaign, LAST_MONTHS, id_=id_)
    with pytest.raises(Conflict):
        promotion.artwork(campaign)
    promotion.visit(photo_of(shelf, ARTWORK))
    with promotion.parts.database.transaction(promotion.shop.caller("hq")) as session:
        service.remove_artwork(session, promotion.parts.clock.now(), campaign, id_)
    promotion.visit(photo_of(shelf, ARTWORK))
    assert promotion.shop.count(MaterialLook) == 1
    visit = promotion.shop.rows(Visit, order=Visit.id)[0]
    with promotion.parts.database.snapshot(promotion.shop.caller("supervisor")) as session:
        (photo,) = views.material_of_visit(session, str, visit.id)
        assert [one.found for one in photo.sightings] == [True]
        assert photo.sightings[0].campaign_name.en == "November"


def test_coverage_counts_stores_by_region(promotion: Promotion, shelf: Pixels) -> None:
    campaign = promotion.campaign(node_ids=(promotion.shop.company.nodes["root"],))
    promotion.artwork(campaign)
    promotion.visit(photo_of(shelf, None))
    with promotion.parts.database.snapshot(promotion.shop.caller("hq")) as session:
        seen = views.coverage(session, campaign)
    assert (seen.total.stores, seen.total.missing, seen.total.shown, seen.total.unknown) == (3, 1, 0, 2)
    by_name = {one.node.name.en: one for one in seen.regions if one.node.name}
    assert (by_name["north"].missing, by_name["south"].unknown) == (1, 1)
    assert seen.stores[0].state == "missing"
    promotion.shop.parts_clock_ticks(dt.timedelta(hours=1))
    promotion.visit(photo_of(shelf, ARTWORK))
    with promotion.parts.database.snapshot(promotion.shop.caller("supervisor")) as session:
        mine = views.coverage(session, campaign)
    assert (mine.total.stores, mine.total.shown, mine.total.unknown) == (2, 1, 1)
    assert msgspec.json.encode(mine)


def test_an_after_photo_closes_the_task_only_if_it_shows_the_poster(promotion: Promotion, shelf: Pixels) -> None:
    """The comparer of gaps would say "fixed" to every photo; a full shelf is no proof of a poster."""
    promotion.artwork(promotion.campaign())
    promotion.visit(photo_of(shelf, None))
    task = promotion.shop.one(Task, Task.checkpoint == MATERIAL)
    elsewhere = open_photo(render_shelf(12).jpeg).pixels  # another shot: the same one again would go to a person
    for content, state in ((photo_of(shelf, None), "open"), (photo_of(elsewhere, ARTWORK), "closed")):
        promotion.shop.after(task.id, content=content)
        promotion.shop.work()
        assert promotion.shop.one(Task, Task.id == task.id).state == state
    codes = [attempt.reasons for attempt in promotion.shop.rows(FixAttempt, order=FixAttempt.submitted_at)]
    assert codes == [("material_not_seen",), ("material_up",)]


def test_that_an_old_poster_is_gone_is_for_a_person_to_say(promotion: Promotion, shelf: Pixels) -> None:
    october = promotion.campaign(starts=DAY - 2 * MONTH, ends=DAY - MONTH)
    promotion.artwork(october)
    promotion.visit(photo_of(shelf, ARTWORK))
    task = promotion.shop.one(Task, Task.checkpoint == EXPIRED)
    for content, state in ((photo_of(shelf, ARTWORK), "open"), (photo_of(shelf, None), "in_review")):
        promotion.shop.after(task.id, content=content)
        promotion.shop.work()
        assert promotion.shop.one(Task, Task.id == task.id).state == state
