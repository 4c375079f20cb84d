"""Everything that happens, as values. `workflows.pipeline` tells what follows from each."""

import uuid
from typing import Any, ClassVar

import msgspec

from core.text import Text


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to `subject_id`; recorded in the trail together with the change it tells of."""

    about: ClassVar[str]
    subject_id: uuid.UUID
    change: tuple[str | None, str | None] = (None, None)
    why: Text | None = None
    data: dict[str, Any] = {}
    trace_id: str | None = None


class PhotoStored(Event, frozen=True):
    """A photo's bytes are safe and its row exists."""

    about: ClassVar[str] = "photo"


class VoiceStored(Event, frozen=True):
    """A voice note's bytes are safe and its row exists."""

    about: ClassVar[str] = "voice_note"


class PhotoAnalysed(Event, frozen=True):
    """The model has looked; findings are written."""

    about: ClassVar[str] = "photo"


class PhotoUnreadable(Event, frozen=True):
    """The file cannot be shown, and why."""

    about: ClassVar[str] = "photo"


class ReviewAsked(Event, frozen=True):
    """A person is asked about gaps that the model is unsure of, or about a sample of those it is sure of."""

    about: ClassVar[str] = "photo"


class ReviewAnswered(Event, frozen=True):
    """A person said which of them are gaps."""

    about: ClassVar[str] = "photo"


class ReviewUndone(Event, frozen=True):
    """A person took an answer back before it had an effect."""

    about: ClassVar[str] = "photo"


class ReviewSettled(Event, frozen=True):
    """An answer took effect: it is a finding now."""

    about: ClassVar[str] = "photo"


class ShadowDrawn(Event, frozen=True):
    """A photo goes to a candidate model as well, which changes nothing."""

    about: ClassVar[str] = "shadow"


class ReviewPolicyChanged(Event, frozen=True):
    """From now on other scores open an issue, or ask."""

    about: ClassVar[str] = "review_policy"


class NoteTranscribed(Event, frozen=True):
    """The model has listened; what it heard is to be read."""

    about: ClassVar[str] = "voice_note"


class NoteRead(Event, frozen=True):
    """What the heard text says has its findings."""

    about: ClassVar[str] = "voice_note"


class NoteUnreadable(Event, frozen=True):
    """The recording cannot be heard, and why."""

    about: ClassVar[str] = "voice_note"


class AudioDropped(Event, frozen=True):
    """A note's recording was deleted because its time had come; what was heard in it stays."""

    about: ClassVar[str] = "voice_note"


class VoiceSettingsChanged(Event, frozen=True):
    """The company chose otherwise how long recordings are kept, or whether numbers are masked."""

    about: ClassVar[str] = "company"


class NoteCorrected(Event, frozen=True):
    """A person put the text of a voice note right; what it says is to be read anew."""

    about: ClassVar[str] = "voice_note"


class NoteReread(Event, frozen=True):
    """What a corrected text says has its findings; those that no longer hold are withdrawn."""

    about: ClassVar[str] = "voice_note"


class NoteAnswered(Event, frozen=True):
    """A person said whether an issue was heard rightly; the findings follow."""

    about: ClassVar[str] = "voice_note"


class TagsRead(Event, frozen=True):
    """Price tags and dates on a photo were read; findings are written."""

    about: ClassVar[str] = "photo"


class PriceListImported(Event, frozen=True):
    """Headquarters gave new prices."""

    about: ClassVar[str] = "price_list"


class PriceSettingsChanged(Event, frozen=True):
    """Which photos are looked at for price tags was changed."""

    about: ClassVar[str] = "company"


class VocabularyChanged(Event, frozen=True):
    """Terms of the company's vocabulary were added, changed or removed."""

    about: ClassVar[str] = "company"


class AnalysisGivenUp(Event, frozen=True):
    """A job failed as often as it may; a person can run it again."""

    about: ClassVar[str] = "job"


