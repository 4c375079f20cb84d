"""Notes that name terms of a vocabulary, made of hand-written sentences; and what a recogniser might make of them."""

import csv
import random
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from pypinyin import Style, lazy_pinyin, pinyin_dict

from storepatrol.demo.people import TREE

FOLDER = Path(__file__).resolve().parent
TERMS = FOLDER.parent / "storepatrol" / "demo" / "vocabulary.csv"
FRAMES = FOLDER / "vocabulary_frames.toml"
SENTENCES_A_TERM = 3

Split = Literal["dev", "test"]


class Note(NamedTuple):
    """A note that names `term`, in the split and language it belongs to."""

    split: Split
    language: str
    text: str
    term: str
    kind: str


def notes() -> Iterator[Note]:
    """Yield the notes, the same each time: every second term of a kind is `dev`, the others `test`."""
    frames = tomllib.loads(FRAMES.read_text("utf-8"))
    for kind, terms in _terms().items():
        for number, (language, term) in enumerate(terms):
            split: Split = "test" if number % 2 else "dev"
            sentences = frames[split][language][kind]
            turned = sentences[number // 2 % len(sentences) :] + sentences
            for sentence in islice(turned, min(SENTENCES_A_TERM, len(sentences))):
                yield Note(split, language, sentence.format(term), term, kind)


def _terms() -> dict[str, list[tuple[str, str]]]:
    """Return (language of the note, term) by kind; Latin brands and products are named in English notes."""
    found: dict[str, list[tuple[str, str]]] = {"product": [], "brand": [], "fixture": [], "store": []}
    with TERMS.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(islice(file, 1, None)):
            found[row[0]].append(("en" if row[1].isascii() else "zh", row[1]))
    for _, _, kind, name in TREE:
        if kind == "store":
            found["store"] += [("zh", name.zh), ("en", name.en)]
    return {kind: sorted(terms) for kind, terms in found.items()}


SWAPS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))
ENDS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


class Mishearing:
    """Writes Chinese with other characters of the same or nearly the same sound: a stand-in for a recogniser."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a benchmark has to be the same each time
        self._by_tone: dict[str, list[str]] = {}
        self._by_sound: dict[str, list[str]] = {}
        for code in pinyin_dict.pinyin_dict:
            character = chr(code)
            if _is_usual(character):
                toned = lazy_pinyin(character, style=Style.TONE3)[0]
                self._by_tone.setdefault(toned, []).append(character)
                self._by_sound.setdefault(toned.rstrip("012345"), []).append(character)

    def of(self, term: str, share: float = 0.7) -> str:
        """Return the term with `share` of its characters heard as others: 60 % same tone, 25 % another, 15 % near."""
        toned = lazy_pinyin(term, style=Style.TONE3, errors=list)  # type: ignore[arg-type] # its stubs know no list
        if len(toned) != len(term) or not any(map(_is_usual, term)):
            return term
        while True:
            heard = "".join(
                self._other(character, sound) if self._random.random() < share else character
                for character, sound in zip(term, toned, strict=True)
            )
            if heard != term:
                return heard

    def _other(self, character: str, toned: str) -> str:
        if not _is_usual(character):
            return character
        roll, bare = self._random.random(), toned.rstrip("012345")
        if roll < 0.6:
            choices = self._by_tone.get(toned, [])
        elif roll < 0.85:
            choices = self._by_sound.get(bare, [])
        else:
            choices = self._by_sound.get(self._near(bare), [])
        choices = [choice for choice in choices if choice != character]
        return self._random.choice(choices) if choices else character

    def _near(self, sound: str) -> str:
        swaps = [
            other + sound[len(one) :]
            for pair in SWAPS
            for one, other in (pair, pair[::-1])
            if sound.startswith(one) and (one + other) not in sound
        ]
        ends = [sound[: -len(one)] + other for pair in ENDS for one, other in (pair, pair[::-1]) if sound.endswith(one)]
        real = [near for near in (*swaps, *ends) if near in self._by_sound]
        return self._random.choice(real) if real else sound


def _is_usual(character: str) -> bool:
    """Tell whether people write it: GB 2312's first level holds the 3755 most used."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xB0 <= code[0] <= 0xD7
