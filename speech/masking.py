"""Numbers that lead to a person are made unreadable in a text: telephone, identity card, bank card, e-mail address.

    mask("叫王姐打13800138000").text == "叫王姐打•••••••••••"

Strictly, by the form of a number (`personal_numbers`), and generously after words that call it one (`number_cues`). The
text keeps its length, so that places in it stay right. Prices, temperatures, dates, counts and barcodes stay as they
are. Pure: no model, no files.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import msgspec

from speech.digits import runs
from speech.number_cues import LEAST, LEAST_BEFORE, Around, has_unit
from speech.personal_numbers import Span, Window, find, looks_written_as_one
from speech.transcript import Transcript, pieces

DOT = "•"

_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
    r"(?:[ ]?[@＠][ ]?(?:[A-Za-z0-9-]{1,63}(?:[.．点]|[ ]dot[ ])){1,5}[A-Za-z]{2,24}"
    r"|(?:[ ]at[ ]|[ ]?艾特[ ]?)(?:[A-Za-z0-9-]{1,63}(?:点|[ ]dot[ ])){1,5}[A-Za-z]{2,24})",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(?:微信|wechat)号?(?: id)?[ 是为:：]*(?:is )?(?P<name>[A-Za-z](?=[\w-]*\d)[A-Za-z0-9_-]{5,19})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_DAY: Final = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])20\d\d"
)
_PUBLIC: Final = frozenset({"12315", "12345", "12306", "12123", "95598"})
"""Hotlines of the public: consumers, city, railway, traffic, power."""
_APART: Final = re.compile(r"[,，、]|(?<![a-z])and(?![a-z])|和", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"\d+(?:\.\d{1,2})|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?")


class Masked(msgspec.Struct, frozen=True):
    """A text of the same length as before; `spans` tell where a number or address was, from first to past the last."""

    text: str
    spans: tuple[Span, ...]


def mask(text: str) -> Masked:
    """Return the text with every digit of a personal number, and every letter of an e-mail address, as "•"."""
    letters, spans = list(text), []
    for match, name in [*((one, 0) for one in _MAIL.finditer(text)), *((one, 1) for one in _WECHAT.finditer(text))]:
        _hide(letters, match.span(name))
        spans.append(match.span(name))
    for numbers in (_by_form, _by_word):
        for places in numbers("".join(letters)):
            for place in places:
                _hide(letters, place)
            spans.append((places[0][0], places[-1][1]))
    return Masked("".join(letters), tuple(sorted(spans)))


def mask_transcript(transcript: Transcript) -> Transcript:
    """Return the transcript with the text, the segments, their words and every other text in it masked.

    A number, or the word that tells what it is, may stand in another segment; it is looked for in the whole of them.
    """
    parts = pieces(transcript.language, transcript.segments)
    masked = mask("".join(parts)).text
    plain = msgspec.to_builtins(transcript)
    at = 0
    for segment, part in zip(plain["segments"], parts, strict=True):
        heard = segment["text"]
        segment["text"] = masked[at : at + len(heard)]
        _mask_words(segment.get("words", ()), heard, segment["text"])
        at += len(part)
    return msgspec.convert(_each_text(plain), Transcript)


def _hide(letters: list[str], place: Span) -> None:
    for at in range(*place):
        if not letters[at].isspace() and letters[at] not in "@＠.．":
            letters[at] = DOT


def _by_form(text: str) -> Iterator[tuple[Span, ...]]:
    """Yield numbers that are a person's by themselves, unless the shop says that they are its own."""
    found = list(runs(text))
    around = Around(text, _places(found))
    for run in found:
        for places in find(text, run):
            start, end = places[0][0], places[-1][1]
            window = [group for group in run if start <= group.start and group.end <= end]
            listed = len(window) > 1 and not looks_written_as_one(window) and around.counts(start, end)
            if not listed and not around.calls_code(start):
                yield places


def _by_word(text: str) -> Iterator[tuple[Span, ...]]:
    """Yield numbers that a word calls a person's, in whatever form they were heard."""
    found = list(runs(text, generous=True))
    around = Around(text, _places(found))
    for run in found:
        for part in _parts(text, run):
            window = _without_ends(text, part)
            digits = "".join(group.digits for group in window)
            if (
                window
                and digits not in _PUBLIC
                and not _is_short_list(text, window)
                and not _DAY.fullmatch(digits)
                and around.calls_personal(window[0].start, window[-1].end, len(digits))
            ):
                yield tuple(place for group in window for place in group.places)


def _is_short_list(text: str, window: Window) -> bool:
    """Tell whether these are a few numbers of one or two digits, told apart: "3, 5, 7, 9 and 11"."""
    gaps = [text[one.end : other.start] for one, other in pairwise(window)]
    return (
        bool(gaps)
        and sum(len(group.digits) for group in window) < LEAST_BEFORE
        and all(len(group.digits) <= 2 for group in window)
        and all(_APART.search(gap) for gap in gaps)
    )


def _places(found: list[Window]) -> Iterator[Span]:
    return (place for run in found for group in run for place in group.places)


def _parts(text: str, run: Window) -> Iterator[Window]:
    """Yield the stretches of a run between amounts ("12.50", "1,234,567", "three thousand five")."""
    part: Window = []
    for tied in _tied(run):
        amount = len(tied) > 1 and _DECIMAL.fullmatch(text, tied[0].start, tied[-1].end)
        negative = re.search("[,，、。] *[-－–—]", tied[0].gap or "")
        in_words = any(group.is_round for group in tied) and (tied[-1] is not run[-1] or _digits(part) < LEAST)
        if amount or negative:
            yield part
        if amount or negative or in_words:
            part = []
        if not amount and not in_words:
            part += tied
    yield part


def _tied(run: Window) -> Iterator[Window]:
    """Yield groups that only a dot or a comma separates, without a space."""
    tied: Window = []
    for group in run:
        if tied and group.gap not in (".", ","):
            yield tied
            tied = []
        tied.append(group)
    if tied:
        yield tied


def _digits(window: Window) -> int:
    return sum(len(group.digits) for group in window)


def _without_ends(text: str, part: Window) -> Window:
    """Leave out what is no digit at an end, and a count behind the number: "…5678，12瓶"."""
    window = part.copy()
    while window and window[-1].doubtful and not window[-1].is_round:
        window.pop()
    if window and has_unit(text, window[-1].end):
        window.pop()
    while window and window[0].doubtful:
        window.pop(0)
    return window


def _mask_words(words: Any, heard: str, masked: str) -> None:
    """Hide the same letters in the words of a segment; where words and segment differ, the whole words."""
    if heard == masked:
        return
    kept = iter(masked[at] for at, letter in enumerate(heard) if letter.isalnum())
    spelled = [letter for word in words for letter in word["text"] if letter.isalnum()]
    alike = spelled == [letter for letter in heard if letter.isalnum()]
    for word in words:
        text = word["text"]
        word["text"] = "".join((next(kept) if alike else DOT) if letter.isalnum() else letter for letter in text)


def _each_text(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value).text
    if isinstance(value, dict):
        return {name: _each_text(inner) for name, inner in value.items()}
    return [_each_text(inner) for inner in value] if isinstance(value, list | tuple) else value
