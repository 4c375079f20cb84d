"""A text as what is compared: Chinese characters with their sound, Latin words, numbers."""

import re

import msgspec

from speech.notes.plain import is_chinese
from speech.vocabulary.sounds import Syllable, syllables

_TOKEN = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+(?:'[a-z]+)?|\d+")
_JOINED = re.compile(r"[\s\-·&]*")  # not "•": there stood a number that was masked
_PAUSE = re.compile(r"\s*[,，、]\s*")


class Token(msgspec.Struct, frozen=True):
    """A character, word or number at these places of a plain text."""

    start: int
    end: int
    text: str
    syllable: Syllable | None = None
    after_pause: bool = False
    """A comma stands before it: recognisers set them wherever the speaker took breath."""

    @property
    def is_word(self) -> bool:
        """Tell whether it is written in letters."""
        return self.syllable is None and not self.text.isdigit()


def runs(text: str) -> tuple[tuple[Token, ...], ...]:
    """Return the tokens of a plain text, in stretches without a mark between them but commas."""
    found: list[tuple[Token, ...]] = []
    current: list[Token] = []
    for match in _TOKEN.finditer(text):
        between = (current[-1].end, match.start()) if current else (0, 0)
        pause = bool(_PAUSE.fullmatch(text, *between))
        if not pause and not _JOINED.fullmatch(text, *between):
            found.append(tuple(current))
            current = []
        current += _tokens(match, after_pause=pause)
    return (*found, tuple(current)) if current else tuple(found)


def _tokens(match: re.Match[str], *, after_pause: bool) -> list[Token]:
    if not is_chinese(match[0][0]):
        return [Token(match.start(), match.end(), match[0], after_pause=after_pause)]
    return [
        Token(match.start() + place, match.start() + place + 1, character, sound, after_pause and place == 0)
        for place, (character, sound) in enumerate(zip(match[0], syllables(match[0]), strict=True))
    ]
