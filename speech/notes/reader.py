"""What understands notes: the rules, the statement model, a company's own language model; all behind one interface."""

from collections.abc import Collection
from typing import Protocol

from speech.notes.extraction import extract
from speech.notes.lexicon import Lexicon
from speech.notes.model import NoteIssue, Understood
from speech.notes.understanding import Judge, understand


class NoteReader(Protocol):
    """Finds what a note says about the checkpoints it knows."""

    @property
    def name(self) -> str:
        """Return which reader it is, in which version."""

    def issues(self, text: str) -> tuple[NoteIssue, ...]:
        """Return what the note says, in the order of the text, each matter once."""

    def read(self, text: str) -> Understood:
        """Return the same, with who really read this note."""


class RuleReader:
    """The words of a lexicon and the rules around them; needs no model."""

    name = "rules"

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def issues(self, text: str) -> tuple[NoteIssue, ...]:
        """Return what `extract` finds."""
        return extract(text, self._lexicon)

    def read(self, text: str) -> Understood:
        """Return what `extract` finds."""
        return Understood(self.name, self.issues(text))


class ModelReader:
    """A model of statements: understands wordings that nobody listed.

    It knows the checkpoints it was trained on, `trained`. What a note says of others, a company's own, is found by the
    rules and the words of the lexicon.
    """

    def __init__(self, judge: Judge, name: str, lexicon: Lexicon, trained: Collection[str]) -> None:
        self._judge, self.name, self._lexicon = judge, name, lexicon
        self._others = frozenset(entry.code for entry in lexicon.checkpoints) - frozenset(trained)

    def issues(self, text: str) -> tuple[NoteIssue, ...]:
        """Return what `understand` finds, and what `extract` finds of checkpoints that the model cannot know."""
        found = understand(text, self._lexicon, self._judge)
        if not self._others:
            return found
        # The rules hear all checkpoints, so that the words of one they are not asked for are not taken for another's.
        added = (issue for issue in extract(text, self._lexicon) if issue.checkpoint in self._others)
        return tuple(sorted((*found, *added), key=lambda issue: issue.span))

    def read(self, text: str) -> Understood:
        """Return the same, and the name."""
        return Understood(self.name, self.issues(text))
