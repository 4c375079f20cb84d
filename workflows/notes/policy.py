"""What holds of a note after what people said of it. Pure: no I/O.

A note's heard text is read; each corrected text is read anew. A statement that is found again keeps its id, and
with it its findings and what a person answered to it; one that is not found again is withdrawn.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from core.errors import Invalid
from core.ids import derived_id
from core.text import Text
from speech.notes import Polarity, Value
from speech.transcript import Transcript
from speech.vocabulary import Corrected
from workflows.notes.alignment import carried
from workflows.notes.identity import Known, same_statements, same_words

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
    polarity: Polarity
    severity: str
    span: tuple[int, int]
    said: str
    confidence: float
    where: str | None = None
    what: str | None = None
    value: Value | None = None


class Reading(msgspec.Struct, frozen=True):
    """What was found in one text of a note, and by which reader (`model`).

    `source` is the note's id, or that of the correction that gave the text. `own_ids`: what its proposals would be
    called if no text before had said the same.
    """

    source: uuid.UUID
    text: str
    model: str
    proposals: tuple[Proposal, ...]
    own_ids: tuple[uuid.UUID, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """A person's answer to one proposal, `of` as it was then.

    The verdict "other" says what was meant: `checkpoint`, `polarity`, or both; None where the proposal had it right.
    """

    id: uuid.UUID
    of: Proposal
    verdict: Verdict
    checkpoint: str | None
    polarity: Polarity | None
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

    An issue that says the same as one of an earlier reading has its id (`workflows.notes.identity`).
    """
    known: dict[uuid.UUID, Known] = {}
    made = []
    for number, (source, text, model, issues) in enumerate(texts):
        own_ids = tuple(derived_id("finding", source, index) for index in range(len(issues)))
        found = tuple(
            msgspec.convert({**issue, "id": id_, "said": text[slice(*issue["span"])].strip()}, Proposal)
            for id_, issue in zip(own_ids, issues, strict=True)
        )
        same = same_statements(known.values(), text, found)
        proposals = tuple(
            msgspec.structs.replace(proposal, id=same.get(index, proposal.id)) for index, proposal in enumerate(found)
        )
        known |= {proposal.id: Known(proposal.id, number, text, proposal) for proposal in proposals}
        made.append(Reading(source, text, model, proposals, own_ids))
    return tuple(made)


def holding(readings: Sequence[Reading], answers: Iterable[Said]) -> dict[uuid.UUID, Said]:
    """Return which answers, of all that were ever given, hold for which proposals of the latest reading."""
    if not readings:
        return {}
    called = {own: one.id for reading in readings for own, one in zip(reading.own_ids, reading.proposals, strict=True)}
    latest = {called.get(said.of.id, said.of.id): said for said in answers}
    return {
        one.id: latest[one.id]
        for one in readings[-1].proposals
        if one.id in latest and still_answers(latest[one.id], one)
    }


def still_answers(said: Said, proposal: Proposal) -> bool:
    """Tell whether an answer holds for the same statement in a corrected text.

    A yes goes with it. That it was not so, or was about something else, was said of those very words: where more than
    their spelling was put right, or their place, thing or number, a real problem might be silenced by it.
    """
    if said.verdict == "yes":
        return True
    of = said.of
    facts = (of.where, of.what, of.value) == (proposal.where, proposal.what, proposal.value)
    return facts and same_words(of.said, proposal.said)


def check_answer(verdict: Verdict, checkpoint: str | None, polarity: Polarity | None) -> None:
    """Return when an answer is whole.

    Raises:
        Invalid: `note.answer`: "other" needs a checkpoint or a polarity, and nothing else has one.

    """
    if (verdict == "other") != (checkpoint is not None or polarity is not None):
        raise Invalid(
            "note.answer",
            Text(
                "更正时须说明是哪个检查点, 或者是否有问题; 其他回答不能带这些内容",
                "A checkpoint, or whether it is a problem, goes with “other”, and only there",
            ),
        )


def meant(proposal: Proposal, answer: Said | None) -> tuple[str, Polarity]:
    """Return which checkpoint was meant, and whether it is a problem: as read, but for what a person said of it."""
    if answer is None:
        return proposal.checkpoint, proposal.polarity
    return answer.checkpoint or proposal.checkpoint, answer.polarity or proposal.polarity


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
        if proposal.polarity == "problem" and state in ("proposed", "asked", "confirmed"):
            raises = proposal.confidence >= sure
            found.append(Wanted(proposal.id, proposal, proposal.checkpoint, raises))
        checkpoint, polarity = meant(proposal, answer)
        if answer is not None and polarity == "problem" and state in ("confirmed", "other"):
            found.append(Wanted(finding_of(answer.id), proposal, checkpoint, raises=True, answer=answer))
    return tuple(found)


def finding_of(answer_id: uuid.UUID) -> uuid.UUID:
    """Return the id of the finding that a person's answer makes."""
    return derived_id("finding", "note", answer_id)
