"""The literal table: nothing that happens is forgotten, nothing that follows is without somebody who does it."""

from core.queues import QUEUES
from workflows import events, pipeline
from workflows.events import Event
from workflows.handlers import HANDLERS
from workflows.notify.service import WORDINGS
from workflows.pipeline import PIPELINE, Step
from workflows.tasks.trail import TITLES

EVENTS = {value for value in vars(events).values() if isinstance(value, type) and issubclass(value, Event)} - {Event}
STEPS = {value for value in vars(pipeline).values() if isinstance(value, Step)}


def names(classes: set[type[Event]]) -> set[str]:
    return {event.__name__ for event in classes}


def test_every_event_has_a_row() -> None:
    assert set(PIPELINE) == EVENTS


def test_every_step_has_its_handler_and_a_queue_that_workers_serve() -> None:
    assert {step.kind for step in STEPS} == set(HANDLERS)
    assert len({step.kind for step in STEPS}) == len(STEPS)
    assert {step.queue for step in STEPS} == set(QUEUES)


def test_the_table_uses_every_step() -> None:
    assert {step for steps in PIPELINE.values() for step in steps} == STEPS


def test_what_a_person_waits_for_stands_behind_nothing_else() -> None:
    assert {step.kind for step in STEPS if step.queue == "vision"} == {"see", "check_fix"}
    assert {step.kind for step in STEPS if step.queue == "speech"} == {"hear", "read_note"}


def test_people_are_told_of_exactly_the_events_that_have_words() -> None:
    told = {event for event, steps in PIPELINE.items() if pipeline.TELL in steps}
    assert set(WORDINGS) == names(told) | {"TaskPassedUp"}  # how the previous owner reads of an escalation
    assert {event.about for event in told} == {"task"}  # that is what the words are about


def test_a_message_can_always_be_put_together() -> None:
    for wording in WORDINGS.values():
        for text in (wording.title.zh, wording.title.en):
            assert text.format(task="缺货 {x}", store="A&B") != text
        assert wording.reason.zh
        assert wording.reason.en


def test_the_trail_of_a_task_has_words_for_all_that_may_stand_in_it() -> None:
    shown = {event for event in EVENTS if event.about in ("task", "issue", "photo", "voice_note")}
    assert set(TITLES) == names(shown)


def test_events_fit_their_columns() -> None:
    assert max(map(len, names(EVENTS))) <= 32  # a notification's `kind`, the shortest of them
    assert max(len(event.about) for event in EVENTS) <= 24
    assert max(len(step.kind) for step in STEPS) <= 48
