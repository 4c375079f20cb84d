"""What people put right in a voice note takes effect: issues come, go, stay, and come back."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import Conflict, ContentDiffers, Forbidden, NotFound, StaleVersion
from core.events import TrailEvent
from core.ids import new_id
from core.jobs import Job
from tests.builders import Company
from tests.integration.workflows.test_media_limits import with_a_mortal_decoder, work_for_hours
from tests.integration.workflows.world import LIBRARY, Shop, at_once, told
from workflows import desk
from workflows.issues.model import Finding, Issue
from workflows.notes import service
from workflows.notes.model import NoteCorrection, NoteReading
from workflows.notes.standing import Standing, standing_of
from workflows.tasks.model import Task
from workflows.tasks.service import start
from workflows.visits.model import VoiceNote

WET = "The floor is wet"
EMPTY = "Cola is out of stock"
FINE = "The floor is dry"
UNSURE = "货假缺火"
"""Misheard: found by its sound, below the line."""
FLOOR, STOCK = "safety.slip", "availability.on_shelf"


def note(shop: Shop, text: str) -> uuid.UUID:
    note_id = shop.note(shop.visit(), text)
    shop.work()
    return note_id


def standing(shop: Shop, note_id: uuid.UUID) -> Standing:
    with shop.parts.database.snapshot(shop.company.system()) as session:
        return standing_of(session, session.get_one(VoiceNote, note_id))


def correct(
    shop: Shop, note_id: uuid.UUID, text: str, person: str = "supervisor", *, id_: uuid.UUID | None = None,
    version: int | None = None, work: bool = True,
) -> None:  # fmt: skip
    version = standing(shop, note_id).version if version is None else version
    with shop.parts.database.transaction(shop.caller(person)) as session:
        service.correct_text(session, shop.parts.clock.now(), note_id, id_ or new_id(), version, text)
    if work:
        shop.work()


def say(
    shop: Shop, note_id: uuid.UUID, verdict: Any, checkpoint: str | None = None, person: str = "supervisor",
    *, polarity: Any = None, id_: uuid.UUID | None = None, version: int | None = None,
    proposal_id: uuid.UUID | None = None,
) -> None:  # fmt: skip
    now = standing(shop, note_id)
    proposal_id = proposal_id or now.reading.proposals[0].id
    version = now.version if version is None else version
    with shop.parts.database.transaction(shop.caller(person)) as session:
        service.answer(
            session, shop.parts.clock.now(), note_id, id_ or new_id(), version, proposal_id, verdict, checkpoint,
            polarity, LIBRARY,
        )  # fmt: skip
    shop.work()


def open_issues(shop: Shop) -> set[str]:
    return {issue.checkpoint for issue in shop.rows(Issue, Issue.state == "open")}


def kinds(shop: Shop, subject_id: uuid.UUID) -> list[str]:
    events = shop.rows(TrailEvent, TrailEvent.subject_id == subject_id, order=TrailEvent.id)
    return [event.kind for event in events]


def test_a_corrected_text_is_read_anew_and_the_heard_one_stays(shop: Shop) -> None:
    note_id = note(shop, WET)
    assert open_issues(shop) == {FLOOR}
    correct(shop, note_id, EMPTY)
    assert open_issues(shop) == {STOCK}
    now = standing(shop, note_id)
    assert (now.text, now.heard and now.heard.transcript.text) == (EMPTY, WET)
    assert (now.version, now.corrected_by, now.rereading) == (1, "supervisor", False)
    (kept,) = shop.rows(NoteCorrection)
    assert (kept.text_before, kept.text, kept.by_name) == (WET, EMPTY, "supervisor")


def test_an_issue_that_only_the_withdrawn_finding_raised_is_closed_with_a_reason_and_its_owner_is_told(
    shop: Shop,
) -> None:
    note_id = note(shop, WET)
    issue, task = shop.issue(), shop.task()
    correct(shop, note_id, "All is well")
    issue, task = shop.one(Issue, Issue.id == issue.id), shop.one(Task, Task.id == task.id)
    assert (issue.state, task.state) == ("closed", "closed")
    assert issue.withdrawn_at is not None
    assert task.next_escalation_at is None
    assert kinds(shop, issue.id) == ["IssueOpened", "IssueWithdrawn"]
    (event,) = shop.rows(TrailEvent, TrailEvent.kind == "IssueWithdrawn")
    assert event.why is not None
    assert "supervisor corrected the transcript" in event.why.en
    assert told(shop, "TaskWithdrawn") == {"manager_a"}


def test_an_issue_somebody_works_on_stays_and_says_so(shop: Shop) -> None:
    note_id = note(shop, WET)
    task = shop.task()
    with shop.parts.database.transaction(shop.caller("manager_a")) as session:
        start(session, shop.parts.clock.now(), task.id, task.version)
    correct(shop, note_id, "All is well")
    assert (shop.issue().state, shop.task().state) == ("open", "open")
    (event,) = shop.rows(TrailEvent, TrailEvent.kind == "FindingsWithdrawn")
    assert event.why is not None
    assert "somebody works on it" in event.why.en


def test_an_issue_that_something_else_raises_stays(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    note_id = shop.note(visit_id, EMPTY)
    shop.work()
    correct(shop, note_id, "All is well")
    assert open_issues(shop) == {STOCK}
    assert kinds(shop, shop.issue().id)[-1] == "FindingsWithdrawn"


def test_a_word_put_right_elsewhere_leaves_an_issue_alone(shop: Shop) -> None:
    note_id = note(shop, f"Helo. {WET}")
    before = shop.one(Finding)
    correct(shop, note_id, f"Hello. {WET}")
    assert shop.one(Finding).id == before.id
    assert kinds(shop, shop.issue().id) == ["IssueOpened"]


def test_the_same_thing_in_other_words_keeps_the_issue_open_throughout(shop: Shop) -> None:
    note_id = note(shop, WET)
    correct(shop, note_id, "The floor is slippery")
    assert shop.issue().state == "open"
    assert kinds(shop, shop.issue().id) == ["IssueOpened"]
    finding = shop.one(Finding)
    assert (finding.issue_id, finding.withdrawn_at) == (shop.issue().id, None)
    assert finding.text.en == "Said: “The floor is slippery”"


def test_a_typo_put_right_inside_a_confirmed_statement_leaves_it_confirmed(shop: Shop) -> None:
    note_id = note(shop, f"Helo. {WET} near the dor")
    say(shop, note_id, "yes")
    correct(shop, note_id, f"Hello. {WET} near the door")
    assert [said.verdict for said in standing(shop, note_id).answers.values()] == ["yes"]
    assert kinds(shop, shop.issue().id) == ["IssueOpened"]
    said = {finding.text.en for finding in shop.rows(Finding)}
    assert said == {f"Said: “{WET} near the door”", f"supervisor confirms: “{WET} near the door”"}


def test_a_typo_put_right_inside_a_refused_statement_leaves_it_refused(shop: Shop) -> None:
    note_id = note(shop, f"{WET} indead")
    say(shop, note_id, "no")
    correct(shop, note_id, f"{WET} indeed")
    assert open_issues(shop) == set()


def test_what_a_person_refused_is_asked_again_when_something_else_is_said_in_its_place(shop: Shop) -> None:
    note_id = note(shop, "Shelf 3 is out of stock")
    say(shop, note_id, "no")
    correct(shop, note_id, "Shelf 14 is out of stock")
    assert standing(shop, note_id).answers == {}
    assert open_issues(shop) == {STOCK}


def test_a_statement_that_became_worse_makes_its_issue_worse(shop: Shop) -> None:
    note_id = note(shop, "The floor is slightly wet")
    before = shop.issue().severity
    correct(shop, note_id, "The floor is dangerously wet")
    assert (before, shop.issue().severity) == ("minor", "critical")
    assert kinds(shop, shop.issue().id) == ["IssueOpened", "IssueWorsened"]


def test_what_was_withdrawn_comes_back_with_its_task_and_the_whole_time(shop: Shop) -> None:
    note_id = note(shop, WET)
    due = shop.task().due_at - shop.task().created_at
    correct(shop, note_id, "All is well")
    shop.parts_clock_ticks(due * 3)
    correct(shop, note_id, WET)
    issue, task = shop.issue(), shop.task()
    assert (issue.state, issue.withdrawn_at, task.state) == ("open", None, "open")
    assert task.next_escalation_at == task.due_at == shop.parts.clock.now() + due
    assert kinds(shop, task.id)[-2:] == ["TaskWithdrawn", "TaskReopened"]


def test_below_the_line_nothing_opens_until_a_person_says_yes(shop: Shop) -> None:
    note_id = note(shop, UNSURE)
    assert [one.confidence < 0.6 for one in standing(shop, note_id).reading.proposals] == [True]
    assert shop.count(Issue) == 0
    say(shop, note_id, "yes")
    assert open_issues(shop) == {STOCK}
    sources = {finding.source for finding in shop.rows(Finding, Finding.issue_id == shop.issue().id)}
    assert sources == {"speech", "review"}
    assert told(shop, "TaskAssigned") == {"manager_a"}


def test_no_withdraws_and_yes_brings_back(shop: Shop) -> None:
    note_id = note(shop, WET)
    say(shop, note_id, "no")
    assert open_issues(shop) == set()
    say(shop, note_id, "yes", person="north_manager")
    assert open_issues(shop) == {FLOOR}
    assert [kept.verdict for kept in shop.rows(NoteCorrection, order=NoteCorrection.number)] == ["no", "yes"]


def test_another_checkpoint_moves_the_problem_there(shop: Shop) -> None:
    note_id = note(shop, WET)
    say(shop, note_id, "other", STOCK)
    assert open_issues(shop) == {STOCK}
    finding = shop.one(Finding, Finding.withdrawn_at.is_(None))
    assert (finding.checkpoint, finding.dimension, finding.source) == (STOCK, "availability", "review")


def test_what_was_heard_as_fine_opens_an_issue_when_a_person_says_that_it_is_a_problem(shop: Shop) -> None:
    note_id = note(shop, FINE)
    assert [one.polarity for one in standing(shop, note_id).reading.proposals] == ["ok"]
    assert shop.count(Finding) == 0
    say(shop, note_id, "other", polarity="problem")
    assert open_issues(shop) == {FLOOR}
    finding = shop.one(Finding)
    assert (finding.source, finding.severity) == ("review", LIBRARY.checkpoints[FLOOR].severity)
    say(shop, note_id, "yes")
    assert open_issues(shop) == set()


def test_what_was_heard_as_a_problem_is_withdrawn_when_a_person_says_that_it_is_fine(shop: Shop) -> None:
    note_id = note(shop, WET)
    say(shop, note_id, "other", polarity="ok")
    assert open_issues(shop) == set()
    (event,) = shop.rows(TrailEvent, TrailEvent.kind == "IssueWithdrawn")
    assert event.why is not None
    assert "it is fine" in event.why.en
    assert [kept.polarity for kept in shop.rows(NoteCorrection)] == ["ok"]


def test_every_verdict_carries_whether_it_is_a_problem(shop: Shop) -> None:
    note_id = note(shop, WET)
    for verdict, more in [("yes", {}), ("no", {}), ("other", {"checkpoint": STOCK})]:
        say(shop, note_id, verdict, **more)
    rows = shop.rows(NoteCorrection, order=NoteCorrection.number)
    assert [kept.polarity for kept in rows] == ["problem", None, "problem"]


def test_an_answer_outlives_a_correction_elsewhere(shop: Shop) -> None:
    note_id = note(shop, f"Helo. {WET}")
    say(shop, note_id, "no")
    correct(shop, note_id, f"Hello. {WET}")
    assert open_issues(shop) == set()
    assert len(standing(shop, note_id).answers) == 1


def test_the_same_request_twice_is_one_correction(shop: Shop) -> None:
    note_id, id_ = note(shop, WET), new_id()
    for _ in range(2):
        correct(shop, note_id, EMPTY, id_=id_, version=0)
    assert shop.count(NoteCorrection) == shop.count(NoteReading) == 1
    with pytest.raises(ContentDiffers, match=r"note\.content_differs"):
        correct(shop, note_id, "something else", id_=id_, version=1)
    answer_id = new_id()
    for _ in range(2):
        say(shop, note_id, "no", id_=answer_id, version=1)
    assert shop.count(NoteCorrection) == 2


def test_of_two_people_at_once_the_second_is_told(shop: Shop) -> None:
    note_id = note(shop, WET)
    results = at_once(
        lambda: correct(shop, note_id, "one", version=0, work=False),
        lambda: correct(shop, note_id, "two", "hq", version=0, work=False),
    )
    (lost,) = [result for result in results if result is not None]
    assert isinstance(lost, StaleVersion)
    assert lost.extra["current_version"] == 1


def test_only_the_latest_of_two_texts_is_read(shop: Shop) -> None:
    note_id = note(shop, WET)
    correct(shop, note_id, EMPTY, work=False)
    correct(shop, note_id, "All is well")
    assert shop.count(NoteReading) == 1
    assert open_issues(shop) == set()
    assert shop.count(Issue, Issue.checkpoint == STOCK) == 0


def test_an_answer_to_what_was_read_anew_meanwhile_is_refused(shop: Shop) -> None:
    note_id = note(shop, WET)
    gone = standing(shop, note_id).reading.proposals[0].id
    correct(shop, note_id, EMPTY)
    with pytest.raises(StaleVersion):
        say(shop, note_id, "yes", proposal_id=gone)


def test_a_note_that_is_still_listened_to_cannot_be_corrected(shop: Shop) -> None:
    note_id = shop.note(shop.visit(), WET)
    with pytest.raises(Conflict, match=r"note\.not_heard"):
        correct(shop, note_id, EMPTY)


def test_what_cannot_be_heard_can_be_written_down(shop: Shop) -> None:
    note_id = note(shop, "!noise")
    correct(shop, note_id, WET)
    assert open_issues(shop) == {FLOOR}


def unheard(shop: Shop) -> uuid.UUID:
    """A note whose recording the worker gave up on."""
    with_a_mortal_decoder(shop, shop.parts.settings.job_attempts)
    note_id = shop.note(shop.visit(), EMPTY)
    work_for_hours(shop)
    return note_id


@pytest.mark.parametrize("said", ["!noise", ""])
def test_what_a_person_types_for_a_note_without_words_is_marked_as_typed(shop: Shop, said: str) -> None:
    note_id = note(shop, said)
    correct(shop, note_id, WET)
    assert standing(shop, note_id).typed
    finding = shop.one(Finding)
    assert (finding.text.en, finding.place["typed"]) == (f"Typed: “{WET}”", True)


def test_a_note_that_was_given_up_can_be_typed_and_is_read_like_any_other(shop: Shop) -> None:
    note_id = unheard(shop)
    given_up = shop.one(VoiceNote)
    assert given_up.problem is not None
    assert (given_up.state, "type what was said" in given_up.problem.en) == ("failed", True)
    correct(shop, note_id, WET)
    assert open_issues(shop) == {FLOOR}
    assert standing(shop, note_id).typed
    say(shop, note_id, "no")
    assert open_issues(shop) == set()


def test_a_typed_note_that_is_heard_after_all_keeps_the_words_of_its_author(shop: Shop) -> None:
    note_id = unheard(shop)
    correct(shop, note_id, WET)
    (dead,) = shop.rows(Job, Job.state == "dead")
    with shop.parts.database.transaction(shop.caller("admin")) as session:
        desk.rerun(session, shop.parts.clock.now(), dead.id, dead.version)
    correct(shop, note_id, f"{WET} here", work=False)  # it is being listened to again: that holds up nobody
    shop.work()
    now = standing(shop, note_id)
    assert (now.text, now.typed, now.heard and now.heard.transcript.text) == (f"{WET} here", False, EMPTY)
    assert open_issues(shop) == {FLOOR}


@pytest.mark.parametrize(
    ("person", "error"),
    [("hq", None), ("north_manager", None), ("manager_a", Forbidden), ("south_supervisor", NotFound)],
)
def test_who_may_correct(shop: Shop, person: str, error: type[Exception] | None) -> None:
    note_id = note(shop, WET)
    if error is None:
        correct(shop, note_id, EMPTY, person)
        assert shop.one(NoteCorrection).by_name == person
        return
    with pytest.raises(error):
        correct(shop, note_id, EMPTY, person)
    assert shop.count(NoteCorrection) == 0


def test_another_company_finds_no_note(shop: Shop, other_company: Company) -> None:
    note_id = note(shop, WET)
    caller = other_company.caller(shop.parts, "hq")
    with pytest.raises(NotFound), shop.parts.database.transaction(caller) as session:
        service.correct_text(session, shop.parts.clock.now(), note_id, new_id(), 0, EMPTY)


@pytest.mark.parametrize("table", ["note_correction", "note_reading"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET note_id = note_id", "DELETE FROM {}"])
def test_what_was_said_cannot_be_changed_even_by_sql(shop: Shop, table: str, statement: str) -> None:
    correct(shop, note(shop, WET), EMPTY)
    with pytest.raises(sa.exc.IntegrityError, match="only ever added to"), shop.parts.database.engine.begin() as raw:
        raw.exec_driver_sql(statement.format(table))


def test_a_task_is_not_made_for_an_issue_that_was_withdrawn_first(shop: Shop) -> None:
    note_id = shop.note(shop.visit(), WET)
    worker = shop.worker()
    while not shop.count(Issue):
        worker.run_one()
    say(shop, note_id, "no")
    assert shop.count(Task) == 0
    say(shop, note_id, "yes")
    assert shop.count(Task) == 1
