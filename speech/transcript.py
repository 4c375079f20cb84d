"""What was heard."""

import bisect
import itertools

import msgspec

from core.text import Text

LANGUAGES = ("zh", "en")
"""The languages in which notes are understood."""


class Word(msgspec.Struct, frozen=True):
    """A word, of Chinese a few characters: seconds from the start of the recording, text, confidence 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


class Segment(msgspec.Struct, frozen=True):
    """A stretch of speech: seconds from the start of the recording, text, and confidence 0 to 1.

    Its words carry no punctuation that was put between them afterwards, so they are about as long as `text` together.
    """

    start: float
    end: float
    text: str
    confidence: float
    words: tuple[Word, ...] = ()


class Transcript(msgspec.Struct, frozen=True):
    """A recording in words. `text` is "" where `empty_reason` tells why nothing was understood."""

    language: str
    duration_s: float
    text: str
    segments: tuple[Segment, ...]
    model: str
    ms: int
    empty_reason: str | None = None

    def seconds_of(self, span: tuple[int, int]) -> tuple[float, float]:
        """Return from when to when the characters `span` of `text` were spoken, to a word where there are words."""
        return self._second(span[0]), self._second(span[1])

    def _second(self, at: int) -> float:
        if not self.segments:
            return 0.0
        starts = list(itertools.accumulate((len(piece) for piece in pieces(self.language, self.segments)), initial=0))
        index = max(0, bisect.bisect_right(starts, at, hi=len(self.segments)) - 1)
        segment = self.segments[index]
        share = min(1.0, max(0.0, (at - starts[index]) / max(1, len(segment.text))))
        return round(_within(segment, share), 2)


def _within(segment: Segment, share: float) -> float:
    """Return the second at which this share of a segment's characters was spoken."""
    left = share * sum(len(word.text) for word in segment.words)
    for word in segment.words:
        if left <= len(word.text):
            return word.start + left / max(1, len(word.text)) * (word.end - word.start)
        left -= len(word.text)
    return segment.end if segment.words else segment.start + share * (segment.end - segment.start)


EMPTY_REASONS = {
    "no_speech": Text("没有听到说话声", "No speech was heard"),
    "unclear": Text("声音不清, 没有听懂", "The speech was too unclear to understand"),
    "other_language": Text("听起来不是设定的语言", "This sounds like a language that was not asked for"),
    "not_a_note": Text("只识别到片尾字幕一类的无关内容", "Only phrases were heard that such models make up in noise"),
    "loop": Text("识别结果不断重复, 已舍弃", "The recognised text only repeated itself and was dropped"),
}


def pieces(language: str, segments: tuple[Segment, ...]) -> list[str]:
    """Return each segment's text with what separates it from the next: a pause is at least a comma."""
    return [
        segment.text
        + (_separator(language, segment.text, segments[number + 1].text) if number + 1 < len(segments) else "")
        for number, segment in enumerate(segments)
    ]


def joined(language: str, segments: tuple[Segment, ...]) -> str:
    """Return the segments' texts as one."""
    return "".join(pieces(language, segments))


def _separator(language: str, text: str, following: str) -> str:
    marked = text[-1:] in "，。！？；、：…,.!?;:"
    if language == "zh":
        return "" if marked else "，"
    return " " if marked or not following[:1].isupper() else ". "
