"""A note read by a model of statements: which of its stretches are about which checkpoint, and what they say of it.

The model judges one statement at a time. People do not speak in statements: "三号货架，嗯，酸奶那一层，空了" is one in
four clauses. So every run of up to three neighbouring clauses is judged, and the note is divided into those runs whose
log probabilities have the greatest sum (Viterbi). What is measured is decided by the limits of the checkpoint, and not
by the model.
"""

import math
from collections.abc import Callable, Sequence

import msgspec

from speech.notes.clauses import Clause, clauses
from speech.notes.lexicon import CheckpointWords, Lexicon, Limits
from speech.notes.merging import Said, merged
from speech.notes.model import NoteIssue, Polarity, Value
from speech.notes.places import Place, places
from speech.notes.plain import plain
from speech.notes.severity import severity_of
from speech.notes.values import Found, values

MOST_CLAUSES = 3
LONGEST = 120
"""Characters of a run."""


class Likely(msgspec.Struct, frozen=True):
    """What a statement is about: the likeliest checkpoints with their probabilities, the likeliest first.

    `nothing`: the probability that it reports nothing. `problem`: if it does, of something being wrong and not fine.
    """

    checkpoints: tuple[tuple[str, float], ...]
    nothing: float
    problem: float


Judge = Callable[[Sequence[str]], Sequence[Likely]]
"""Judges statements in plain text, all at once."""


class Manner(msgspec.Struct, frozen=True):
    """How a note is divided and what of it counts; chosen on the development notes.

    `joining`: what it costs, in nats, to take a clause together with the one before. `least`: the probability from
    which on a run is about its likeliest checkpoint; `second`: about a second one as well.
    """

    joining: float = 0.35
    least: float = 0.35
    second: float = 0.3


USUAL = Manner()


def understand(text: str, lexicon: Lexicon, judge: Judge, manner: Manner = USUAL) -> tuple[NoteIssue, ...]:
    """Return what a note says about the checkpoints of `lexicon`, in the order of the text, each said once.

    Spans are character positions in `text`; confidence is the probability that checkpoint and polarity are right.
    """
    simple = plain(text)
    parts = clauses(simple)
    runs = [
        (first, last)
        for first in range(len(parts))
        for last in range(first, min(len(parts), first + MOST_CLAUSES))
        if last == first or parts[last].end - parts[first].start <= LONGEST
    ]
    judged = dict(zip(runs, judge([simple[parts[a].start : parts[b].end] for a, b in runs]), strict=True))
    known = {words.code: words for words in lexicon.checkpoints}
    note = _Note(text, simple, parts, values(simple), places(simple))
    found: list[Said] = []
    for first, last in divided(len(parts), judged, manner.joining):
        for code, sure in _about(judged[first, last], manner):
            if code in known:
                found.append(Said(last, _issue(note, known[code], first, last, sure, judged[first, last].problem)))
    return merged(found)


def divided(count: int, judged: dict[tuple[int, int], Likely], joining: float) -> list[tuple[int, int]]:
    """Return the runs (first and last clause) that cover `count` clauses with the greatest sum of log probabilities.

    A run counts as often as it has clauses, so that long runs are not preferred for being few.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, count + 1):
        options = [
            (best[first][0] + _gain(judged[first, end - 1], end - first, joining), first)
            for first in range(max(0, end - MOST_CLAUSES), end)
            if (first, end - 1) in judged
        ]
        best.append(max(options))
    runs: list[tuple[int, int]] = []
    end = count
    while end > 0:
        runs.append((best[end][1], end - 1))
        end = best[end][1]
    return runs[::-1]


def _gain(likely: Likely, clauses_in_it: int, joining: float) -> float:
    surest = max(likely.nothing, *(probability for _, probability in likely.checkpoints))
    return clauses_in_it * math.log(max(surest, 1e-9)) - joining * (clauses_in_it - 1)


def _about(likely: Likely, manner: Manner) -> list[tuple[str, float]]:
    (code, sure), *others = likely.checkpoints
    if sure < manner.least or sure < likely.nothing:
        return []
    return [(code, sure), *(other for other in others[:1] if other[1] >= manner.second)]


class _Note(msgspec.Struct, frozen=True):
    """A note taken apart."""

    text: str
    simple: str
    clauses: tuple[Clause, ...]
    values: tuple[Found, ...]
    places: tuple[Place, ...]


def _issue(note: _Note, words: CheckpointWords, first: int, last: int, sure: float, problem: float) -> NoteIssue:
    start, end = note.clauses[first].start, note.clauses[last].end
    value = _value(note, words.limits, start, end)
    polarity, by_limits = _polarity(words.limits, value, problem)
    place = _place(note, first, last)
    side = problem if polarity == "problem" else 1 - problem
    return NoteIssue(
        checkpoint=words.code,
        dimension=words.dimension,
        polarity=polarity,
        severity=severity_of(words.severity, note.simple[start:end]),
        span=(start, end),
        where=note.text[place.start : place.end] if place else None,
        value=value.value if value else None,
        confidence=round(sure * (max(0.5, side) if by_limits else side), 2),
    )


def _polarity(limits: Limits | None, value: Found | None, problem: float) -> tuple[Polarity, bool]:
    """Return what is said and whether a measured value decided it."""
    if limits and limits.unit and value and value.value.unit == limits.unit:
        return ("ok" if limits.allow(_measured(limits, value.value)) else "problem"), True
    return ("problem" if problem >= 0.5 else "ok"), False


def _measured(limits: Limits, value: Value) -> float:
    """Return the number that was meant: people say "the freezer is at eighteen" and mean below zero."""
    below_zero = limits.max is not None and limits.max < 0
    return -value.number if below_zero and value.number >= 10 else value.number


def _value(note: _Note, limits: Limits | None, start: int, end: int) -> Found | None:
    """Return the value said there: of the checkpoint's unit, else the first that is no temperature and no price."""
    named = [place for place in note.places if place.exact]
    here = [
        found
        for found in note.values
        if start <= found.start < end and not any(place.start <= found.start < place.end for place in named)
    ]
    if limits and (fitting := [found for found in here if found.value.unit == limits.unit]):
        return fitting[-1]  # who corrects himself says the right number last
    return next((found for found in here if found.value.unit not in {"°C", "yuan"}), None)


def _place(note: _Note, first: int, last: int) -> Place | None:
    """Return the place named in these clauses, else in the clause before them if it belongs to the same sentence."""
    start, end = note.clauses[first].start, note.clauses[last].end
    here = [place for place in note.places if start <= place.start < end]
    if here:
        return next((place for place in reversed(here) if place.exact), here[0])
    if first == 0 or note.clauses[first - 1].sentence != note.clauses[first].sentence:
        return None
    before = note.clauses[first - 1]
    return next((place for place in reversed(note.places) if before.start <= place.start < before.end), None)
