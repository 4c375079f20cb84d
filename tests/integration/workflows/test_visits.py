"""A visit is made once, sent once, and whoever does it twice hears the same or why not."""

import datetime as dt
import time
import uuid

import pytest

from checklists.answers import Answer
from checklists.built_in import FULL
from checklists.scoring import TOTAL_CAP
from core.errors import Conflict, ContentDiffers, Invalid, NotFound, StorepatrolError
from core.events import TrailEvent
from core.ids import new_id
from core.jobs import Job
from tests.builders import Company
from tests.integration.workflows.world import GAP, Shop, answer_to, at_once
from vision.quality import REASONS, Quality
from workflows.issues.model import Finding
from workflows.visits import service
from workflows.visits.model import Answer as AnswerRow
from workflows.visits.model import Visit
from workflows.visits.views import VisitDetail, visit_detail


def put(shop: Shop, visit_id: uuid.UUID, new: service.NewVisit, person: str = "supervisor") -> bool:
    with shop.parts.database.transaction(shop.caller(person)) as session:
        return service.put(session, shop.parts.clock.now(), visit_id, new)[1]


def photos_of(shop: Shop, visit_id: uuid.UUID) -> VisitDetail:
    with shop.parts.database.snapshot(shop.caller("supervisor")) as session:
        return visit_detail(session, service.get(session, visit_id), lambda sha256: sha256)


class TestAdvice:
    """Only what helps to take a better photo of what was to be shown."""

    def told(self, shop: Shop, item_id: str | None, *reasons: str) -> list[str]:
        shop.reader.quality = Quality(not reasons, reasons)
        visit_id = shop.visit()
        shop.photo(visit_id, item_id=item_id)
        shop.work()
        (photo,) = photos_of(shop, visit_id).photos
        return [text.en for text in photo.advice]

    def test_a_bad_photo_of_a_shelf_says_how_to_take_a_better_one(self, shop: Shop) -> None:
        shelf = next(item.id for item in shop.items if item.sees == "gap")
        assert self.told(shop, shelf, "blurred", "no_shelf") == [REASONS["blurred"].en, REASONS["no_shelf"].en]
        assert self.told(shop, shelf) == []

    def test_nobody_is_told_that_another_photo_shows_no_shelf(self, shop: Shop) -> None:
        other = next(item.id for item in shop.items if item.sees is None)
        assert self.told(shop, other, "no_shelf", "dark") == [REASONS["dark"].en]


def test_the_same_visit_again_is_the_same_visit(shop: Shop) -> None:
    visit_id, new = new_id(), shop.new_visit()
    assert [put(shop, visit_id, new) for _ in range(3)] == [True, False, False]
    assert shop.count(Visit) == 1
    assert shop.count(TrailEvent, TrailEvent.kind == "VisitCreated") == 1


def test_the_same_id_with_other_content_is_refused(shop: Shop) -> None:
    visit_id = new_id()
    put(shop, visit_id, shop.new_visit())
    with pytest.raises(ContentDiffers) as refused:
        put(shop, visit_id, shop.new_visit(store="store_b"))
    assert refused.value.code == "visit.content_differs"


def test_an_id_of_another_company_is_taken_and_tells_nothing(shop: Shop, other_company: Company) -> None:
    other = Shop(shop.parts, other_company)
    visit_id = other.visit()
    with pytest.raises(ContentDiffers):
        put(shop, visit_id, shop.new_visit())


def test_a_phone_that_sends_twice_at_once_makes_one_visit(shop: Shop) -> None:
    visit_id, new = new_id(), shop.new_visit()
    made = at_once(*[lambda: put(shop, visit_id, new)] * 4)
    assert sorted(map(str, made)) == ["False", "False", "False", "True"]
    assert shop.count(TrailEvent, TrailEvent.kind == "VisitCreated") == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"store": "store_c"}, "store.not_found"),  # of another region
        ({"store": "north"}, "visit.not_a_store"),
        ({"checklist_version_id": uuid.uuid4()}, "checklist_version.not_found"),
        ({"supervisor_id": uuid.uuid4()}, "person.not_found"),
    ],
)
def test_a_visit_that_cannot_be_is_refused_by_name(shop: Shop, changes: dict[str, object], code: str) -> None:
    with pytest.raises(StorepatrolError) as refused:
        put(shop, new_id(), shop.new_visit(**changes))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_a_visit_may_be_planned_for_somebody_else(shop: Shop) -> None:
    visit_id = new_id()
    tomorrow = shop.parts.clock.now() + dt.timedelta(days=1)
    supervisor = shop.company.people["supervisor"]
    new = shop.new_visit(started_at=None, planned_for=tomorrow, supervisor_id=supervisor)
    put(shop, visit_id, new, "north_manager")
    visit = shop.one(Visit)
    assert (visit.state, visit.planned_for, visit.supervisor_id) == ("planned", tomorrow, supervisor)
    shop.submit(visit_id)
    assert shop.one(Visit).state == "submitted"


