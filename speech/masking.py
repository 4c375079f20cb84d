"""Numbers that lead to a person are made unreadable in a text: telephone, identity card, bank card, e-mail address.

    mask("叫王姐打13800138000").text == "叫王姐打•••••••••••"

The text keeps its length, so that places in it stay right. Prices, temperatures, dates, counts and barcodes stay as
they are. Pure: no model, no files.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from speech.digits import FIGURE, SPOKEN, Group, runs
from speech.transcript import Transcript, pieces

DOT = "•"
Span = tuple[int, int]
Window = list[Group]

LONGEST = 19
"""Digits of the longest number that is looked for, a bank card's."""

_MOBILE = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d{9}")
_AREA = r"(?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7}"
_LANDLINE = re.compile(rf"0(?:{_AREA})")
_LANDLINE_FROM_ABROAD = re.compile(rf"(?:00)?86(?:{_AREA})")
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(rf"{_PROVINCE}\d{{4}}(?:19|20)\d\d{_DAY}\d{{3}}[\dX]")
_OLD_IDENTITY = re.compile(rf"{_PROVINCE}\d{{6}}{_DAY}\d{{3}}")
_CARD = re.compile(r"[2-69]\d{15,18}|3[47]\d{13}")
_ABROAD = re.compile(r"[1-9]\d{7,14}")
_PLUS = re.compile(r"[+＋][ (（]*$")
_X = re.compile(r"[ -]?([xXｘＸ×叉])(?![A-Za-z])")
_COUNTED = "号层排楼"
"""What follows the number of a shelf or floor, which a transcript may write right behind a telephone number."""

_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
    r"(?:[ ]?[@＠][ ]?(?:[A-Za-z0-9-]{1,63}(?:[.．点]|[ ]dot[ ])){1,5}[A-Za-z]{2,24}"
    r"|(?:[ ]at[ ]|[ ]?艾特[ ]?)(?:[A-Za-z0-9-]{1,63}(?:点|[ ]dot[ ])){1,5}[A-Za-z]{2,24})",
    re.IGNORECASE,
)


class Masked(msgspec.Struct, frozen=True):
    """A text of the same length as before; `spans` tell where a number or address was, from first to past the last."""

    text: str
    spans: tuple[Span, ...]


def mask(text: str) -> Masked:
    """Return the text with every digit of a personal number, and every letter of an e-mail address, as "•"."""
    letters, spans = list(text), []
    for match in _MAIL.finditer(text):
        _hide(letters, match.span())
        spans.append(match.span())
    for run in runs("".join(letters)):
        for places in _numbers(text, run):
            for place in places:
                _hide(letters, place)
            spans.append((places[0][0], places[-1][1]))
    return Masked("".join(letters), tuple(sorted(spans)))


def mask_transcript(transcript: Transcript) -> Transcript:
    """Return the transcript with the text, the segments, their words and every other text in it masked.

    A number may run over several segments or words; it is looked for in the whole text.
    """
    whole = mask(transcript.text).text
    plain = msgspec.to_builtins(transcript)
    parts = pieces(transcript.language, transcript.segments)
    at = 0 if "".join(parts) == transcript.text else None
    for segment, part in zip(plain["segments"], parts, strict=True):
        heard = segment["text"]
        segment["text"] = mask(heard).text if at is None else whole[at : at + len(heard)]
        at = None if at is None else at + len(part)
        _mask_words(segment.get("words", ()), heard, segment["text"])
    plain["text"] = whole
    return msgspec.convert(_each_text(plain), Transcript)


def _hide(letters: list[str], place: Span) -> None:
    for at in range(*place):
        if not letters[at].isspace() and letters[at] not in "@＠.．":
            letters[at] = DOT


def _numbers(text: str, run: list[Group]) -> Iterator[tuple[Span, ...]]:
    """Yield the places of the digits of each personal number in a run, the longest at each beginning."""
    first = 0
    while first < len(run):
        count, places = _longest(text, run, first)
        if places:
            yield places
        first += count


