"""From the words found to the issues named: which are problems, which are fine, where, how bad, how sure."""

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from speech.notes.clauses import Clause, clauses
from speech.notes.cues import Cue, cues, has_problem_word, says_now
from speech.notes.lexicon import Lexicon, Limits
from speech.notes.matching import CONFIDENCE, Match, matches
from speech.notes.measured import by_limits
from speech.notes.merging import Said, merged
from speech.notes.model import NoteIssue, Polarity, Value
from speech.notes.places import Place, places
from speech.notes.plain import plain
from speech.notes.severity import severity_of
from speech.notes.values import Found, values

_OPENING = 12
"""Characters within which a word opens a clause."""

_BARE = {"没了", "没有了", "空了", "空着", "卖完", "卖完了", "gone"}
_ALSO = re.compile(r"也|还|同时|而且|also|too|as well|and")
_JOINED = re.compile(r"\s*(?:和|与|跟|以及|and|or|/)\s*(?:the )?")


Spot = TypeVar("Spot", Match, Cue, Found, Place)


class _Note(msgspec.Struct, frozen=True):
    """A note taken apart."""

    text: str
    clauses: tuple[Clause, ...]
    matches: tuple[Match, ...]
    cues: tuple[Cue, ...]
    values: tuple[Found, ...]
    places: tuple[Place, ...]

    def within(self, items: Sequence[Spot], clause: Clause) -> list[Spot]:
        """Return the items that begin in this clause."""
        return [item for item in items if clause.start <= item.start < clause.end]


class _Judged(msgspec.Struct, frozen=True):
    polarity: Polarity
    start: int
    end: int
    confidence: float
    value: Value | None


class _InClause(msgspec.Struct, frozen=True):
    """What was said in the clause of this number."""

    clause: int
    said: Said


def extract(text: str, lexicon: Lexicon) -> tuple[NoteIssue, ...]:
    """Return what a note says about the checkpoints of `lexicon`, in the order of the text, each said once.

    Spans are character positions in `text`; confidence is 0 to 1.
    """
    simple = plain(text)
    note = _Note(
        simple, clauses(simple), _about_things(matches(simple, lexicon)), cues(simple), values(simple), places(simple)
    )
    found: list[_InClause] = []
    for number, clause in enumerate(note.clauses):
        here = note.within(note.matches, clause)
        if not here:
            _look_back(note, number, found)
        for match in here:
            issue = _issue(text, note, number, match, alone=len(here) == 1)
            if issue:
                by_now = issue.polarity == "ok" and says_now(simple[clause.start : clause.end])
                found.append(_InClause(number, Said(issue, by_now)))
    return merged(one.said for one in found)


def _about_things(found: tuple[Match, ...]) -> tuple[Match, ...]:
    """Drop a bare "gone" that follows the thing it is said of: in "the hand soap is gone" it is no empty shelf."""
    kept: list[Match] = []
    for match in found:
        thing = kept[-1] if kept else None
        if thing and match.wording in _BARE and match.start - thing.end <= 1 and not has_problem_word(thing.wording):
            continue
        kept.append(match)
    return tuple(kept)


def _issue(text: str, note: _Note, number: int, match: Match, *, alone: bool) -> NoteIssue | None:
    judged = _judge(note, number, match)
    if judged is None:
        return None
    clause = note.clauses[number]
    start, end = (clause.start, clause.end) if alone else (judged.start, judged.end)
    start, end = min(start, judged.start), max(end, judged.end)
    place = _where(note, number, match)
    return NoteIssue(
        checkpoint=match.checkpoint.code,
        dimension=match.checkpoint.dimension,
        polarity=judged.polarity,
        severity=severity_of(match.checkpoint.severity, note.text[start:end]),
        span=(start, end),
        where=text[place.start : place.end] if place else None,
        value=judged.value,
        confidence=round(judged.confidence, 2),
    )


def _judge(note: _Note, number: int, match: Match) -> _Judged | None:
    """Tell whether this is a problem: by a measured value, by the wording itself, by the words around it."""
    clause = note.clauses[number]
    limits = match.checkpoint.limits
    value = _value(note, number, match)
    sure = CONFIDENCE[match.how]
    own = _own_cues(note, match)
    if limits and value and (limits.unit or not own) and value.value.unit == limits.unit:
        return _by_limits(note, match, limits, value, own or _near_cues(note, clause, match), sure)
    said = value.value if value else None
    if own:
        polarity: Polarity = "problem" if any(cue.polarity == "problem" for cue in own) else "ok"
        if polarity == "problem" and _settled(note, clause, match):
            polarity, sure = "ok", sure - 0.05
        start, end = min(match.start, own[0].start), max(match.end, own[-1].end)
        return _Judged(polarity, start, end, sure, said)
    near = _near_cues(note, clause, match)
    if not near:
        near, sure = _said_next(note, number), sure - 0.1
    if not near:
        return None
    cue = min(near, key=lambda cue: _distance(cue, match))
    start, end = min(match.start, cue.start), max(match.end, cue.end)
    return _Judged(cue.polarity, start, end, sure - 0.05, said)


def _near_cues(note: _Note, clause: Clause, match: Match) -> list[Cue]:
    """Return the judging words of the clause that are no part of a wording and are about this thing."""
    free = [cue for cue in note.within(note.cues, clause) if not _claimed(note, cue)]
    return [cue for cue in free if match in _about(note, clause, cue)]


