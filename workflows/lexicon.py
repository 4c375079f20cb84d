"""The library of standards as words to listen for."""

from checklists.checkpoint import Library
from checklists.kinds import Number
from speech.notes import CheckpointWords, Lexicon, Limits

_UNITS = {"°C": "°C", "days": "days", "h": "hours", "s": "s", "cm": "cm", "m": "m", "%": "%"}
"""English units of the library → units of spoken values; every other unit is a count of things."""


def lexicon(library: Library) -> Lexicon:
    """Return the library's words, titles (they name the good state) and limits as a `Lexicon`."""
    return Lexicon(
        tuple(
            CheckpointWords(
                code=checkpoint.code,
                dimension=checkpoint.dimension,
                severity=checkpoint.severity,
                zh=(*checkpoint.words.zh, checkpoint.title.zh),
                en=(*checkpoint.words.en, checkpoint.title.en),
                limits=_limits(checkpoint.answer) if isinstance(checkpoint.answer, Number) else None,
            )
            for checkpoint in library.checkpoints.values()
        )
    )


def _limits(answer: Number) -> Limits:
    return Limits(_UNITS.get(answer.unit.en, ""), answer.min, answer.max)


def wordings(words: Lexicon) -> frozenset[str]:
    """Return every wording of a checkpoint: what a note says with them is not to be taken for a product's name."""
    return frozenset(word for entry in words.checkpoints for word in (*entry.zh, *entry.en))
