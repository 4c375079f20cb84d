"""What was said twice is one: the one rule for it, whoever read the note."""

from collections.abc import Iterable

import msgspec

from speech.notes.model import NoteIssue
from speech.notes.severity import LEVELS


class Said(msgspec.Struct, frozen=True):
    """An issue as it was found; `by_now` where it says how things are in the end ("is fine now")."""

    issue: NoteIssue
    by_now: bool = False


def merged(found: Iterable[Said]) -> tuple[NoteIssue, ...]:
    """Join what was said twice about one matter, in the order it was found; return the issues in that of the text."""
    kept: list[NoteIssue] = []
    for said in found:
        at = next((index for index, other in enumerate(kept) if same_matter(other, said.issue)), None)
        if at is None:
            kept.append(said.issue)
        else:
            kept[at] = together(kept[at], said.issue, by_now=said.by_now)
    return tuple(sorted(kept, key=lambda issue: issue.span))


def same_matter(one: NoteIssue, other: NoteIssue) -> bool:
    """Tell whether two issues are about one checkpoint at one place, or only one of them names a place."""
    return one.checkpoint == other.checkpoint and (not one.where or not other.where or one.where == other.where)


def together(one: NoteIssue, other: NoteIssue, *, by_now: bool = False) -> NoteIssue:
    """Join two issues about one matter: the surer one, a little surer still, with what only the other names.

    Of two minds, the problem counts, less surely; unless the `other` tells how things are by now.
    """
    if one.polarity != other.polarity:
        counts = other if by_now or other.polarity == "problem" else one
        return _doubted(counts, 0.1 if by_now else 0.15)
    surer = max(one, other, key=lambda issue: issue.confidence)
    return msgspec.structs.replace(
        surer,
        where=one.where or other.where,
        what=one.what or other.what,
        value=surer.value or one.value or other.value,
        severity=max(one.severity, other.severity, key=LEVELS.index),
        confidence=min(0.99, round(surer.confidence + 0.03, 2)),
    )


def _doubted(issue: NoteIssue, by: float) -> NoteIssue:
    return msgspec.structs.replace(issue, confidence=max(0.0, round(issue.confidence - by, 2)))
