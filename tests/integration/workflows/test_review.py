"""From a doubtful gap to a reviewer, and back into the loop: one issue for each store, checkpoint and visit."""

import datetime as dt
import uuid
from typing import Any, cast

import msgspec
import pytest
import sqlalchemy as sa

from core.caller import installation
from core.errors import Conflict, ContentDiffers, Forbidden, Invalid, NotFound, StaleVersion
from core.events import TrailEvent
from core.ids import new_id
from core.parts import Parts
from reports.agreement import agreement
from tests.builders import Company
from tests.integration.workflows.world import GAP, Shop, at_once
from vision import quality
from vision.geometry import Box
from vision.photo import Photo as Picture
from vision.quality import Quality
from vision.shelf import Gap, Row, ShelfReader, ShelfReading, oos_rate
from workflows.issues.model import Finding, Issue
from workflows.pipeline import SETTLE_REVIEW
from workflows.review import service, thresholds, views
from workflows.review.model import ReviewAnswer, ReviewBox, ReviewItem
from workflows.review.policy import BoxAnswer, Given, Thresholds
from workflows.review.views import NO_ROW, NOT_SURE
from workflows.tasks.model import Task
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo

DOUBTFUL: tuple[Box, ...] = ((2, 5, 12, 40), (20, 5, 30, 40))
YES, NO = Given((BoxAnswer("gap", 0), BoxAnswer("gap", 1))), Given((BoxAnswer("not_gap", 0), BoxAnswer("not_gap", 1)))


class DoubtingReader:
    """Sees two gaps that each score as told, on one row as wide as the photo (64 pixels), or on none (`row`)."""

    model, min_score = "doubting 1", 0.1

    def __init__(self, *scores: float, doubts: tuple[str, ...] = (), row: bool = True) -> None:
        self.scores, self.quality, self.row = scores, Quality(ok=not doubts, reasons=doubts), row

    def read(self, photo: Picture, min_score: float | None = None) -> ShelfReading:
        rows = (Row((0, 0, photo.width, photo.height), 0.9),) if self.row else ()
        gaps = tuple(
            Gap(box, score, 0 if self.row else None) for box, score in zip(DOUBTFUL, self.scores, strict=False)
        )
        return ShelfReading(photo.width, photo.height, self.quality, gaps, rows, oos_rate(gaps, rows), self.model, 1.0)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def show(shop: Shop, reader: DoubtingReader) -> None:
    shop.tools = msgspec.structs.replace(shop.tools, reader=cast("ShelfReader", reader))


def see(shop: Shop, *scores: float, visit_id: uuid.UUID | None = None, photo_id: uuid.UUID | None = None) -> uuid.UUID:
    """A photo of a visit on which gaps of these scores are seen; the photo's id."""
    show(shop, DoubtingReader(*scores))
    photo = shop.photo(visit_id or shop.visit(), **({"id": photo_id} if photo_id else {}))
    shop.work()
    return photo


def say(shop: Shop, given: Given, person: str = "supervisor", **changes: Any) -> ReviewItem:
    item = shop.rows(ReviewItem)[0]
    wanted = {"item_id": item.id, "answer_id": new_id(), "version": item.version, "given": given, **changes}
    with shop.parts.database.transaction(shop.caller(person)) as session:
        return service.answer(session, shop.parts.clock.now(), **wanted)


def take_back(shop: Shop, person: str = "supervisor") -> ReviewItem:
    item = shop.one(ReviewItem)
    with shop.parts.database.transaction(shop.caller(person)) as session:
        return service.undo(session, shop.parts.clock.now(), item.id, item.version)


def wait_and_work(shop: Shop) -> None:
    shop.parts_clock_ticks(SETTLE_REVIEW.after)
    shop.work()


def kinds(shop: Shop) -> list[str]:
    with shop.parts.database.snapshot(installation()) as session:
        return list(session.scalars(sa.select(TrailEvent.kind).order_by(TrailEvent.at, TrailEvent.id)))


