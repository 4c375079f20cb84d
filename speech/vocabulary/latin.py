"""How unlike two Latin names sound."""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import DamerauLevenshtein

_SOUNDS: Final = (
    ("ph", "f"), ("ck", "k"), ("qu", "kw"), ("sch", "sh"), ("x", "ks"), ("q", "k"), ("ce", "se"), ("ci", "si"),
    ("cy", "si"), ("c", "k"), ("z", "s"), ("v", "f"), ("wr", "r"), ("kn", "n"), ("gh", "g"), ("wh", "w"), ("dg", "j"),
    ("th", "t"), ("b", "p"), ("d", "t"), ("g", "k"),
)  # fmt: skip
_SAME_KEY: Final = 0.5
"""What a difference in spelling counts for where the consonants sound alike."""


@lru_cache(maxsize=16384)
def key(letters: str) -> str:
    """Return the consonants of a name as they sound; a vowel counts only at the beginning."""
    for written, sound in _SOUNDS:
        letters = letters.replace(written, sound)
    letters = re.sub(r"(.)\1+", r"\1", letters)
    return ("a" if letters[:1] in "aeiouy" else "") + re.sub(r"[aeiouyhw]", "", letters)


def letters_distance(heard: str, meant: str) -> float:
    """Return 0 for the same letters to 1 for nothing in common; half where the consonants sound the same."""
    spelt = DamerauLevenshtein.normalized_distance(heard, meant)
    return float(spelt) * (_SAME_KEY if key(heard) == key(meant) else 1.0)


def stem(word: str) -> str:
    """Return a name without the ending of a plural or a possessive: "gondolas", "Fennick's"."""
    return re.sub(r"(?:'s|s')$|(?<=[^s])s$", "", word)