def _said_next(note: _Note, number: int) -> list[Cue]:
    """Return the judging word that opens the next clause, if that names no thing of its own: "洗手间，很脏"."""
    if number + 1 == len(note.clauses) or note.within(note.matches, note.clauses[number + 1]):
        return []
    clause = note.clauses[number + 1]
    return [cue for cue in note.within(note.cues, clause)[:1] if cue.start - clause.start <= _OPENING]


def _own_cues(note: _Note, match: Match) -> list[Cue]:
    """Return the judging words within the wording; of a misheard one, those it should have had."""
    if match.how == "sound" and any(cue.polarity == "problem" for cue in cues(match.wording)):
        return [Cue(match.start, match.end, "problem")]
    return [cue for cue in note.cues if cue.start < match.end and match.start < cue.end]


def _about(note: _Note, clause: Clause, cue: Cue) -> list[Match]:
    """Return the things a judging word is about: the nearest, and those that "and" joins to it."""
    here = note.within(note.matches, clause)
    about = [min(here, key=lambda match: (_distance(cue, match), -match.start))]
    for match in reversed(here[: here.index(about[0])]):
        if not _JOINED.fullmatch(note.text[match.end : about[-1].start]):
            break
        about.append(match)
    return about


def _by_limits(note: _Note, match: Match, limits: Limits, found: Found, said: list[Cue], sure: float) -> _Judged:
    measured = by_limits(note.text, found, limits)
    if measured.assumed_sign:
        sure -= 0.15
    if match.how == "sound":
        sure += 0.1  # a value in its unit speaks for the misheard thing
    if said and said[0].polarity != measured.polarity:
        sure -= 0.2
    start, end = min(match.start, found.start), max(match.end, found.end)
    return _Judged(measured.polarity, start, end, sure, measured.value)


def _settled(note: _Note, clause: Clause, match: Match) -> bool:
    """Tell whether the clause goes on to say that it is in order by now ("漏水已经修好了")."""
    later = [cue for cue in note.within(note.cues, clause) if cue.start >= match.end and not _claimed(note, cue)]
    return any(
        cue.kind == "fixed" or (cue.kind == "ok" and says_now(note.text[clause.start : clause.end])) for cue in later
    )


def _look_back(note: _Note, number: int, found: list[_InClause]) -> None:
    """Let a clause that names no thing of its own ("已经修好了", "it is fine now") settle what was just said."""
    clause = note.clauses[number]
    text = note.text[clause.start : clause.end]
    here = note.within(note.cues, clause)
    if any(cue.polarity == "problem" for cue in here):
        return
    if not any(cue.kind == "fixed" or (cue.kind == "ok" and says_now(text)) for cue in here):
        return
    for index, one in enumerate(found):
        issue = one.said.issue
        if one.clause == number - 1 and issue.polarity == "problem":
            changed = msgspec.structs.replace(
                issue, polarity="ok", span=(issue.span[0], clause.end), confidence=round(issue.confidence - 0.05, 2)
            )
            found[index] = _InClause(one.clause, Said(changed, by_now=True))


def _value(note: _Note, number: int, match: Match) -> Found | None:
    """Return the value said of this thing: of its unit, here or in a bare clause beside it; else any here."""
    own = _spoken_values(note, note.clauses[number])
    limits = match.checkpoint.limits
    if limits:
        for here in (own, *(_spoken_values(note, clause) for clause in _bare_neighbours(note, number))):
            if fitting := [found for found in here if found.value.unit == limits.unit]:
                return min(fitting, key=lambda found: _distance(found, match))
    money = match.checkpoint.dimension in {"pricing", "promotion"}
    rest = [found for found in own if found.value.unit != "°C" and (found.value.unit != "yuan" or money)]
    return min(rest, key=lambda found: _distance(found, match), default=None)


def _bare_neighbours(note: _Note, number: int) -> list[Clause]:
    beside = [note.clauses[at] for at in (number + 1, number - 1) if 0 <= at < len(note.clauses)]
    return [clause for clause in beside if not note.within(note.matches, clause)]


def _spoken_values(note: _Note, clause: Clause) -> list[Found]:
    named = [place for place in note.places if place.exact]
    return [
        found
        for found in note.within(note.values, clause)
        if not any(place.start <= found.start < place.end for place in named)
    ]


def _claimed(note: _Note, cue: Cue) -> bool:
    """Tell whether the cue is part of a wording that was found."""
    return any(cue.start < match.end and match.start < cue.end for match in note.matches)


def _distance(item: Cue | Found | Place, match: Match) -> int:
    return max(item.start - match.end, match.start - item.end, 0)


def _where(note: _Note, number: int, match: Match) -> Place | None:
    clause = note.clauses[number]
    here = note.within(note.places, clause)
    exact = [place for place in here if place.exact]
    things = note.within(note.matches, clause)
    other = [
        place
        for place in here
        if (place.end <= match.start or place.start >= match.end)
        and _distance(place, match) == min(_distance(place, thing) for thing in things)
    ]
    if exact or other:
        return min(exact or other, key=lambda place: _distance(place, match))
    if number and note.clauses[number - 1].sentence == clause.sentence:
        before = note.within(note.places, note.clauses[number - 1])
        bare = not note.within(note.matches, note.clauses[number - 1])
        if before and (bare or _ALSO.search(note.text[clause.start : clause.end])):
            return before[-1]
    return None