def test_sending_keeps_every_answer_and_finds_what_failed(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.submit(visit_id, GAP.code)
    visit = shop.one(Visit)
    assert visit.state == "submitted"
    assert visit.score is not None
    assert 0 < visit.score < 100
    assert shop.count(AnswerRow) == len(shop.items)
    assert shop.one(Finding).checkpoint == GAP.code
    event = shop.one(TrailEvent, TrailEvent.kind == "VisitSubmitted")
    assert (event.state_from, event.state_to) == ("in_progress", "submitted")
    assert event.data["failed"] == [GAP.code]
    assert shop.count(Job, Job.kind == "raise_issues") == 1


def detail(shop: Shop, visit_id: uuid.UUID) -> VisitDetail:
    with shop.parts.database.snapshot(shop.caller("supervisor")) as session:
        return visit_detail(session, service.get(session, visit_id), lambda sha256: sha256)


def test_a_sent_visit_tells_why_its_score_stops_where_it_does(shop: Shop) -> None:
    shop = Shop(shop.parts, shop.company, FULL)
    visit_id = shop.visit()
    assert detail(shop, visit_id).scoring is None, "nothing is scored before it is sent"
    critical = next(item for item in shop.items if item.severity == "critical")
    shop.submit(visit_id, critical.checkpoint)
    shown = detail(shop, visit_id)
    assert shown.scoring is not None
    assert shown.score == shown.scoring.total == TOTAL_CAP
    assert (shown.scoring.earned or 0) > TOTAL_CAP
    assert shown.scoring.critical_failures == (critical.title,)
    failed = {part.dimension for part in shown.scoring.dimensions if part.failed}
    assert failed == {critical.dimension}


def test_the_same_visit_sent_again_changes_nothing(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.submit(visit_id, GAP.code)
    before = shop.one(Visit)
    shop.parts_clock_ticks()
    shop.submit(visit_id, GAP.code)
    after = shop.one(Visit)
    assert (after.submitted_at, after.version) == (before.submitted_at, before.version)
    assert shop.count(TrailEvent, TrailEvent.kind == "VisitSubmitted") == 1
    assert shop.count(Job, Job.kind == "raise_issues") == 1


def test_a_visit_sent_again_with_other_content_is_refused_and_stays(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.submit(visit_id, GAP.code)
    with pytest.raises(Conflict) as refused:
        shop.submit(visit_id)
    assert refused.value.code == "visit.already_submitted"
    assert shop.count(Finding) == 1


def test_an_answer_to_an_item_the_version_does_not_have_is_named(shop: Shop) -> None:
    visit_id = shop.visit()
    strange = service.Submission((*shop.answers(), Answer("no.such_item", value=True)))
    with pytest.raises(Invalid) as refused, shop.parts.database.transaction(shop.caller("supervisor")) as session:
        service.submit(session, shop.parts.clock.now(), visit_id, strange)
    assert refused.value.code == "visit.item_unknown"
    assert refused.value.extra["item_id"] == "no.such_item"
    assert shop.one(Visit).state == "in_progress"
    assert shop.count(AnswerRow) == 0


def test_two_people_who_press_the_button_at_once_send_one_visit(shop: Shop) -> None:
    visit_id = shop.visit()

    def send(person: str) -> None:
        shop.submit(visit_id, GAP.code, person=person)

    assert (
        at_once(*(lambda person=person: send(person) for person in ("supervisor", "north_manager", "hq"))) == [None] * 3
    )  # type: ignore[misc]
    assert shop.count(TrailEvent, TrailEvent.kind == "VisitSubmitted") == 1
    assert shop.count(AnswerRow) == len(shop.items)
    assert shop.count(Job, Job.kind == "raise_issues") == 1


def test_of_two_who_send_different_answers_at_once_one_hears_that_it_is_too_late(shop: Shop) -> None:
    visit_id = shop.visit()
    first, second = at_once(lambda: shop.submit(visit_id, GAP.code), lambda: shop.submit(visit_id))
    refused = [one for one in (first, second) if one is not None]
    assert [getattr(one, "code", one) for one in refused] == ["visit.already_submitted"]
    assert shop.count(AnswerRow) == len(shop.items)


def test_who_looked_before_somebody_else_sent_it_sees_that_when_sending(shop: Shop) -> None:
    """A row read before the lock was taken must not be believed after it."""
    visit_id = shop.visit()
    if shop.parts.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time; nobody can come between")
    with shop.parts.database.transaction(shop.caller("supervisor")) as session:
        mine = service.get(session, visit_id)
        assert mine.state == "in_progress"
        shop.submit(visit_id, GAP.code, person="hq")
        same = service.Submission(answers=shop.answers(GAP.code))
        assert service.submit(session, shop.parts.clock.now(), visit_id, same) is mine
        assert mine.state == "submitted"
    assert shop.count(AnswerRow) == len(shop.items)


def test_nobody_sees_or_sends_a_visit_of_another_region(shop: Shop) -> None:
    visit_id = shop.visit()
    with pytest.raises(NotFound):
        shop.submit(visit_id, person="south_supervisor")


def test_thirty_answers_are_sent_fast(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints how long the server takes; the benchmark holds the promise, a busy test machine cannot."""
    from checklists import service as checklists
    from checklists.built_in import FULL

    version_id = uuid.uuid5(shop.company.id, f"checklist/{FULL.key}/1")
    with shop.parts.database.snapshot(shop.company.system()) as session:
        items = checklists.get(session, version_id).content.items
    answers = tuple(Answer(item.id, answer_to(item, good=n % 3 > 0)) for n, item in enumerate(items))
    took = []
    for _ in range(3):
        visit_id = new_id()
        put(shop, visit_id, shop.new_visit(checklist_version_id=version_id))
        began = time.perf_counter()
        with shop.parts.database.transaction(shop.caller("supervisor")) as session:
            service.submit(session, shop.parts.clock.now(), visit_id, service.Submission(answers))
        took.append(time.perf_counter() - began)
    kind = shop.parts.database.engine.dialect.name
    with capsys.disabled():
        print(f"\n{kind}: {len(answers)} answers stored, scored and recorded in {min(took) * 1000:.0f} ms")  # noqa: T201
    assert shop.count(AnswerRow) == 3 * len(answers)