class AnalysisRunAgain(Event, frozen=True):
    """A person put a job back to work that had been given up."""

    about: ClassVar[str] = "job"


class VisitCreated(Event, frozen=True):
    """A visit was planned or begun."""

    about: ClassVar[str] = "visit"


class VisitSubmitted(Event, frozen=True):
    """A visit was sent with its answers; it never changes again."""

    about: ClassVar[str] = "visit"


class IssueOpened(Event, frozen=True):
    """A visit's findings showed a problem at a store and checkpoint."""

    about: ClassVar[str] = "issue"


class IssueWorsened(Event, frozen=True):
    """A later finding of the same visit is more severe."""

    about: ClassVar[str] = "issue"


class FindingsWithdrawn(Event, frozen=True):
    """Findings of the issue no longer hold; it stays, and why."""

    about: ClassVar[str] = "issue"


class IssueWithdrawn(Event, frozen=True):
    """Nothing raises the issue any more, and nobody had begun: it is closed."""

    about: ClassVar[str] = "issue"


class IssueReopened(Event, frozen=True):
    """What was withdrawn holds after all."""

    about: ClassVar[str] = "issue"


class TaskAssigned(Event, frozen=True):
    """Somebody is responsible and the clock runs."""

    about: ClassVar[str] = "task"


class TaskUnassignable(Event, frozen=True):
    """Nobody is responsible there: an alarm, not a lost task."""

    about: ClassVar[str] = "task"


class LateFindings(Event, frozen=True):
    """Findings of the visit came in after its problem was fixed: kept with the issue, which stays closed."""

    about: ClassVar[str] = "issue"


class TaskDueSooner(Event, frozen=True):
    """The problem turned out worse; the task's severity and due time follow."""

    about: ClassVar[str] = "task"


class TaskWithdrawn(Event, frozen=True):
    """There is nothing to fix: its issue was withdrawn."""

    about: ClassVar[str] = "task"


class TaskReopened(Event, frozen=True):
    """There is something to fix after all; its time begins anew."""

    about: ClassVar[str] = "task"


class TaskStarted(Event, frozen=True):
    """The owner has begun."""

    about: ClassVar[str] = "task"


class TaskEscalated(Event, frozen=True):
    """It was overdue and went one level up."""

    about: ClassVar[str] = "task"


class AfterPhotoStored(Event, frozen=True):
    """Somebody says it is fixed."""

    about: ClassVar[str] = "photo"


class FixSubmitted(Event, frozen=True):
    """The task waits for the check of an after photo."""

    about: ClassVar[str] = "task"


class FixVerified(Event, frozen=True):
    """The problem is gone; task and issue are closed."""

    about: ClassVar[str] = "task"


class FixRejected(Event, frozen=True):
    """The problem is still there, or the photo shows another place; back to the owner."""

    about: ClassVar[str] = "task"


class FixReferred(Event, frozen=True):
    """The model is unsure; a person is asked."""

    about: ClassVar[str] = "task"


class CampaignCreated(Event, frozen=True):
    """Headquarters planned a campaign."""

    about: ClassVar[str] = "campaign"


class CampaignChanged(Event, frozen=True):
    """Its name, dates, kind or places are others now; or it ends early."""

    about: ClassVar[str] = "campaign"


class ArtworkAdded(Event, frozen=True):
    """A piece of artwork is looked for from now on."""

    about: ClassVar[str] = "campaign"


class ArtworkRemoved(Event, frozen=True):
    """A piece of artwork is not looked for any more."""

    about: ClassVar[str] = "campaign"


class MaterialLookedFor(Event, frozen=True):
    """A photo was compared with the artwork of its store's campaigns."""

    about: ClassVar[str] = "photo"


class MaterialJudged(Event, frozen=True):
    """What a visit's photos show of its store's campaigns makes findings."""

    about: ClassVar[str] = "visit"
