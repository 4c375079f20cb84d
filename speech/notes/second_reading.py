"""Two readers of one note: what both say stands, what one alone says is put to a person."""

from collections.abc import Mapping

from core.breaker import Breaker
from core.log import get_logger
from speech.notes.answers import asked
from speech.notes.chat import NotAnswered
from speech.notes.language_model import LanguageModel
from speech.notes.lexicon import Lexicon, Limits
from speech.notes.merging import same_matter, together
from speech.notes.model import NoteIssue, Understood
from speech.notes.reader import NoteReader

log = get_logger(__name__)

_ABOUT_THE_NOTE = ("refused_by_model", "cut_short", "note_too_long")
"""Reasons that say nothing about the next note: the model is there."""


class SecondReading:
    """A reader whose findings a language model reads again; where that gives no answer, they stand as they are.

    It never fails, and never waits longer than the model's timeout. A model that keeps failing is left alone a while.
    """

    def __init__(self, first: NoteReader, model: LanguageModel, lexicon: Lexicon, breaker: Breaker) -> None:
        self.name = f"{first.name}, {model.name}"
        self._first, self._model, self._breaker = first, model, breaker
        self._limits = {entry.code: entry.limits for entry in lexicon.checkpoints}

    def issues(self, text: str) -> tuple[NoteIssue, ...]:
        """Return the findings of both, joined; or the first reader's, with the reason in the log."""
        return self.read(text).issues

    def read(self, text: str) -> Understood:
        """Return the same; `by` names the language model only where it answered."""
        first = self._first.read(text)
        if not self._breaker.may_try():
            log.info("language model rests, the note is read without it")
            return first
        try:
            found = self._again(first.issues, text)
        except NotAnswered as error:
            rest_s = self._judge(error)
            log.warning("no answer of the language model", reason=error.reason, status=error.status, rests_s=rest_s)
            return first
        self._breaker.succeeded()
        return Understood(self.name, found)

    def both(self, text: str) -> tuple[NoteIssue, ...]:
        """Return the findings of both, joined: what is to be measured, where falling back would flatter the model.

        Raises:
            NotAnswered: the model gave no answer.

        """
        return self._again(self._first.issues(text), text)

    def _again(self, first: tuple[NoteIssue, ...], text: str) -> tuple[NoteIssue, ...]:
        return joined(first, self._model.issues(text), self._limits)

    def _judge(self, error: NotAnswered) -> float | None:
        if error.reason in _ABOUT_THE_NOTE:
            self._breaker.succeeded()
            return None
        return self._breaker.failed()


def joined(
    first: tuple[NoteIssue, ...], second: tuple[NoteIssue, ...], limits: Mapping[str, Limits | None]
) -> tuple[NoteIssue, ...]:
    """Return the matters of both readings in the order of the text.

    Said by both: the surer one counts, a little surer. Of two minds: a value held against `limits` decides, else the
    problem counts and a person is asked. Said by one alone: a person is asked, unless it was measured.
    """
    left, found = list(second), []
    for issue in first:
        other = next((other for other in left if same_matter(issue, other)), None)
        if other is None:
            found.append(issue if _measured(issue, limits) else asked(issue))
            continue
        left.remove(other)
        found.append(_settled(issue, other, limits))
    return tuple(sorted([*found, *map(asked, left)], key=lambda issue: issue.span))


def _settled(issue: NoteIssue, other: NoteIssue, limits: Mapping[str, Limits | None]) -> NoteIssue:
    if issue.polarity == other.polarity:
        return together(issue, other)
    measured = [one for one in (issue, other) if _measured(one, limits)]
    return measured[0] if len(measured) == 1 else asked(together(issue, other))


def _measured(issue: NoteIssue, limits: Mapping[str, Limits | None]) -> bool:
    """Tell whether its polarity is that of a value against limits; of a count one cannot tell what was counted."""
    of = limits.get(issue.checkpoint)
    return bool(of and of.unit and issue.value and issue.value.unit == of.unit)
