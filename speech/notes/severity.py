"""How bad a thing is, from the words around it."""

import re

from speech.notes.model import Severity

LEVELS: tuple[Severity, ...] = ("minor", "major", "critical")

_WORSE = re.compile(
    r"严重|非常|很多|大量|到处|全是|危险|滑倒|受伤|紧急|"
    r"serious|severe|danger|everywhere|urgent|injured|all over|slipped|critical"
)
_MILDER = re.compile(r"轻微|稍微|略微|一点点|slight|a little|a bit|minor")


def severity_of(base: Severity, text: str) -> Severity:
    """Return the severity of a checkpoint, one up or down where the words around it say so."""
    level = LEVELS.index(base)
    if _WORSE.search(text):
        level = min(level + 1, 2)
    elif _MILDER.search(text) and base != "critical":
        level = max(level - 1, 0)
    return LEVELS[level]