def _longest(text: str, run: list[Group], first: int) -> tuple[int, tuple[Span, ...]]:
    found: tuple[int, tuple[Span, ...]] = (1, ())
    window: Window = []
    for group in run[first:]:
        window.append(group)
        if sum(len(one.digits) for one in window) > LONGEST:
            break
        if places := _number(text, window):
            found = len(window), places
    if not found[1] and len(run[first].digits) == 12:
        return 1, _with_one_too_many(text, run[first])
    return found


def _number(text: str, window: Window) -> tuple[Span, ...]:
    digits = "".join(group.digits for group in window)
    places = tuple(place for group in window for place in group.places)
    if any(rule(digits, window) for rule in _RULES) or _is_abroad(text, digits, window):
        return places
    x = _X.match(text, places[-1][1])
    if x and len(digits) == 17 and _is_identity(f"{digits}X", window):
        return (*places, x.span(1))
    return ()


def _with_one_too_many(text: str, group: Group) -> tuple[Span, ...]:
    """Find a mobile number with one more digit stuck to it: "…零零零三号货架", or "shelf three, one three eight…"."""
    digits, end = group.digits, group.places[-1][1]
    if _is_gtin(digits):
        return ()
    spoken = group.kind == SPOKEN
    if _is_mobile(digits[:-1], [group]) and (spoken or text[end : end + 1] in tuple(_COUNTED)):
        return group.places[:-1]
    return group.places[1:] if spoken and _is_mobile(digits[1:], [group]) else ()


def _is_mobile(digits: str, window: Window) -> bool:
    if not _MOBILE.fullmatch(digits) or (len(window) == 1 and len(digits) == 12 and _is_gtin(digits)):
        return False
    rest = window[1:] if window[0].digits in ("86", "1", "0") else window
    return _grouped(rest, least=3)


def _is_landline(digits: str, window: Window) -> bool:
    if window[0].digits in ("86", "0086"):
        return _LANDLINE_FROM_ABROAD.fullmatch(digits) is not None and _grouped(window[1:], least=2)
    if not _LANDLINE.fullmatch(digits):
        return False
    alone = len(window) == 1
    code = 3 if digits[1] in "12" else 4
    return alone or window[0].kind == SPOKEN or (len(window[0].digits) == code and _grouped(window[1:], least=3))


def _is_identity(digits: str, window: Window) -> bool:
    if not _grouped(window, least=3):
        return False
    if len(digits) == 15:
        return _OLD_IDENTITY.fullmatch(digits) is not None
    return _IDENTITY.fullmatch(digits) is not None and _identity_check(digits[:17]) == digits[17]


def _is_card(digits: str, window: Window) -> bool:
    figures = [len(group.digits) for group in window[:-1] if group.kind == FIGURE]
    return _CARD.fullmatch(digits) is not None and all(4 <= size <= 6 for size in figures) and _luhn(digits)


def _is_abroad(text: str, digits: str, window: Window) -> bool:
    """Tell whether this is a number with "+" and the code of a country."""
    begin = window[0].places[0][0]
    if not _ABROAD.fullmatch(digits) or not _PLUS.search(text[max(0, begin - 4) : begin]):
        return False
    if any(comma in (group.gap or "") for group in window[1:] for comma in ",，"):
        return False  # "+1,000,000"
    return len(digits) > 8 or max(len(group.digits) for group in window) >= 4


def _grouped(window: Window, least: int) -> bool:
    """Tell whether figures stand together as in a written number, not as in a list of counts."""
    return all(group.kind == SPOKEN or len(group.digits) >= least for group in window)


_RULES: tuple[Callable[[str, Window], bool], ...] = (_is_mobile, _is_landline, _is_identity, _is_card)


def _identity_check(digits: str) -> str:
    """Return the last character of an identity number by its first 17 (ISO 7064, MOD 11-2)."""
    return "10X98765432"[sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(digits)) % 11]


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _is_gtin(digits: str) -> bool:
    """Tell whether a barcode's last digit is right (EAN-13, UPC-A)."""
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits))) % 10 == 0


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