def test_a_sure_gap_opens_its_issue_and_nobody_is_asked(shop: Shop) -> None:
    see(shop, 0.9, 0.9)
    assert shop.count(Issue) == 1
    assert shop.count(ReviewItem) == 0


def test_doubtful_gaps_open_nothing_but_ask(shop: Shop) -> None:
    photo_id = see(shop, 0.4, 0.5)
    assert shop.count(Issue) == 0
    item = shop.one(ReviewItem)
    assert (item.photo_id, item.reason, item.state, item.policy_number) == (photo_id, "doubtful", "waiting", 0)
    assert [(mark.box, mark.score, mark.asked) for mark in item.marks] == [
        (DOUBTFUL[0], 0.4, True), (DOUBTFUL[1], 0.5, True),
    ]  # fmt: skip
    (finding,) = shop.rows(Finding)
    assert (finding.raises, finding.place["outcome"]) == (False, "ask")
    assert "ReviewAsked" in kinds(shop)


def test_what_scores_low_is_dropped_and_kept_in_the_reading(shop: Shop) -> None:
    photo_id = see(shop, 0.2, 0.2)
    assert (shop.count(Issue), shop.count(ReviewItem)) == (0, 0)
    assert len((shop.one(Photo, Photo.id == photo_id).reading or {})["gaps"]) == 2
    assert shop.one(Finding).place["outcome"] == "drop"


def test_sure_gaps_on_a_photo_without_a_row_are_asked_and_a_confirmed_one_opens_an_issue(shop: Shop) -> None:
    visit_id = shop.visit()
    show(shop, DoubtingReader(0.9, 0.2, doubts=("no_shelf", "blurred"), row=False))
    shop.photo(visit_id)
    shop.work()
    assert shop.count(Issue) == 0
    assert [mark.asked for mark in shop.one(ReviewItem).marks] == [True, False]
    (question,) = questions(shop, visit_id)
    assert question.why == (NO_ROW, quality.REASONS["blurred"])
    say(shop, Given((BoxAnswer("gap", 0),)))
    wait_and_work(shop)
    assert shop.issue().checkpoint == GAP.code


def test_unsure_gaps_on_a_photo_without_a_row_ask_nobody(shop: Shop) -> None:
    show(shop, DoubtingReader(0.2, 0.29, doubts=("no_shelf",), row=False))
    shop.photo(shop.visit())
    shop.work()
    assert (shop.count(Issue), shop.count(ReviewItem)) == (0, 0)


def test_a_confirmed_gap_becomes_an_issue_with_a_task(shop: Shop) -> None:
    photo_id = see(shop, 0.4, 0.5)
    say(shop, YES)
    assert shop.work() == 0, "a moment is left to take it back"
    wait_and_work(shop)
    issue, task = shop.issue(), shop.task()
    assert (issue.checkpoint, task.issue_id) == (GAP.code, issue.id)
    findings = shop.rows(Finding)
    assert {(f.source, f.raises, f.issue_id) for f in findings} == {
        ("vision", False, issue.id), ("review", True, issue.id),
    }  # fmt: skip
    (told,) = [f for f in findings if f.source == "review"]
    assert told.place["boxes"] == [list(box) for box in DOUBTFUL]
    assert told.photo_id == photo_id
    assert "supervisor" in told.text.en
    assert shop.one(ReviewItem).settled_at is not None


def test_a_refused_gap_opens_nothing_and_the_model_s_word_stays(shop: Shop) -> None:
    photo_id = see(shop, 0.4, 0.5)
    before = shop.one(Photo, Photo.id == photo_id).reading
    say(shop, NO)
    wait_and_work(shop)
    assert shop.count(Issue) == 0
    assert shop.one(Photo, Photo.id == photo_id).reading == before
    assert {box.verdict for box in shop.rows(ReviewBox)} == {"not_gap"}
    assert {(box.model, box.score, box.agrees) for box in shop.rows(ReviewBox)} == {
        ("doubting 1", 0.4, False), ("doubting 1", 0.5, False),
    }  # fmt: skip


