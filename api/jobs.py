"""Jobs, for the people who look after the installation: /api/v1/jobs."""

from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from core.access.permissions import Action
from core.paging import Page
from workflows import desk
from workflows.desk import JobView, QueueView


class Based(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the job this change is based on."""

    version: int


@get("/", opt=needs(Action.SEE_JOBS), sync_to_thread=True)
def jobs(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    wanted: Annotated[Literal["ready", "running", "done", "dead"] | None, QueryParameter(name="state")] = None,
) -> Page[JobView]:
    """List jobs, the latest first; `state=dead` are those that wait for a person."""
    with parts.database.snapshot(caller) as session:
        return desk.list_jobs(session, page, state=wanted)


@get("/summary", opt=needs(Action.SEE_JOBS), sync_to_thread=True)
def summary(parts: TheParts, caller: TheCaller) -> tuple[QueueView, ...]:
    """Return every queue that has anything in it."""
    with parts.database.snapshot(caller) as session:
        return desk.summary(session, parts.clock.now())


@post("/{job_id:uuid}/rerun", opt=needs(Action.RERUN_JOBS), status_code=200, sync_to_thread=True)
def rerun(parts: TheParts, caller: TheCaller, job_id: Id, data: JSONBody[Based]) -> JobView:
    """Put a dead job back to work."""
    with parts.database.transaction(caller) as session:
        return desk.rerun(session, parts.clock.now(), job_id, data.version)


router = Router("/jobs", route_handlers=[jobs, summary, rerun], tags=["jobs"])
