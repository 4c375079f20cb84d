"""From what people and models observe to one issue, one task, one message."""

import datetime as dt

import sqlalchemy as sa

from core.caller import installation
from core.events import TrailEvent
from core.jobs import Job
from core.org import Membership, Person
from tests.builders import Company
from tests.integration.workflows.world import GAP, HOUR, SLA, FakeReader, Shop, make_tools
from workflows.issues.model import Finding, Issue
from workflows.notify.model import Notification
from workflows.tasks.model import Task
from workflows.tasks.policy import SEVERITIES
from workflows.tasks.service import LOOK_AGAIN
from workflows.visits.model import Photo, VoiceNote

OTHER = "availability.key_items"


def names(shop: Shop, ids: set[object]) -> set[str]:
    return {name for name, id_ in shop.company.people.items() if id_ in ids}


def told(shop: Shop, kind: str) -> set[str]:
    return names(shop, {message.person_id for message in shop.rows(Notification, Notification.kind == kind)})


def dismiss(shop: Shop, *people: str) -> None:
    """They leave the company."""
    with shop.parts.database.transaction(installation()) as session:
        ids = [shop.company.people[person] for person in people]
        session.execute(sa.update(Person).where(Person.id.in_(ids)).values(active=False))


def test_a_photo_with_gaps_becomes_a_task_of_the_store_manager(shop: Shop) -> None:
    task = shop.open_task()
    assert names(shop, {task.owner_id}) == {"manager_a"}
    assert task.due_at == shop.parts.clock.now() + SLA.of(GAP.severity)
    assert task.next_escalation_at == task.due_at
    assert task.fix == GAP.fix
    assert told(shop, "TaskAssigned") == {"manager_a"}
    finding = shop.one(Finding)
    assert (finding.source, finding.model, finding.issue_id) == ("vision", FakeReader.model, task.issue_id)
    assert finding.place["boxes"] == [[0, 5, 8, 20], [10, 5, 18, 20]]


def test_what_photo_note_and_answer_say_of_one_thing_is_one_issue(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id)
    shop.photo(visit_id)
    shop.note(visit_id, "Cola is out of stock")
    shop.submit(visit_id, GAP.code, OTHER)
    shop.work()
    issues = {issue.checkpoint: issue for issue in shop.rows(Issue)}
    assert set(issues) == {GAP.code, OTHER}
    merged = shop.rows(Finding, Finding.issue_id == issues[GAP.code].id)
    assert sorted(finding.source for finding in merged) == ["answer", "speech", "vision", "vision"]
    assert shop.count(Task) == 2
    assert shop.count(Finding, Finding.issue_id.is_(None)) == 0


def test_two_visits_are_two_issues(shop: Shop) -> None:
    for _ in range(2):
        shop.photo(shop.visit())
    shop.work()
    assert shop.count(Issue) == shop.count(Task) == 2


def test_few_gaps_are_kept_and_raise_nothing_until_something_else_does(shop: Shop) -> None:
    shop.reader.oos_rate = 0.01
    visit_id = shop.visit()
    shop.photo(visit_id)
    shop.work()
    assert shop.count(Finding) == 1
    assert shop.count(Issue) == 0
    shop.submit(visit_id, GAP.code)
    shop.work()
    assert shop.count(Finding, Finding.issue_id == shop.issue().id) == 2


def test_a_shelf_without_rows_has_no_rate_and_raises_nothing(shop: Shop) -> None:
    shop.reader.oos_rate = None
    shop.photo(shop.visit())
    shop.work()
    assert shop.count(Issue) == 0


def test_a_visit_without_fault_makes_nothing(shop: Shop) -> None:
    shop.reader.gaps = 0
    visit_id = shop.visit()
    shop.photo(visit_id)
    shop.note(visit_id, "The floor is clean")
    shop.submit(visit_id)
    shop.work()
    assert shop.count(Issue) == shop.count(Task) == shop.count(Notification) == 0


def worse(shop: Shop, severity: str) -> None:
    """From now on the models find gaps that severe."""
    checkpoint = GAP.__class__(**{name: getattr(GAP, name) for name in GAP.__struct_fields__} | {"severity": severity})
    library = shop.tools.library.__class__(
        shop.tools.library.dimensions, shop.tools.library.checkpoints | {GAP.code: checkpoint}
    )
    shop.tools = make_tools(shop.parts, shop.reader, shop.comparer)
    shop.tools = shop.tools.__class__(
        **{name: getattr(shop.tools, name) for name in shop.tools.__struct_fields__} | {"library": library}
    )


def test_a_later_finding_raises_the_severity_and_brings_the_due_time_nearer(shop: Shop) -> None:
    visit_id = shop.visit()
    worse(shop, "minor")
    shop.photo(visit_id)
    shop.work()
    before = shop.task()
    shop.parts_clock_ticks(10 * HOUR)
    worse(shop, "critical")
    shop.photo(visit_id)
    shop.work()
    after = shop.task()
    assert (before.severity, after.severity, shop.issue().severity) == ("minor", "critical", "critical")
    # Four hours from now, not from ten hours ago: nobody is overdue in the moment it becomes urgent.
    assert after.due_at == shop.parts.clock.now() + SLA.critical < before.due_at
    assert after.next_escalation_at == after.due_at
    assert after.version > before.version
    assert shop.count(TrailEvent, TrailEvent.kind == "IssueWorsened") == 1