def test_an_answer_after_the_visit_is_sent_joins_the_one_issue_there_is(shop: Shop) -> None:
    visit_id = shop.visit()
    see(shop, 0.4, 0.5, visit_id=visit_id)
    shop.submit(visit_id, GAP.code)
    shop.work()
    issue = shop.issue()
    say(shop, YES)
    wait_and_work(shop)
    assert shop.issue().id == issue.id
    assert {f.issue_id for f in shop.rows(Finding, Finding.checkpoint == GAP.code)} == {issue.id}


def test_two_photos_of_a_visit_confirmed_one_after_the_other_make_one_issue(shop: Shop) -> None:
    visit_id = shop.visit()
    see(shop, 0.4, 0.5, visit_id=visit_id)
    see(shop, 0.4, 0.5, visit_id=visit_id)
    for item in shop.rows(ReviewItem):
        say(shop, YES, item_id=item.id, version=item.version)
        wait_and_work(shop)
    assert shop.count(Issue) == 1
    assert shop.count(Task) == 1


def test_a_person_knows_better_than_the_fix_s_first_photo(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, Given((BoxAnswer("not_gap", 0), BoxAnswer("adjusted", 1, (18, 5, 40, 40)))))
    wait_and_work(shop)
    show(shop, DoubtingReader())
    shop.after(shop.task().id)
    shop.work()
    assert shop.comparer.asked == [((18, 5, 40, 40),)]


def test_a_fix_is_not_compared_with_a_photo_on_which_a_person_found_nothing(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, NO)
    wait_and_work(shop)
    shop.photo(shop.one(ReviewItem).visit_id)
    show(shop, DoubtingReader(0.9, 0.9))
    shop.work()
    raised_it = shop.one(Finding, Finding.raises).photo_id
    shop.after(shop.task().id)
    shop.work()
    assert shop.one(FixAttempt).before_photo_id == raised_it
    assert len(shop.comparer.asked) == 1


def test_an_answer_taken_back_has_no_effect_and_stays_on_record(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, YES)
    undone = take_back(shop)
    wait_and_work(shop)
    assert (undone.state, undone.answer_id) == ("waiting", None)
    assert shop.count(Issue) == 0
    assert [(row.number, row.undoes is not None) for row in shop.rows(ReviewAnswer, order=ReviewAnswer.number)] == [
        (1, False), (2, True),
    ]  # fmt: skip
    assert kinds(shop).count("ReviewUndone") == 1
    say(shop, NO)
    wait_and_work(shop)
    assert shop.one(ReviewItem).settled_at is not None
    assert shop.count(Issue) == 0


def test_what_has_had_its_effect_is_answered_anew_instead_of_taken_back(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, NO)
    wait_and_work(shop)
    with pytest.raises(Conflict, match=r"review\.settled"):
        take_back(shop)
    say(shop, YES, person="north_manager")
    wait_and_work(shop)
    assert shop.count(Issue) == 1
    assert [row.by_name for row in shop.rows(ReviewAnswer, order=ReviewAnswer.number)] == [
        "supervisor",
        "north_manager",
    ]


