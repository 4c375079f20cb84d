"""The demo company's month lies in the past: a visit from tomorrow would be nobody's to explain."""

import pytest
import sqlalchemy as sa

from core.caller import installation
from core.jobs import Job, JobState
from core.parts import Parts
from storepatrol.demo import open_demo
from workflows.tasks.model import Task
from workflows.visits.model import Photo, Visit


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_in_the_demo_happened_later_than_now(parts: Parts) -> None:
    open_demo(parts)
    now = parts.clock.now()
    with parts.database.snapshot(installation()) as session:
        for moment in (Visit.submitted_at, Visit.started_at, Task.created_at, Photo.stored_at, Job.created_at):
            assert session.scalars(sa.select(sa.func.max(moment))).one() <= now, moment.key
        waiting = session.scalars(sa.select(Job.kind).where(Job.state == JobState.READY, Job.run_at > now)).all()
    assert waiting == []
    to_hand = {file.name for file in (parts.settings.data_dir / "demo").iterdir()}
    assert to_hand >= {"shelf.jpg", "shelf-after.jpg", "shelf-poster.jpg", "poster.png", "poster-last-month.png"}
