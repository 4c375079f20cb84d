"""A note's text → the problems and the good things it names. Pure: no model, no files.

    extract("三号货架缺货，冷藏柜九度", lexicon)

finds the words of checkpoints (`matching`), judges each by the words, negations and values around it (`cues`,
`values`), adds the place (`places`), and merges what was said twice (`extraction`).
"""

from speech.notes.extraction import extract
from speech.notes.lexicon import CheckpointWords, Lexicon, Limits
from speech.notes.model import LONGEST_NOTE, NoteIssue, Polarity, Understood, Value
from speech.notes.reader import NoteReader, RuleReader

__all__ = [
    "LONGEST_NOTE",
    "CheckpointWords",
    "Lexicon",
    "Limits",
    "NoteIssue",
    "NoteReader",
    "Polarity",
    "RuleReader",
    "Understood",
    "Value",
    "extract",
]