def test_taking_back_the_second_answer_restores_the_first_with_what_it_brought_about(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    first = say(shop, YES)
    wait_and_work(shop)
    settled = shop.one(ReviewItem).settled_at
    say(shop, NO)
    back = take_back(shop)
    assert (back.state, back.answer_id, back.settled_at) == ("answered", first.answer_id, settled)
    wait_and_work(shop)
    assert shop.count(Finding, Finding.source == "review") == 1
    assert shop.count(Issue) == 1


def test_an_answer_that_was_replaced_before_its_effect_has_it_once_the_other_is_taken_back(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    first = say(shop, YES)
    say(shop, NO)
    assert take_back(shop).answer_id == first.answer_id
    wait_and_work(shop)
    assert shop.one(ReviewItem).settled_at is not None
    assert shop.count(Issue) == 1


def test_two_at_once_one_is_told_of_the_other_and_can_still_answer(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    results = at_once(lambda: say(shop, YES, version=1), lambda: say(shop, NO, person="north_manager", version=1))
    assert sorted(type(result).__name__ for result in results) == ["ReviewItem", "StaleVersion"]
    (refused,) = [result for result in results if isinstance(result, StaleVersion)]
    assert refused.extra["current_version"] == 2
    say(shop, NO, person="north_manager")
    assert shop.count(ReviewAnswer) == 2


def test_the_same_request_twice_is_one_answer(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    id_ = new_id()
    say(shop, YES, answer_id=id_)
    say(shop, YES, answer_id=id_, version=1)
    assert shop.count(ReviewAnswer) == 1
    with pytest.raises(ContentDiffers):
        say(shop, NO, answer_id=id_)


def test_an_answer_can_neither_be_changed_nor_deleted(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, YES)
    for table in (ReviewAnswer.__table__, ReviewBox.__table__):
        for words in (sa.update(table).values(id=table.c.id), sa.delete(table)):
            with (
                pytest.raises(sa.exc.DBAPIError, match="only ever added to"),
                shop.parts.database.engine.begin() as raw,
            ):
                raw.execute(words)


@pytest.mark.parametrize(
    ("person", "error"),
    [("manager_a", Forbidden), ("admin", Forbidden), ("south_supervisor", NotFound), ("south_manager", NotFound)],
)
def test_who_may_not_review(shop: Shop, person: str, error: type[Exception]) -> None:
    see(shop, 0.4, 0.5)
    with pytest.raises(error):
        say(shop, YES, person=person)


def test_another_company_s_question_is_not_there(shop: Shop, parts: Parts, other_company: Company) -> None:
    see(shop, 0.4, 0.5)
    item = shop.one(ReviewItem)
    stranger = other_company.caller(parts, "hq")
    with parts.database.transaction(stranger) as session, pytest.raises(NotFound):
        service.answer(session, parts.clock.now(), item.id, new_id(), 1, YES)


def test_an_answer_that_leaves_something_open_is_refused_whole(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    with pytest.raises(Invalid):
        say(shop, Given((BoxAnswer("gap", 0),)))
    assert shop.count(ReviewAnswer) == 0


def test_no_shelf_answers_every_box_at_once(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, Given(no_shelf=True))
    wait_and_work(shop)
    assert shop.count(Issue) == 0
    assert {(box.verdict, box.agrees) for box in shop.rows(ReviewBox)} == {("left", False)}
    assert shop.one(ReviewAnswer).complete


def set_policy(shop: Shop, number: int, *values: float, person: str = "hq") -> thresholds.Policy:
    with shop.parts.database.transaction(shop.caller(person)) as session:
        known = frozenset({GAP.code})
        return thresholds.change(session, shop.parts.clock.now(), GAP.code, number, Thresholds(*values), known)


def test_thresholds_are_the_company_s_and_hold_for_what_is_analysed_from_then_on(
    shop: Shop, parts: Parts, other_company: Company
) -> None:
    see(shop, 0.4, 0.5)
    assert set_policy(shop, 0, 0.1, 0.3, 0.0).number == 1
    assert set_policy(shop, 0, 0.1, 0.3, 0.0).number == 1, "the same request again"
    with pytest.raises(StaleVersion):
        set_policy(shop, 0, 0.2, 0.3, 0.0)
    assert shop.count(Issue) == 0
    see(shop, 0.4, 0.5)
    assert shop.count(Issue) == 1
    assert shop.count(ReviewItem) == 1
    with parts.database.snapshot(other_company.caller(parts, "hq")) as session:
        assert thresholds.current(session, GAP.code).number == 0
    assert kinds(shop).count("ReviewPolicyChanged") == 1


def test_a_share_of_the_sure_ones_is_asked_too(shop: Shop) -> None:
    set_policy(shop, 0, 0.3, 0.6, 1.0)
    see(shop, 0.9, 0.5)
    assert shop.count(Issue) == 1
    item = shop.one(ReviewItem)
    assert (item.reason, [mark.asked for mark in item.marks]) == ("sample", [True, True])
    say(shop, NO)
    wait_and_work(shop)
    (doubt,) = shop.rows(Finding, Finding.source == "review")
    assert (doubt.raises, doubt.issue_id) == (False, shop.issue().id), "told beside the issue, which people judge"


def test_the_agreement_is_counted_by_model_and_band_on_the_answers_that_hold(shop: Shop) -> None:
    for scores in ((0.4, 0.55), (0.42, 0.5)):
        see(shop, *scores)
    first, second = shop.rows(ReviewItem, order=ReviewItem.asked_at)
    say(shop, YES, item_id=first.id, version=1)
    say(shop, NO, item_id=second.id, version=1)
    say(shop, YES, item_id=second.id, version=2)
    more = Given((BoxAnswer("gap", 0), BoxAnswer("not_gap", 1), BoxAnswer("missed", None, (40, 5, 50, 40))))
    say(shop, more, item_id=first.id, version=2)
    with shop.parts.database.snapshot(shop.caller("hq")) as session:
        (model,) = agreement(session).models
    assert (model.model, model.asked, model.right, model.missed) == ("doubting 1", 4, 3, 1)
    assert [(band.low, band.asked, band.right) for band in model.bands] == [(0.4, 2, 2), (0.5, 2, 1)]
    assert model.bands[1].mean_score == pytest.approx(0.525)
    assert model.bands[1].share_low < 0.5 < model.bands[1].share_high


def test_an_undone_answer_is_not_counted(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, YES)
    take_back(shop)
    with shop.parts.database.snapshot(shop.caller("hq")) as session:
        assert agreement(session).models == ()


def test_a_photo_analysed_twice_is_asked_once(shop: Shop) -> None:
    photo_id = see(shop, 0.4, 0.5)
    shop.parts_clock_ticks(dt.timedelta(minutes=1))
    shop.work()
    assert shop.one(ReviewItem).photo_id == photo_id


def test_the_visit_tells_that_a_photo_waits_for_a_person_and_why(shop: Shop) -> None:
    visit_id = shop.visit()
    photo_id = see(shop, 0.4, 0.5, visit_id=visit_id)
    (question,) = questions(shop, visit_id)
    assert (question.photo_id, question.checkpoint, question.why) == (photo_id, GAP.code, (NOT_SURE,))
    say(shop, NO)
    assert questions(shop, visit_id) == ()


def test_a_question_about_a_bad_photo_tells_what_is_wrong_with_it(shop: Shop) -> None:
    visit_id = shop.visit()
    show(shop, DoubtingReader(0.9, 0.9, doubts=("too_small", "tilted")))
    shop.photo(visit_id)
    shop.work()
    (question,) = questions(shop, visit_id)
    assert question.why == (quality.REASONS["too_small"],), "a tilted phone alone asks nobody"


def test_a_sample_holds_nothing_up_and_is_no_open_question(shop: Shop) -> None:
    set_policy(shop, 0, 0.3, 0.6, 1.0)
    visit_id = shop.visit()
    see(shop, 0.9, 0.9, visit_id=visit_id)
    assert shop.one(ReviewItem).reason == "sample"
    assert questions(shop, visit_id) == ()


def questions(shop: Shop, visit_id: uuid.UUID) -> tuple[views.Question, ...]:
    with shop.parts.database.snapshot(shop.caller("supervisor")) as session:
        return views.open_questions(session, visit_id)
