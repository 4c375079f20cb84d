"""The statements to learn from, and the noise that a recogniser adds to them.

Every line of `statements/*.tsv` was written for this project by hand, as a person may say it; nobody who wrote them had
seen the test notes (`benchmarks/notes.toml`), and the test notes' author had not seen them.
"""

import csv
import random
import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import msgspec
from pypinyin import lazy_pinyin

FOLDER = Path(__file__).parent / "statements"
NOTHING = "nothing"
_CONFUSED = (("zh", "z"), ("ch", "c"), ("sh", "s"))


class Statement(msgspec.Struct, frozen=True):
    """One line: `checkpoint` is a code or "nothing"; `polarity` "problem", "ok", or "-" where there is nothing."""

    checkpoint: str
    polarity: str
    language: str
    text: str


def statements(folder: Path = FOLDER) -> list[Statement]:
    """Return all statements, in the order of the files."""
    found: list[Statement] = []
    for file in sorted(folder.glob("*.tsv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            next(rows)
            found.extend(Statement(*row) for row in rows)
    return found


def noisy(text: str, language: str, luck: random.Random) -> str:
    """Return a statement as a recogniser may write it: marks lost, Chinese by other characters of the same sound."""
    text = text.lower()
    if luck.random() < 0.3:
        text = re.sub(r"[，。！？,.!?]", "", text)
    if language == "zh" and luck.random() < 0.5:
        share = luck.choice((0.06, 0.12, 0.25))
        text = "".join(_misheard(character, luck) if luck.random() < share else character for character in text)
    if language == "en" and luck.random() < 0.3:
        text = " ".join(word for word in text.split() if luck.random() > 0.08) or text
    return text


def _misheard(character: str, luck: random.Random) -> str:
    sounds, blunt = _same_sound()
    group = sounds if luck.random() < 0.7 else blunt
    return luck.choice(group.get(character, character))


@lru_cache(maxsize=1)
def _same_sound() -> tuple[dict[str, str], dict[str, str]]:
    """Return for each common character those of the same syllable, and those of one that is easily taken for it."""
    common = [
        bytes([row, cell]).decode("gb2312")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
        if row < 0xD7 or cell <= 0xF9
    ]
    syllable = {character: lazy_pinyin(character)[0] for character in common}
    same, blunt = defaultdict(str), defaultdict(str)
    for character in common:
        same[syllable[character]] += character
        blunt[_blunted(syllable[character])] += character
    return (
        {character: same[syllable[character]] for character in common},
        {character: blunt[_blunted(syllable[character])] for character in common},
    )


def _blunted(syllable: str) -> str:
    for sharp, flat in _CONFUSED:
        if syllable.startswith(sharp):
            syllable = flat + syllable[len(sharp) :]
    syllable = "n" + syllable[1:] if syllable.startswith("l") else syllable
    return syllable[:-1] if syllable.endswith("ng") else syllable
