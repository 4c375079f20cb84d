"""What holds of a note after what people said of it. Pure: no I/O.

A note's heard text is read; each corrected text is read anew. A statement that is found again keeps its id, and
with it its findings and what a person answered to it; one that is not found again is withdrawn.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from core.errors import Invalid
from core.ids import derived_id
from core.text import Text
from speech.notes import Value
from speech.transcript import Transcript
from speech.vocabulary import Corrected
from workflows.notes.alignment import carried

Verdict = Literal["yes", "no", "other"]
State = Literal["noted", "proposed", "asked", "confirmed", "refused", "other"]


SURE = 0.6
"""From this confidence on, a heard problem opens an issue by itself; below, a person is asked."""


class Heard(msgspec.Struct, frozen=True):
    """What was heard, and what the company's vocabulary made of its text."""

    transcript: Transcript
    written: Corrected

    def seconds_of(self, text: str, span: tuple[int, int]) -> tuple[float, float] | None:
        """Return from when to when the characters `span` of `text` were spoken; None where nothing was heard.

        `text` is the written one, or what a person made of that: then its place in the written one is looked for.
        """
        if not self.transcript.segments:
            return None
        if text != self.written.text:
            span = carried(text, self.written.text, span)
        return self.transcript.seconds_of(self.written.heard_span(span))


class Proposal(msgspec.Struct, frozen=True):
    """An issue as it was read in a text: a `NoteIssue` with an id, and the words that say it."""

    id: uuid.UUID
    checkpoint: str
    dimension: str
    polarity: Literal["problem", "ok"]
    severity: str
    span: tuple[int, int]
    said: str
    confidence: float
    where: str | None = None
    what: str | None = None
    value: Value | None = None


class Reading(msgspec.Struct, frozen=True):
    """What was found in one text of a note, and by which reader (`model`).

    `source` is the note's id, or that of the correction that gave the text.
    """

    source: uuid.UUID
    text: str
    model: str
    proposals: tuple[Proposal, ...]


class Said(msgspec.Struct, frozen=True):
    """A person's answer to one proposal; `checkpoint` is the right one where the verdict is "other"."""

    id: uuid.UUID
    proposal_id: uuid.UUID
    verdict: Verdict
    checkpoint: str | None
    by: str


class Wanted(msgspec.Struct, frozen=True):
    """A finding that follows from a proposal: the model's own, or (`answer`) a person's word on it."""

    id: uuid.UUID
    proposal: Proposal
    checkpoint: str
    raises: bool
    answer: Said | None = None


def readings_of(texts: Iterable[tuple[uuid.UUID, str, str, Sequence[dict[str, Any]]]]) -> tuple[Reading, ...]:
    """Return readings (source, text, reader, issues as they were kept), the oldest first, with ids for their issues.

    An issue that an earlier reading has in the same words, and as often, has its id.
    """
    known: dict[tuple[object, ...], uuid.UUID] = {}
    made = []
    for source, text, model, issues in texts:
        seen: Counter[tuple[object, ...]] = Counter()
        proposals = []
        for number, issue in enumerate(issues):
            said = text[slice(*issue["span"])].strip()
            words = (issue["checkpoint"], issue["polarity"], said)
            seen[words] += 1
            id_ = known.setdefault((*words, seen[words]), derived_id("finding", source, number))
            proposals.append(msgspec.convert({**issue, "id": id_, "said": said}, Proposal))
        made.append(Reading(source, text, model, tuple(proposals)))
    return tuple(made)


def check_answer(verdict: Verdict, checkpoint: str | None) -> None:
    """Return when an answer is whole.

    Raises:
        Invalid: `note.answer`: "other" needs a checkpoint, and nothing else has one.

    """
    if (verdict == "other") != (checkpoint is not None):
        raise Invalid(
            "note.answer",
            Text("改为其他检查点时须选择检查点", "A checkpoint goes with “another checkpoint”, and only there"),
        )


def state_of(proposal: Proposal, answer: Said | None, sure: float) -> State:
    """Return where a proposal stands; from the confidence `sure` on it needs nobody's yes."""
    match answer and answer.verdict:
        case "yes":
            return "confirmed"
        case "no":
            return "refused"
        case "other":
            return "other"
    if proposal.polarity == "ok":
        return "noted"
    return "proposed" if proposal.confidence >= sure else "asked"


def wanted(reading: Reading, answers: dict[uuid.UUID, Said], sure: float) -> tuple[Wanted, ...]:
    """Return the findings that follow: of problems only, the model's unless a person refused it, and the person's."""
    found = []
    for proposal in reading.proposals:
        answer = answers.get(proposal.id)
        state = state_of(proposal, answer, sure)
        if proposal.polarity == "ok":
            continue
        if state in ("proposed", "asked", "confirmed"):
            found.append(Wanted(proposal.id, proposal, proposal.checkpoint, proposal.confidence >= sure))
        if answer is not None and state in ("confirmed", "other"):
            checkpoint = answer.checkpoint or proposal.checkpoint
            found.append(Wanted(finding_of(answer.id), proposal, checkpoint, raises=True, answer=answer))
    return tuple(found)


def finding_of(answer_id: uuid.UUID) -> uuid.UUID:
    """Return the id of the finding that a person's answer makes."""
    return derived_id("finding", "note", answer_id)
