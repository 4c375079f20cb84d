"""The choice among candidates, and the text that comes of it."""

from speech.notes.plain import plain
from speech.vocabulary.candidates import Candidate, candidates
from speech.vocabulary.forms import Vocabulary
from speech.vocabulary.model import Corrected, Correction
from speech.vocabulary.protection import protection

MARGIN = 0.2
"""So much nearer than any other term in the same place has the chosen one to be."""


def correct(text: str, vocabulary: Vocabulary) -> Corrected:
    """Put terms right that were misheard; correcting the result again changes nothing.

    A term that is right may settle what stands beside it, so the text is looked at until nothing changes. Every round
    leaves fewer characters outside of terms, so this ends.
    """
    result = Corrected(text, text)
    while True:
        chosen = _chosen(result.text, vocabulary)
        if not chosen:
            return result
        result = _applied(result, chosen)


def _chosen(text: str, vocabulary: Vocabulary) -> list[Candidate]:
    simple = plain(text)
    found = candidates(simple, vocabulary, protection(simple, vocabulary))
    return _best([one for one in _clear(found) if text[one.start : one.end] != one.form.written])


def _clear(found: list[Candidate]) -> list[Candidate]:
    """Leave out places where two terms are about as near: which was meant is not known."""
    by_place: dict[tuple[int, int], list[Candidate]] = {}
    for one in found:
        by_place.setdefault((one.start, one.end), []).append(one)
    kept: list[Candidate] = []
    for rivals in by_place.values():
        best = min(rivals, key=lambda one: one.cost)
        others = [one for one in rivals if one.form.written != best.form.written]
        if all(other.cost - best.cost >= MARGIN for other in others):
            kept.append(best)
    return kept


def _best(found: list[Candidate]) -> list[Candidate]:
    """Return the candidates that together explain most and do not overlap, in order of place."""
    found = sorted(found, key=lambda one: (one.end, one.start))
    totals: list[tuple[float, int, int | None]] = []  # weight up to here, the candidate, what came before it
    for number, one in enumerate(found):
        before = [(totals[i][0], i) for i in range(number) if found[i].end <= one.start]
        weight, previous = max(before, default=(0.0, None), key=lambda pair: pair[0])
        totals.append((weight + one.weight, number, previous))
    chosen: list[Candidate] = []
    at = max(range(len(totals)), key=lambda number: totals[number][0]) if totals else None
    while at is not None:
        chosen.append(found[totals[at][1]])
        at = totals[at][2]
    return chosen[::-1]


def _applied(before: Corrected, chosen: list[Candidate]) -> Corrected:
    text, made, shift, last = "", [], 0, 0
    moved: list[Correction] = []
    for one in chosen:
        text += before.text[last : one.start] + one.form.written
        last = one.end
    text += before.text[last:]
    for one in chosen:
        start, end = before.heard_span((one.start, one.end))
        at = (one.start + shift, one.start + shift + len(one.form.written))
        shift += len(one.form.written) - (one.end - one.start)
        made.append(Correction(start, end, before.heard[start:end], one.form.written, one.distance, at))
    for old in before.corrections:
        if any(new.start <= old.start and old.end <= new.end for new in made):
            continue  # a part of what is a longer term now
        shift = sum(len(one.form.written) - (one.end - one.start) for one in chosen if one.end <= old.at[0])
        moved.append(
            Correction(old.start, old.end, old.heard, old.term, old.distance, (old.at[0] + shift, old.at[1] + shift))
        )
    return Corrected(text, before.heard, tuple(sorted((*made, *moved), key=lambda one: one.start)))
