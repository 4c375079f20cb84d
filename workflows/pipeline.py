"""What follows from what: every event of the product and the jobs it causes, on one screen."""

import datetime as dt

import msgspec

from core.events import record
from core.jobs import enqueue
from core.queues import DETAILS, GENERAL, SPEECH, VISION
from core.scope import ScopedSession
from workflows import events as e


class Step(msgspec.Struct, frozen=True):
    """A kind of job and the queue whose workers can do it; it is due `after` so long."""

    kind: str
    queue: str
    after: dt.timedelta = dt.timedelta(0)


SEE = Step("see", VISION)
HEAR = Step("hear", SPEECH)
READ_NOTE = Step("read_note", SPEECH)
CHECK_FIX = Step("check_fix", VISION)
READ_TAGS = Step("read_tags", DETAILS)
WEIGH_EVIDENCE = Step("weigh_evidence", DETAILS)
LOOK_FOR_MATERIAL = Step("look_for_material", DETAILS)
SHADOW = Step("shadow", DETAILS, after=dt.timedelta(seconds=10))
RAISE_ISSUES = Step("raise_issues", GENERAL)
SUM_UP_MATERIAL = Step("sum_up_material", GENERAL)
ASSIGN_TASK = Step("assign_task", GENERAL)
TELL = Step("tell", GENERAL)
SETTLE_REVIEW = Step("settle_review", GENERAL, after=dt.timedelta(seconds=15))  # time to take an answer back

MAY_ADD_DETAILS = (READ_TAGS, LOOK_FOR_MATERIAL, SUM_UP_MATERIAL)
"""These may open an issue some time after the first results of a visit."""

PIPELINE: dict[type[e.Event], tuple[Step, ...]] = {
    # what happened         what is to be done
    e.VisitCreated:         (),
    e.PhotoStored:          (SEE,),
    e.PhotoAnalysed:        (RAISE_ISSUES, READ_TAGS, LOOK_FOR_MATERIAL, WEIGH_EVIDENCE),
    e.PhotoUnreadable:      (SUM_UP_MATERIAL,),
    e.MaterialLookedFor:    (SUM_UP_MATERIAL,),
    e.MaterialJudged:       (RAISE_ISSUES,),
    e.CampaignCreated:      (),
    e.CampaignChanged:      (),
    e.ArtworkAdded:         (),
    e.ArtworkRemoved:       (),
    e.ReviewAsked:          (),
    e.ReviewAnswered:       (SETTLE_REVIEW,),
    e.ReviewUndone:         (),
    e.ReviewSettled:        (RAISE_ISSUES,),
    e.ReviewPolicyChanged:  (),
    e.ShadowDrawn:          (SHADOW,),
    e.TagsRead:             (RAISE_ISSUES,),
    e.PriceListImported:    (),
    e.PriceSettingsChanged: (),
    e.VoiceStored:          (HEAR,),
    e.NoteTranscribed:      (READ_NOTE,),
    e.NoteRead:             (RAISE_ISSUES,),
    e.NoteUnreadable:       (),
    e.AudioDropped:         (),
    e.VoiceSettingsChanged: (),
    e.NoteCorrected:        (READ_NOTE,),
    e.NoteReread:           (RAISE_ISSUES,),
    e.NoteAnswered:         (RAISE_ISSUES,),
    e.VocabularyChanged:    (),
    e.VisitSubmitted:       (RAISE_ISSUES, SUM_UP_MATERIAL),
    e.IssueOpened:          (ASSIGN_TASK,),
    e.IssueWorsened:        (),
    e.FindingsWithdrawn:    (),
    e.IssueWithdrawn:       (),
    e.IssueReopened:        (ASSIGN_TASK,),
    e.LateFindings:         (),
    e.TaskAssigned:         (TELL,),
    e.TaskUnassignable:     (TELL,),
    e.TaskDueSooner:        (TELL,),
    e.TaskWithdrawn:        (TELL,),
    e.TaskReopened:         (TELL,),
    e.TaskStarted:          (),
    e.TaskEscalated:        (TELL,),
    e.AfterPhotoStored:     (CHECK_FIX,),
    e.FixSubmitted:         (),
    e.FixVerified:          (TELL,),
    e.FixRejected:          (TELL,),
    e.FixReferred:          (TELL,),
    e.AnalysisGivenUp:      (SUM_UP_MATERIAL,),
    e.AnalysisRunAgain:     (),
}  # fmt: skip


def emit(session: ScopedSession, now: dt.datetime, event: e.Event) -> None:
    """Record `event` in the trail and add the jobs it causes, all in the current transaction."""
    kind = type(event).__name__
    row = record(
        session, now, kind, (event.about, event.subject_id),
        change=event.change, why=event.why, data=event.data, trace_id=event.trace_id,
    )  # fmt: skip
    for step in PIPELINE[type(event)]:
        enqueue(
            session, now, kind=step.kind, queue=step.queue, subject=(event.about, event.subject_id),
            key=f"{step.kind}:{row.id}", payload={"event": kind, **event.data}, trace_id=event.trace_id,
            after=step.after,
        )  # fmt: skip
