"""What a language model says of a note, held against the note: what does not stand there is dropped. Pure."""

import re
from collections.abc import Sequence

import msgspec

from speech.notes.chat import Answer
from speech.notes.lexicon import CheckpointWords, Lexicon, Limits
from speech.notes.measured import Measured, by_limits
from speech.notes.merging import Said, merged
from speech.notes.model import NoteIssue, Polarity, Value
from speech.notes.plain import plain
from speech.notes.severity import severity_of
from speech.notes.values import Found, values

ASKED = 0.55
"""The most that a language model alone is believed: below the line from which an issue opens without a person."""

MOST_ANSWERS = 40
"""Ten minutes of speech name some thirty matters; what comes beyond is a model that goes on and on."""

_LONGEST_NAME = 60
"""Characters of a place or a product."""

_EDGES = " \t\r\n。！？!?；;，,、：:.…“”\"'"


class _Note(msgspec.Struct, frozen=True):
    text: str
    plain: str
    values: tuple[Found, ...]


class _Judged(msgspec.Struct, frozen=True):
    polarity: Polarity
    value: Value | None


def checked(answers: Sequence[Answer], text: str, lexicon: Lexicon) -> tuple[NoteIssue, ...]:
    """Return the answers that stand in `text`, in its order, each matter once.

    An answer is dropped where its checkpoint is not in the lexicon, its quote is not in the text, or its value is to
    be held against limits and is not in the quote. Polarity is decided by the limits where the quote holds a value of
    their unit; severity by the checkpoint and the words; places and products are words of the text, or left out.
    """
    simple = plain(text)
    note, known = _Note(text, simple, values(simple)), {entry.code: entry for entry in lexicon.checkpoints}
    issues = (
        _issue(answer, known[answer.checkpoint], note)
        for answer in answers[:MOST_ANSWERS]
        if answer.checkpoint in known
    )
    return tuple(map(asked, merged(Said(issue) for issue in issues if issue is not None)))


def asked(issue: NoteIssue) -> NoteIssue:
    """Return the issue no surer than a language model alone is believed: a person is asked."""
    return msgspec.structs.replace(issue, confidence=min(issue.confidence, ASKED))


def _issue(answer: Answer, checkpoint: CheckpointWords, note: _Note) -> NoteIssue | None:
    span = _span(answer.quote, note.plain)
    judged = _judge(answer, checkpoint.limits, span, note) if span else None
    if span is None or judged is None:
        return None
    return NoteIssue(
        checkpoint=checkpoint.code,
        dimension=checkpoint.dimension,
        polarity=judged.polarity,
        severity=severity_of(checkpoint.severity, note.plain[slice(*span)]),
        span=span,
        where=_words(answer.where, note),
        what=_words(answer.what, note),
        value=judged.value,
        confidence=round(min(max(answer.confidence, 0.0), ASKED), 2),
    )


def _judge(answer: Answer, limits: Limits | None, span: tuple[int, int], note: _Note) -> _Judged | None:
    here = [found for found in note.values if span[0] <= found.start and found.end <= span[1]]
    claimed = answer.value
    # By size alone: people say "eighteen" of a freezer and mean below zero, which a model may have understood.
    meant = [v for v in here if claimed and v.value.unit == claimed.unit and abs(v.value.number) == abs(claimed.number)]
    if limits is None:
        return _Judged(answer.polarity, meant[0].value if meant else None)
    # A temperature in the quote is this checkpoint's; of counts ("two tills for eight people"), only the one meant.
    fitting = [found for found in (here if limits.unit else meant) if found.value.unit == limits.unit]
    if fitting:
        chosen = [found for found in fitting if found in meant] or fitting
        measured = _worst([by_limits(note.plain, found, limits) for found in chosen])
        return _Judged(measured.polarity, measured.value)
    if claimed and not meant:
        return None
    return _Judged(answer.polarity, meant[0].value if meant else None)


def _worst(measured: list[Measured]) -> Measured:
    return next((one for one in measured if one.polarity == "problem"), measured[0])


def _span(quote: str, text: str) -> tuple[int, int] | None:
    """Return where the quote stands in plain text, not in the middle of a word or a number."""
    words = plain(quote).strip(_EDGES)
    if not any(character.isalnum() for character in words):
        return None
    before = r"(?<![a-z0-9])" if words[0].isascii() and words[0].isalnum() else ""
    after = r"(?![a-z0-9])" if words[-1].isascii() and words[-1].isalnum() else ""
    found = re.search(before + re.escape(words) + after, text)
    return found.span() if found else None


def _words(name: str | None, note: _Note) -> str | None:
    """Return a place or a product as it stands in the note."""
    span = _span(name, note.plain) if name and len(name) <= _LONGEST_NAME else None
    return note.text[slice(*span)] if span else None
