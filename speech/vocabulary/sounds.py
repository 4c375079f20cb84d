"""How unlike two Chinese syllables sound, to a recogniser and to an accent."""

from functools import lru_cache
from typing import Final

import msgspec
from pypinyin import Style, lazy_pinyin

TONE: Final = 0.1
NEAR: Final = 0.3
FAR: Final = 0.7

_INITIALS: Final = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s", "y",
    "w",
)  # fmt: skip
_NEAR_INITIALS: Final = frozenset(
    frozenset(pair.split())
    for pair in ("zh z", "ch c", "sh s", "n l", "f h", "l r", "b p", "d t", "g k", "j q", "j zh", "q ch", "x sh")
)
_NEAR_FINALS: Final = frozenset(
    frozenset(pair.split())
    for pair in (
        "an ang",
        "en eng",
        "in ing",
        "ian iang",
        "uan uang",
        "un ong",
        "o uo",
        "e uo",
        "ei ai",
        "u uo",
        "ie i",
    )
)
_BLUNT_INITIALS: Final = {
    "zh": "z", "j": "z", "ch": "z", "c": "z", "q": "z", "sh": "s", "x": "s", "n": "l", "r": "l", "h": "f", "p": "b",
    "t": "d", "k": "g",
}  # fmt: skip
_BLUNT_FINALS: Final = {
    "ang": "an", "eng": "en", "ing": "in", "iang": "ian", "uang": "uan", "ong": "un", "o": "e", "uo": "e", "u": "e",
    "ei": "ai", "ie": "i",
}  # fmt: skip


class Syllable(msgspec.Struct, frozen=True):
    """One spoken character; tone 1 to 5, 5 the neutral one."""

    initial: str
    final: str
    tone: str

    @property
    def blunt(self) -> str:
        """Return a key that syllables share which are easily taken for each other."""
        return _BLUNT_INITIALS.get(self.initial, self.initial) + "-" + _BLUNT_FINALS.get(self.final, self.final)


@lru_cache(maxsize=32768)  # a vocabulary is built again at every change, and reading is what takes time
def syllables(text: str) -> tuple[Syllable, ...]:
    """Return one syllable a Chinese character, read as the words around it suggest."""
    # A character without a reading stands for itself; pypinyin's types do not tell that `errors` may return a list.
    toned = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, errors=list)  # type: ignore[arg-type]
    return tuple(_parse(one) for one in toned)


@lru_cache(maxsize=8192)
def syllable_distance(heard: Syllable, meant: Syllable) -> float:
    """Return 0 for the same syllable, 0.1 for another tone, 0.3 for a sound that is easily confused, at most 1."""
    parts = _part(heard.initial, meant.initial, _NEAR_INITIALS) + _part(heard.final, meant.final, _NEAR_FINALS)
    return min(1.0, parts + (TONE if heard.tone != meant.tone else 0))


def _part(heard: str, meant: str, near: frozenset[frozenset[str]]) -> float:
    if heard == meant:
        return 0
    return NEAR if frozenset((heard, meant)) in near else FAR


@lru_cache(maxsize=4096)
def _parse(toned: str) -> Syllable:
    bare, tone = (toned[:-1], toned[-1]) if toned[-1:].isdigit() else (toned, "5")
    initial = next((one for one in _INITIALS if bare.startswith(one)), "")
    return Syllable(initial, bare[len(initial) :], tone)
