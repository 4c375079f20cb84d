"""What was heard."""

import bisect

import msgspec

from core.text import Text


class Segment(msgspec.Struct, frozen=True):
    """A stretch of speech: seconds from the start of the recording, text, and confidence 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


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
        """Return from when to when the characters `span` of `text` were spoken, to about a second."""
        return self._second(span[0]), self._second(span[1])

    def _second(self, at: int) -> float:
        ends, total = [], 0
        for number, segment in enumerate(self.segments):
            total += len(segment.text) + (
                len(separator(self.language, segment.text)) if number + 1 < len(self.segments) else 0
            )
            ends.append(total)
        if not ends:
            return 0.0
        index = min(bisect.bisect_left(ends, at), len(ends) - 1)
        segment, first = self.segments[index], ends[index - 1] if index else 0
        share = min(1.0, max(0.0, (at - first) / max(1, len(segment.text))))
        return round(segment.start + share * (segment.end - segment.start), 2)


EMPTY_REASONS = {
    "no_speech": Text("没有听到说话声", "No speech was heard"),
    "unclear": Text("声音不清, 没有听懂", "The speech was too unclear to understand"),
    "not_a_note": Text("只识别到片尾字幕一类的无关内容", "Only phrases were heard that such models make up in noise"),
    "loop": Text("识别结果不断重复, 已舍弃", "The recognised text only repeated itself and was dropped"),
}


def separator(language: str, text: str) -> str:
    """Return what stands between this segment's text and the next one's."""
    if language != "zh":
        return " "
    return "" if text[-1:] in "，。！？；、：…" else "，"


def joined(language: str, segments: tuple[Segment, ...]) -> str:
    """Return the segments' texts as one."""
    last = len(segments) - 1
    return "".join(
        segment.text + (separator(language, segment.text) if number < last else "")
        for number, segment in enumerate(segments)
    )
