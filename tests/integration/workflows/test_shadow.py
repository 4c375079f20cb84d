"""A candidate looks on: differences are kept, findings are not touched, people go first."""

from typing import cast

import msgspec
import pytest

from core.jobs import Job
from core.paging import PageRequest
from core.parts import Parts
from reports.shadow import differing, shadow_report
from tests.builders import Company
from tests.integration.workflows.test_review import DOUBTFUL, DoubtingReader, see
from tests.integration.workflows.world import Shop
from vision.shelf import ShelfReader
from workflows.issues.model import Finding
from workflows.pipeline import SHADOW
from workflows.review.candidate import Candidate, difference
from workflows.review.model import ShadowLook
from workflows.review.shadowing import MOST_DELAYS
from workflows.visits.model import Photo


class Trainee(DoubtingReader):
    model = "trainee 2"


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def beside(shop: Shop, *scores: float, share: float = 1.0) -> list[int]:
    """Let a candidate look on that sees the first gaps of `DOUBTFUL`; how often it was loaded."""
    loads: list[int] = []

    def load() -> ShelfReader:
        loads.append(1)
        return cast("ShelfReader", Trainee(*scores))

    shop.tools = msgspec.structs.replace(shop.tools, candidate=Candidate("trainee", share, load))
    return loads


def later(shop: Shop) -> None:
    shop.parts_clock_ticks(SHADOW.after)
    shop.work()


def test_what_only_one_of_them_sees_is_kept(shop: Shop) -> None:
    loads = beside(shop, 0.9)
    photo_id = see(shop, 0.9, 0.9)
    findings = [(f.id, f.place, f.raises) for f in shop.rows(Finding)]
    assert loads == [], "it is loaded when it is needed"
    later(shop)
    look = shop.one(ShadowLook)
    assert (look.photo_id, look.current, look.candidate) == (photo_id, "doubting 1", "trainee 2")
    assert (look.differs, look.both, look.only_current, look.only_candidate) == (True, 1, (DOUBTFUL[1],), ())
    assert look.candidate_rate is not None
    assert look.current_rate is not None
    assert look.candidate_rate < look.current_rate
    assert [(f.id, f.place, f.raises) for f in shop.rows(Finding)] == findings
    see(shop, 0.9, 0.9)
    later(shop)
    assert loads == [1]


def test_where_they_agree_only_that_is_kept(shop: Shop) -> None:
    beside(shop, 0.5, 0.5)
    see(shop, 0.9, 0.9)
    later(shop)
    look = shop.one(ShadowLook)
    assert (look.differs, look.both, look.only_current, look.only_candidate) == (False, 2, (), ())


def test_without_a_candidate_or_outside_its_share_nothing_is_queued(shop: Shop) -> None:
    see(shop, 0.9)
    beside(shop, 0.9, share=0.0)
    see(shop, 0.9)
    assert shop.count(Job, Job.kind == SHADOW.kind) == 0


def test_a_shadow_that_was_ended_leaves_its_jobs_without_effect(shop: Shop) -> None:
    beside(shop, 0.9)
    see(shop, 0.9)
    shop.tools = msgspec.structs.replace(shop.tools, candidate=None)
    later(shop)
    assert shop.count(ShadowLook) == 0


def test_people_who_wait_go_first(shop: Shop) -> None:
    beside(shop, 0.9)
    see(shop, 0.9, 0.9)
    shop.parts_clock_ticks(SHADOW.after)
    waiting = shop.photo(shop.visit())
    shop.worker(queues=("details",)).run_one()
    assert shop.count(ShadowLook) == 0, "the older job stepped back"
    shop.worker(queues=("vision",)).run_one()
    assert shop.one(Photo, Photo.id == waiting).state == "analysed"
    for _ in range(4):
        shop.parts_clock_ticks(SHADOW.after * 3)
        shop.work()
    assert shop.count(ShadowLook) == 2


def test_a_sample_steps_back_only_so_often(shop: Shop) -> None:
    beside(shop, 0.9)
    see(shop, 0.9, 0.9)
    shop.parts_clock_ticks(SHADOW.after)
    shop.photo(shop.visit())
    for _ in range(MOST_DELAYS + 5):
        shadows = [job for job in shop.rows(Job, Job.kind == SHADOW.kind) if job.state == "ready"]
        for job in shadows:
            shop.worker().run_one(only=job.id)
        shop.parts_clock_ticks(SHADOW.after * 3)
    assert [job.state for job in shop.rows(Job, Job.kind == SHADOW.kind)] == ["done"] * (MOST_DELAYS + 1)
    assert shop.count(ShadowLook) == 0


def test_the_report_counts_and_shows_them(shop: Shop, parts: Parts, other_company: Company) -> None:
    beside(shop, 0.9)
    for scores in ((0.9, 0.9), (0.9,)):
        see(shop, *scores)
        later(shop)
    with parts.database.snapshot(shop.caller("hq")) as session:
        (line,) = shadow_report(session).items
        page = differing(session, lambda sha256: f"/{sha256}", PageRequest())
    assert (line.photos, line.differing, line.both, line.only_current, line.only_candidate) == (2, 1, 2, 1, 0)
    assert line.rate_moved is not None
    assert line.rate_moved > 0
    (shown,) = page.items
    assert shown.only_current == (DOUBTFUL[1],)
    assert shown.width == 64
    for stranger in (shop.caller("south_manager"), other_company.caller(parts, "hq")):
        with parts.database.snapshot(stranger) as session:
            assert shadow_report(session).items == ()
            assert differing(session, str, PageRequest()).items == ()


def test_each_slot_is_matched_once() -> None:
    wide, left, right = (0, 0, 20, 10), (0, 0, 11, 10), (100, 0, 110, 10)
    found = difference((wide, right), (left, left))
    assert (found.both, found.only_current, found.only_candidate) == (1, (right,), (left,))
    assert difference((), ()).both == 0
