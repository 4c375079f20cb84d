"""A note read by a model: which clauses are about which checkpoint, and what they say of it.

The model says of each clause, in the whole of the note, what it may be about. People spread one matter over several
clauses ("三号货架，嗯，酸奶那一层，空了"), so labels are chosen for all clauses together: those of the greatest sum of
log probabilities, less a cost for every change (Viterbi). What is measured is decided by the limits of the checkpoint,
and not by the model.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from speech.notes.clauses import Clause, clauses
from speech.notes.cues import says_now
from speech.notes.extraction import extract
from speech.notes.lexicon import CheckpointWords, Lexicon, Limits
from speech.notes.matching import matches
from speech.notes.measured import by_limits
from speech.notes.merging import Said, merged
from speech.notes.model import NoteIssue, Polarity
from speech.notes.places import Place, places
from speech.notes.plain import plain
from speech.notes.severity import severity_of
from speech.notes.values import Found, converted, values

NOTHING = ""
"""The label of clauses that report nothing."""
BY_ITSELF = 0.5
"""The probability from which on a clause alone is about its checkpoint."""
SURE_RULE = 0.75
"""The confidence from which on the rules are heeded on whether a wording names a problem."""
UNLIKELY = 1e-3
"""The probability of what the model did not name among the likeliest."""


class Likely(msgspec.Struct, frozen=True):
    """What a clause is about: the likeliest checkpoints with their probabilities, the likeliest first.

    `nothing`: the probability that it reports nothing. `problem`: if it does, of something being wrong and not fine.
    """

    checkpoints: tuple[tuple[str, float], ...]
    nothing: float
    problem: float

    def probability(self, label: str) -> float:
        """Return how likely the clause is about this checkpoint, or reports nothing."""
        return self.nothing if label == NOTHING else max(dict(self.checkpoints).get(label, 0), UNLIKELY)

    def raised(self, codes: Collection[str], factor: float, something: float) -> "Likely":
        """Return this with the odds of some checkpoints raised by `factor`, those of reporting something by another."""
        known = dict(self.checkpoints)
        weights = known | {code: known.get(code, UNLIKELY) * factor for code in codes}
        rest = max(0.0, 1 - sum(known.values()) - self.nothing)
        nothing = self.nothing / something
        total = sum(weights.values()) + nothing + rest
        likeliest = sorted(weights.items(), key=lambda one: -one[1])
        return Likely(tuple((code, weight / total) for code, weight in likeliest), nothing / total, self.problem)

    def told(self, polarity: Polarity, factor: float) -> "Likely":
        """Return this with the odds of a problem, or of things being fine, raised by a factor."""
        odds = math.exp(_log_odds(self.problem)) * (factor if polarity == "problem" else 1 / factor)
        return msgspec.structs.replace(self, problem=odds / (1 + odds))


Judge = Callable[[str, Sequence[Clause]], Sequence[Likely]]
"""Judges the clauses of plain text."""


class Manner(msgspec.Struct, frozen=True):
    """What of a note counts; chosen on the development notes.

    `change`: what it costs, in nats, that a clause is about something else than the one before. `least`: the
    probability from which on a run of clauses is about its checkpoint; `second`: a clause in it is about another.
    `wording`: the factor by which a wording of the lexicon, said word for word, raises the odds of its checkpoint, and
    `something` that by which it raises the odds that anything is reported at all. `negation`: the factor by which the
    rules, sure of what a wording says ("is not empty"), raise the odds of a problem or of none.
    `told`: the confidence from which on an issue is told; below, it is likelier wrong than right.
    """

    change: float = 1.0
    least: float = 0.35
    second: float = 0.65
    wording: float = 6.0
    something: float = 8.0
    negation: float = 20.0
    told: float = 0.5


USUAL = Manner()


class Run(msgspec.Struct, frozen=True):
    """Clauses from `first` to `last` that are about one checkpoint, with its probability and that of a problem."""

    checkpoint: str
    first: int
    last: int
    sure: float
    problem: float


def understand(text: str, lexicon: Lexicon, judge: Judge, manner: Manner = USUAL) -> tuple[NoteIssue, ...]:
    """Return what a note says about the checkpoints of `lexicon`, in the order of the text, each said once.

    Spans are character positions in `text`; confidence is the probability that checkpoint and polarity are right.
    """
    simple = plain(text)
    parts = clauses(simple)
    if not parts:
        return ()
    known = {words.code: words for words in lexicon.checkpoints}
    note = _Note(text, simple, parts, values(simple), places(simple))
    judged = _heeding_words(simple, parts, judge(simple, parts), lexicon, manner)
    found = [
        _said(note, _issue(note, known[run.checkpoint], part))
        for run in runs(judged, manner)
        if run.checkpoint in known
        for part in _by_place(note, run, judged)
    ]
    return tuple(issue for issue in merged(found) if issue.confidence >= manner.told or _is_measured(issue, known))


def _is_measured(issue: NoteIssue, known: Mapping[str, CheckpointWords]) -> bool:
    """Tell whether a value in the unit of the checkpoint's limits decides: such a doubt is a person's to settle."""
    limits = known[issue.checkpoint].limits
    return bool(issue.value and limits and limits.unit and issue.value.unit == limits.unit)


def _said(note: "_Note", issue: NoteIssue) -> Said:
    """Return what was said, and whether it tells how things are by now: "the freezer was warm, … it is fine now"."""
    return Said(issue, by_now=issue.polarity == "ok" and says_now(note.simple[slice(*issue.span)]))


def _heeding_words(
    simple: str, parts: Sequence[Clause], judged: Sequence[Likely], lexicon: Lexicon, manner: Manner
) -> list[Likely]:
    said = [match for match in matches(simple, lexicon) if match.how == "exact"]
    ruled = [issue for issue in extract(simple, lexicon) if issue.confidence >= SURE_RULE and issue.value is None]
    found = []
    for part, likely in zip(parts, judged, strict=True):
        codes = {match.checkpoint.code for match in said if part.start <= match.start < part.end}
        heard = likely.raised(codes, manner.wording, manner.something) if codes else likely
        likeliest = heard.checkpoints[0][0] if heard.checkpoints else NOTHING
        for issue in ruled:
            if issue.checkpoint == likeliest and part.start <= issue.span[0] < part.end:
                heard = heard.told(issue.polarity, manner.negation)
        found.append(heard)
    return found


def runs(judged: Sequence[Likely], manner: Manner = USUAL) -> list[Run]:
    """Return what the clauses of a note are about, those that are about one thing together."""
    if not judged:
        return []
    labels = _labels(judged, manner.change)
    found: list[Run] = []
    first = 0
    for number in range(1, len(labels) + 1):
        if number == len(labels) or labels[number] != labels[first]:
            run = _run(labels[first], first, number - 1, judged)
            if run.checkpoint != NOTHING and run.sure >= manner.least:
                found.append(run)
            first = number
    for number, likely in enumerate(judged):
        near = labels[max(0, number - 1) : number + 2]
        for code, probability in likely.checkpoints[:2]:
            if probability >= manner.second and code not in near:
                found.append(_run(code, number, number, judged))
    return sorted(found, key=lambda run: (run.first, -run.sure))


def _labels(judged: Sequence[Likely], change: float) -> list[str]:
    """Return the label of each clause such that all together are likeliest."""
    names = [NOTHING, *dict.fromkeys(code for likely in judged for code, _ in likely.checkpoints)]
    total = [0.0] * len(names)
    steps: list[list[int]] = []
    for likely in judged:
        best = max(range(len(names)), key=total.__getitem__)
        before = [at if total[at] >= total[best] - change else best for at in range(len(names))]
        total = [
            max(total[at], total[best] - change) + math.log(max(likely.probability(name), 1e-9))
            for at, name in enumerate(names)
        ]
        steps.append(before)
    at = max(range(len(names)), key=total.__getitem__)
    found = [names[at]]
    for before in steps[:0:-1]:
        at = before[at]
        found.append(names[at])
    return found[::-1]


def _run(code: str, first: int, last: int, judged: Sequence[Likely]) -> Run:
    """Return a run as sure as its surest clause; each clause speaks for a problem as far as it is about this."""
    weights = [likely.probability(code) for likely in judged[first : last + 1]]
    odds = [_log_odds(likely.problem) for likely in judged[first : last + 1]]
    mean = sum(weight * odd for weight, odd in zip(weights, odds, strict=True)) / sum(weights)
    return Run(code, first, last, max(weights), 1 / (1 + math.exp(-mean)))


def _log_odds(probability: float) -> float:
    inside = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(inside / (1 - inside))


class _Note(msgspec.Struct, frozen=True):
    """A note taken apart."""

    text: str
    simple: str
    clauses: tuple[Clause, ...]
    values: tuple[Found, ...]
    places: tuple[Place, ...]

    def place_in(self, clause: Clause) -> str | None:
        """Return the first place that a clause names, in plain text."""
        here = (place for place in self.places if clause.start <= place.start < clause.end)
        return next((self.simple[place.start : place.end] for place in here), None)


def _by_place(note: _Note, run: Run, judged: Sequence[Likely]) -> list[Run]:
    """Divide a run where a clause says by itself the same of another place: "三号冷藏柜九度，五号冷藏柜四度"."""
    starts, place = [run.first], None
    for number in range(run.first, run.last + 1):
        named = note.place_in(note.clauses[number])
        if named and place and named != place and judged[number].probability(run.checkpoint) >= BY_ITSELF:
            starts.append(number)
        place = named or place
    ends = [start - 1 for start in starts[1:]] + [run.last]
    return [_run(run.checkpoint, start, end, judged) for start, end in zip(starts, ends, strict=True)]


def _issue(note: _Note, words: CheckpointWords, run: Run) -> NoteIssue:
    start, end = note.clauses[run.first].start, note.clauses[run.last].end
    found = _value(note, words.limits, start, end)
    value, polarity = found.value if found else None, _polarity(run.problem)
    sure = run.problem if polarity == "problem" else 1 - run.problem
    if found and words.limits and words.limits.unit and found.value.unit == words.limits.unit:
        measured = by_limits(note.simple, found, words.limits)
        sure = max(0.5, sure if measured.polarity == polarity else 1 - sure)
        value, polarity = measured.value, measured.polarity
    place = _place(note, run.first, run.last)
    return NoteIssue(
        checkpoint=words.code,
        dimension=words.dimension,
        polarity=polarity,
        severity=severity_of(words.severity, note.simple[start:end]),
        span=(start, end),
        where=note.text[place.start : place.end] if place else None,
        value=value,
        confidence=round(run.sure * sure, 2),
    )


def _polarity(problem: float) -> Polarity:
    return "problem" if problem >= 0.5 else "ok"


def _value(note: _Note, limits: Limits | None, start: int, end: int) -> Found | None:
    """Return the value said there: of the checkpoint's unit, else the first that is no temperature and no price."""
    named = [place for place in note.places if place.exact]
    here = [
        found
        for found in note.values
        if start <= found.start < end and not any(place.start <= found.start < place.end for place in named)
    ]
    if limits and (fitting := [same for found in here if (same := converted(found, limits.unit))]):
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