def test_a_milder_or_later_finding_changes_neither_severity_nor_due_time(shop: Shop) -> None:
    visit_id = shop.visit()
    worse(shop, "critical")
    shop.photo(visit_id)
    shop.work()
    before = shop.task()
    shop.parts_clock_ticks(HOUR)
    for severity in SEVERITIES:
        worse(shop, severity)
        shop.photo(visit_id)
        shop.work()
    after = shop.task()
    assert (after.severity, after.due_at, after.version) == (before.severity, before.due_at, before.version)
    assert shop.count(TrailEvent, TrailEvent.kind == "IssueWorsened") == 0


def test_without_a_store_manager_the_nearest_region_answers(shop: Shop) -> None:
    dismiss(shop, "manager_a")
    task = shop.open_task()
    assert names(shop, {task.owner_id}) == {"north_manager"}
    assert task.owner_node_id == shop.company.nodes["north"]


def test_where_nobody_answers_headquarters_and_administrators_hear_of_it(shop: Shop) -> None:
    with shop.parts.database.transaction(installation()) as session:
        no_duty = sa.update(Membership).where(Membership.role.in_(("store_manager", "regional_manager", "hq")))
        session.execute(no_duty.values(role="admin"))
    task = shop.open_task()
    assert task.owner_id is None
    assert shop.count(TrailEvent, TrailEvent.kind == "TaskUnassignable") == 1
    assert {"hq", "admin"} <= told(shop, "TaskUnassignable")
    assert shop.count(Notification, Notification.kind == "TaskAssigned") == 0
    # Should somebody be named, it is soon theirs.
    assert task.next_escalation_at == task.created_at + LOOK_AGAIN


def test_a_message_names_task_and_store_and_says_why_one_gets_it(shop: Shop) -> None:
    shop.open_task()
    message = shop.one(Notification)
    assert GAP.title.zh in message.title.zh
    assert "store_a" in message.title.en
    assert message.reason.zh
    assert message.reason.en


def test_jobs_are_written_with_their_cause_or_not_at_all(shop: Shop) -> None:
    """Event and job share the transaction: after every job there are as many as the events ask for."""
    shop.photo(shop.visit())
    worker, kinds = shop.worker(), []
    while True:
        events = {event.kind for event in shop.rows(TrailEvent)}
        jobs = {job.kind for job in shop.rows(Job)}
        assert ("PhotoStored" in events) == ("see" in jobs)
        assert ("PhotoAnalysed" in events) == ("raise_issues" in jobs)
        assert ("IssueOpened" in events) == ("assign_task" in jobs)
        assert ("TaskAssigned" in events) == ("tell" in jobs)
        if not worker.run_one():
            break
        kinds.append(len(events))
    assert kinds == sorted(kinds)


def test_no_photo_and_no_recording_are_marked_so_for_good(shop: Shop) -> None:
    visit_id = shop.visit()
    photo_id, note_id = shop.photo(visit_id, b"\xff\xd8\xff but not much more"), shop.note(visit_id, "!")
    shop.work()
    photo, note = shop.one(Photo, Photo.id == photo_id), shop.one(VoiceNote, VoiceNote.id == note_id)
    assert (photo.state, note.state) == ("unreadable", "unreadable")
    assert photo.problem is not None
    assert note.problem is not None
    assert photo.problem.zh != photo.problem.en
    assert {job.state for job in shop.rows(Job)} == {"done"}
    assert shop.count(Finding) == 0


def test_two_companies_do_not_touch(shop: Shop, other_company: Company) -> None:
    other = Shop(shop.parts, other_company)
    for one in (shop, other):
        one.photo(one.visit())
    shop.work()
    for one in (shop, other):
        task = one.one(Task, Task.company_id == one.company.id)
        assert task.owner_id == one.company.people["manager_a"]
        message = one.one(Notification, Notification.company_id == one.company.id)
        assert message.person_id == one.company.people["manager_a"]


def test_a_finding_below_certainty_is_shown_and_raises_nothing_by_itself(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.note(visit_id, "Cola is out of stock")
    shop.work()
    finding = shop.one(Finding)
    assert (finding.source, finding.place["second"]) == ("speech", 0.0)
    assert finding.raises == (shop.count(Issue) == 1)
    assert "Cola" in finding.text.en


def test_times_come_from_the_clock_of_the_house(shop: Shop) -> None:
    shop.parts_clock_ticks(dt.timedelta(days=400))
    task = shop.open_task()
    assert task.created_at == shop.issue().opened_at == shop.one(Finding).found_at == shop.parts.clock.now()
