"""Notes put together from statements: what is learned from, clause by clause."""

import random
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from speech.notes.clauses import Clause, clauses
from speech.notes.plain import plain
from speech.train.statements import Statement, noisy

ALONE = 0.3
"""The share of notes that hold one statement."""
MOST = 4
RELATED = 0.4
"""How often the next statement of a note is of the same dimension: what has to be told apart."""
_BETWEEN = {
    "zh": ("，", "，", "，", "。", "。", "；", "，然后", "，还有", "，另外", "。那个，"),
    "en": (", ", ", ", ". ", ". ", ". ", ", and ", " and ", "; ", ", but ", ", also ", ". Right, "),
}


class Composed(msgspec.Struct, frozen=True):
    """A note in plain text, its clauses, and the statement that each of them comes from."""

    text: str
    clauses: tuple[Clause, ...]
    said: tuple[Statement, ...]


class Composer:
    """Makes notes of statements; each statement is used once a round."""

    def __init__(self, lines: Sequence[Statement], luck: random.Random) -> None:
        self._lines, self._luck = list(lines), luck

    def round(self) -> list[Composed]:
        """Return notes that hold every statement once."""
        waiting: defaultdict[str, list[Statement]] = defaultdict(list)
        for line in self._luck.sample(self._lines, len(self._lines)):
            waiting[line.language].append(line)
        found = [note for language in sorted(waiting) for note in self._notes(waiting[language])]
        self._luck.shuffle(found)
        return found

    def _notes(self, lines: list[Statement]) -> list[Composed]:
        found = []
        while lines:
            count = 1 if self._luck.random() < ALONE else self._luck.randint(2, MOST)
            chosen = [lines.pop()]
            while lines and len(chosen) < count:
                chosen.append(lines.pop(self._next(lines, chosen[-1])))
            found.append(composed(chosen, self._luck))
        return found

    def _next(self, lines: list[Statement], after: Statement) -> int:
        """Return the place of the next statement, near the end where taking it out is cheap."""
        if self._luck.random() < RELATED:
            dimension = after.checkpoint.partition(".")[0]
            for at in range(len(lines) - 1, max(-1, len(lines) - 200), -1):
                other = lines[at].checkpoint
                if other.startswith(dimension) and other != after.checkpoint:
                    return at
        return len(lines) - 1


def composed(chosen: Sequence[Statement], luck: random.Random | None = None) -> Composed:
    """Return statements as one note, with noise and varied joints where `luck` is given."""
    text, ends = "", []
    for number, line in enumerate(chosen):
        if number:
            text += luck.choice(_BETWEEN[line.language]) if luck else ("。" if line.language == "zh" else ". ")
        text += noisy(line.text, line.language, luck) if luck else line.text
        ends.append(len(text))
    simple = plain(text)
    parts = clauses(simple) or (Clause(0, len(simple), 0),)
    said = tuple(chosen[_owner(part, ends)] for part in parts)
    return Composed(simple, parts, said)


def _owner(part: Clause, ends: list[int]) -> int:
    middle = (part.start + part.end) / 2
    return next((number for number, end in enumerate(ends) if middle <= end), len(ends) - 1)
