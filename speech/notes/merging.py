"""What was said twice is one."""

import msgspec

from speech.notes.model import NoteIssue
from speech.notes.severity import LEVELS


class Said(msgspec.Struct, frozen=True):
    """An issue of the clause with this number; `by_now` where it says how things are in the end."""

    clause: int
    issue: NoteIssue
    by_now: bool = False


def merged(found: list[Said]) -> tuple[NoteIssue, ...]:
    """Join what was said twice about one checkpoint: at one place, or where only one of the two names a place."""
    kept: list[NoteIssue] = []
    for said in found:
        issue = said.issue
        for index, other in enumerate(kept):
            if other.checkpoint == issue.checkpoint and (
                not other.where or not issue.where or other.where == issue.where
            ):
                kept[index] = _joined(other, issue, by_now=said.by_now)
                break
        else:
            kept.append(issue)
    return tuple(sorted(kept, key=lambda issue: issue.span))


def _joined(first: NoteIssue, second: NoteIssue, *, by_now: bool) -> NoteIssue:
    if first.polarity != second.polarity and by_now:  # "was warm yesterday, is fine now"
        return msgspec.structs.replace(second, confidence=round(second.confidence - 0.1, 2))
    if first.polarity != second.polarity:  # of two minds: the problem counts, less surely
        problem = first if first.polarity == "problem" else second
        return msgspec.structs.replace(problem, confidence=round(problem.confidence - 0.15, 2))
    surer = max(first, second, key=lambda issue: issue.confidence)
    return msgspec.structs.replace(
        surer,
        where=first.where or second.where,
        value=first.value or second.value,
        severity=max(first.severity, second.severity, key=LEVELS.index),
        confidence=min(0.99, round(surer.confidence + 0.03, 2)),
    )
