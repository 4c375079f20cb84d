"""Finding the wordings of checkpoints in a note: word for word, loosened, and by sound where Chinese was misheard."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import msgspec

from speech.notes.lexicon import CheckpointWords, Lexicon
from speech.notes.plain import is_chinese, plain
from speech.notes.sounds import blunter, syllables

How = Literal["exact", "loose", "sound"]
_LESS: dict[How, float] = {"exact": 0, "loose": 1, "sound": 2}
CONFIDENCE: dict[How, float] = {"exact": 0.9, "loose": 0.75, "sound": 0.55}

_EN_STOP = frozenset(
    re.findall(
        r"\w+",
        "the a an is are was were be been of on in at to it its there and with for my our your have has had do does did"
        " some this that these those very really so just",
    )
)
_EN_IRREGULAR = dict(
    pair.split(":")
    for pair in re.findall(
        r"\S+",
        "mice:mous fell:fall fallen:fall shelves:shelf people:person ran:run mouldy:moldy licence:licens"
        " licences:licens broke:break broken:break torn:tear worn:wear colour:color loaves:loaf cannot:not"
        " nothing:not nobody:not none:not no:not without:not",
    )
)
_ZH_GAP = r"[^\s，。！？；,.!?;、]{1,4}"
_ZH_LOOSE = (
    "(?:有|了|的|很|太|都|又|还|在|是|些|点|有点|也|就|被|好多|几个|一个|一些|全|已经|特别|非常|"
    "比较|挺|真|里|里面|上|上面)?"
)


class Match(msgspec.Struct, frozen=True):
    """A wording of `checkpoint` at these characters."""

    start: int
    end: int
    checkpoint: CheckpointWords
    how: How
    wording: str
    """What the lexicon has; longer ones win where two overlap."""

    @property
    def weight(self) -> float:
        """Return how much of a wording it is; Chinese characters say twice as much as letters."""
        size = sum(2 if is_chinese(character) else 1 for character in self.wording)
        return size - _LESS[self.how]


class _English(msgspec.Struct, frozen=True):
    stems: tuple[str, ...]
    text: str
    loose: bool
    checkpoint: CheckpointWords


class _Chinese(msgspec.Struct, frozen=True):
    text: str
    exact: re.Pattern[str]
    loose: re.Pattern[str] | None
    sound: tuple[str, ...]
    checkpoint: CheckpointWords


class _Index(msgspec.Struct, frozen=True):
    english: tuple[_English, ...]
    chinese: tuple[_Chinese, ...]


def matches(text: str, lexicon: Lexicon) -> tuple[Match, ...]:
    """Return the wordings found in plain text; of those that overlap, the weightiest. In order of place."""
    index = _index(lexicon)
    found = [*_english(text, index), *_chinese(text, index)]
    found.sort(key=lambda match: (-match.weight, match.start))
    kept: list[Match] = []
    for match in found:
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return tuple(sorted(kept, key=lambda match: match.start))


@lru_cache(maxsize=8)
def _index(lexicon: Lexicon) -> _Index:
    english = [_english_entry(plain(word), c) for c in lexicon.checkpoints for word in c.en]
    chinese = [_chinese_entry(plain(word), c) for c in lexicon.checkpoints for word in c.zh]
    return _Index(tuple(english), tuple(chinese))


def _english_entry(phrase: str, checkpoint: CheckpointWords) -> _English:
    words = [stem for _, _, stem in _tokens(phrase)]
    content = tuple(word for word in words if word not in _EN_STOP)
    return _English(content, phrase, len(content) > 1 or len(words) == 1, checkpoint)


def _chinese_entry(phrase: str, checkpoint: CheckpointWords) -> _Chinese:
    loose = None
    if len(phrase) >= 3 and all(is_chinese(character) for character in phrase):
        loose = re.compile(_loosened(phrase))
    sound = tuple(syllables(phrase)) if all(is_chinese(character) for character in phrase) else ()
    exact = re.compile(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])" if phrase.isascii() else re.escape(phrase))
    return _Chinese(phrase, exact, loose, sound, checkpoint)


def _loosened(phrase: str) -> str:
    """Return a pattern that lets little words stand between the characters, or in one place up to four others."""
    small = _ZH_LOOSE.join(re.escape(character) for character in phrase)
    gaps = [
        re.escape(phrase[:at]) + r"[^\s，。！？；,.!?;、]{1,4}" + re.escape(phrase[at:])
        for at in range(2, len(phrase) - 1)
    ]
    return "|".join([small, *gaps])


def _english(text: str, index: _Index) -> Iterator[Match]:
    tokens = _tokens(text)
    places: dict[str, list[int]] = {}
    for number, (_, _, stem) in enumerate(tokens):
        places.setdefault(stem, []).append(number)
    for entry in index.english:
        if not entry.stems or any(stem not in places for stem in entry.stems):
            continue
        for first, last in _windows(entry, places, tokens, text):
            start, end = tokens[first][0], tokens[last][1]
            how: How = "exact" if entry.text in text[start:end] or len(entry.stems) == last - first + 1 else "loose"
            yield Match(start, end, entry.checkpoint, how, entry.text)


def _windows(
    entry: _English, places: dict[str, list[int]], tokens: list[tuple[int, int, str]], text: str
) -> Iterator[tuple[int, int]]:
    """Yield first and last token of each stretch that holds every word of the entry, close together."""
    if not entry.loose:
        for match in re.finditer(rf"\b{re.escape(entry.text)}\b", text):
            inside = [n for n, (start, end, _) in enumerate(tokens) if start >= match.start() and end <= match.end()]
            if inside:
                yield inside[0], inside[-1]
        return
    room = len(entry.stems) + (3 if len(entry.stems) > 1 else 0)
    border = r"[.!?;,]" if " and " in entry.text else r"[.!?;,]|\b(?:and|but)\b"
    for anchor in places[entry.stems[0]]:
        chosen = [_nearest(places[stem], anchor) for stem in entry.stems]
        first, last = min(chosen), max(chosen)
        little = sum(tokens[n][2] in _EN_STOP for n in range(first, last))
        between = text[tokens[first][1] : tokens[last][0]]
        if last - first < room + little and not re.search(border, between):
            yield first, last


def _nearest(places: list[int], anchor: int) -> int:
    return min(places, key=lambda place: abs(place - anchor))


def _chinese(text: str, index: _Index) -> Iterator[Match]:
    heard = _Heard(text)
    for entry in index.chinese:
        exact = [match.span() for match in entry.exact.finditer(text)]
        for start, end in exact:
            yield Match(start, end, entry.checkpoint, "exact", entry.text)
        if exact:
            continue
        loose = [match.span() for match in entry.loose.finditer(text)] if entry.loose else []
        for start, end in loose:
            yield Match(start, end, entry.checkpoint, "loose", entry.text)
        if loose or len(entry.sound) < 2:
            continue
        for start, end in heard.find(entry.text, entry.sound):
            yield Match(start, end, entry.checkpoint, "sound", entry.text)


class _Heard:
    """The note's Chinese as syllables without tones, each with its place."""

    def __init__(self, text: str) -> None:
        self._runs = [(run.start(), run[0], syllables(run[0])) for run in re.finditer(r"[\u3400-\u9fff]+", text)]

    def find(self, wording: str, sound: tuple[str, ...]) -> Iterator[tuple[int, int]]:
        """Yield where this wording is heard.

        Three syllables and more are enough to tell; two are only where one of the characters is right, and then
        the other may be off by a vowel that recognisers confuse ("缺乎" for "缺货", "接水" for "积水").
        """
        size, near = len(sound), tuple(blunter(syllable) for syllable in sound)
        for start, characters, heard in self._runs:
            for at in range(len(heard) - size + 1):
                piece = tuple(heard[at : at + size])
                same = any(x == y for x, y in zip(characters[at : at + size], wording, strict=True))
                if (piece == sound and size > 2) or (same and tuple(map(blunter, piece)) == near):
                    yield start + at, start + at + size


def _tokens(text: str) -> list[tuple[int, int, str]]:
    return [(m.start(), m.end(), stem(m[0])) for m in re.finditer(r"[a-z0-9]+(?:'[a-z]+)?", text)]


def stem(word: str) -> str:
    """Return a word without its endings: "leaking", "leaks", "leaked" are one."""
    if word in _EN_IRREGULAR:
        return str(_EN_IRREGULAR[word])
    if word.endswith("n't"):
        return "not"
    word = word.removesuffix("'s")
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3:
            word = base[:-1] if base[-1] == base[-2] and base[-1] not in "ls" else base
            break
    return word.removesuffix("e") if len(word) > 3 else word
