"""Which digits are a person's number by themselves: telephone, identity card, bank card. Pure.

Strict: nothing around says that a number is meant, so its form must. Read out digit by digit, as nobody reads a price,
a telephone number may have one digit too few or too many, which is how recognisers mishear them.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from speech.digits import FIGURE, SPOKEN, Group

Span = tuple[int, int]
Window = list[Group]

LONGEST: Final = 19
"""Digits of the longest number that is looked for, a bank card's."""

_MOBILE: Final = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d{9}")
_MISHEARD_MOBILE: Final = re.compile(r"(?:(?:00)?86)?1[3-9]\d{8}(?:\d\d)?")
_AREA: Final = r"(?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7}"
_LANDLINE: Final = re.compile(rf"0(?:{_AREA})")
_LANDLINE_FROM_ABROAD: Final = re.compile(rf"(?:00)?86(?:{_AREA})")
_AREA_CODE: Final = re.compile(r"0(?:10|2\d|[3-9]\d\d)")
_NORTH_AMERICAN: Final = re.compile(r"1?[2-9]\d\d[2-9]\d{6}|400\d{7}|800\d{7}")
_SPOKEN_DAY: Final = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d\d")
_PROVINCE: Final = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_DAY: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY: Final = re.compile(rf"{_PROVINCE}\d{{4}}(?:19|20)\d\d{_DAY}\d{{3}}[\dX]")
"""Without its check digit: one misheard digit would make it wrong, and nothing else has a province and a date."""
_OLD_IDENTITY: Final = re.compile(rf"{_PROVINCE}\d{{6}}{_DAY}\d{{3}}")
_CARD: Final = re.compile(r"[2-69]\d{15,18}|3[47]\d{13}")
_ABROAD: Final = re.compile(r"[1-9]\d{7,14}")
_PLUS: Final = re.compile(r"[+＋][ (（]*$")
_X: Final = re.compile(r"[ -]?([xXｘＸ×叉])(?![A-Za-z])")
_COUNTED: Final = "号层排楼"
"""What follows the number of a shelf or floor, which a transcript may write right behind a telephone number."""
_COMMAS: Final = ",，、。"


def find(text: str, run: Window) -> Iterator[tuple[Span, ...]]:
    """Yield the places of the digits of each personal number in a run, the longest at each beginning."""
    first = 0
    while first < len(run):
        count, places = _longest(text, run, first)
        if places:
            yield places
        first += count


def is_product_code(digits: str) -> bool:
    """Tell whether a barcode's last digit is right (EAN-8, UPC-A, EAN-13, GTIN-14)."""
    return len(digits) in (8, 12, 13, 14) and _gtin(digits)


def has_comma(window: Window) -> bool:
    """Tell whether a comma stands within."""
    return any(comma in (group.gap or "") for group in window[1:] for comma in _COMMAS)


def looks_written_as_one(window: Window) -> bool:
    """Tell whether groups of figures are one number: dashes between them, or zeros in front, which no count has."""
    dashes = all(re.search(r"[-‐‑–—－杠.]", group.gap or "") for group in window[1:])
    zeros = any(group.digits.startswith("0") for group in window[1:])
    return len(window) > 1 and not has_comma(window) and (dashes or zeros)


def _longest(text: str, run: Window, first: int) -> tuple[int, tuple[Span, ...]]:
    found: tuple[int, tuple[Span, ...]] = (1, ())
    misheard: tuple[int, tuple[Span, ...]] | None = None
    window: Window = []
    for group in run[first:]:
        window.append(group)
        if sum(len(one.digits) for one in window) > LONGEST:
            break
        if len(window) > 1 and _is_counted(text, group):
            break
        if places := _number(text, window):
            found = len(window), places
        elif _is_misheard_mobile(window) and not misheard:
            misheard = len(window), _places(window)
    if found[1]:
        return found
    if len(run[first].digits) == 12 and (places := _with_one_too_many(text, run[first])):
        return 1, places
    return misheard or found


def _number(text: str, window: Window) -> tuple[Span, ...]:
    digits = "".join(group.digits for group in window)
    places = _places(window)
    if any(rule(digits, window) for rule in _RULES) or _is_abroad(text, digits, window):
        return places
    x = _X.match(text, places[-1][1])
    if x and len(digits) == 17 and _is_identity(f"{digits}X", window):
        return (*places, x.span(1))
    return ()


def _places(window: Window) -> tuple[Span, ...]:
    return tuple(place for group in window for place in group.places)


def _is_counted(text: str, group: Group) -> bool:
    """Tell whether a short group is the number of a shelf: "…8000，3号货架"."""
    return bool(group.gap) and len(group.digits) <= 2 and text[group.end : group.end + 1] in tuple(_COUNTED)


def _with_one_too_many(text: str, group: Group) -> tuple[Span, ...]:
    """Find a mobile number with one more digit stuck to it: "…零零零三号货架", or "shelf three, one three eight…"."""
    digits = group.digits
    if is_product_code(digits):
        return ()
    spoken = group.kind == SPOKEN
    if _is_mobile(digits[:-1], [group]) and text[group.end : group.end + 1] in tuple(_COUNTED):
        return group.places[:-1]
    return group.places[1:] if spoken and _is_mobile(digits[1:], [group]) else ()


def _is_mobile(digits: str, window: Window) -> bool:
    if not _MOBILE.fullmatch(digits) or (len(window) == 1 and len(digits) == 12 and _gtin(digits)):
        return False
    rest = window[1:] if window[0].digits in ("86", "1", "0") else window
    return _grouped(rest, least=3) or looks_written_as_one(window)


def _is_misheard_mobile(window: Window) -> bool:
    """Tell whether this may be a mobile number with a digit dropped or doubled."""
    digits = "".join(group.digits for group in window)
    if not _MISHEARD_MOBILE.fullmatch(digits) or is_product_code(digits):
        return False
    return _is_read_out(window) or (len(window) > 2 and _grouped(window, least=3) and looks_written_as_one(window))


def _is_landline(digits: str, window: Window) -> bool:
    if window[0].digits in ("86", "0086"):
        return _LANDLINE_FROM_ABROAD.fullmatch(digits) is not None and _grouped(window[1:], least=2)
    code, rest = window[0].digits, digits[len(window[0].digits) :]
    if _AREA_CODE.fullmatch(code) and len(rest) in (7, 8) and looks_written_as_one(window[:2]):
        return rest[0] in "2345678" and _grouped(window[1:], least=3)
    if not _LANDLINE.fullmatch(digits):
        return False
    alone = len(window) == 1
    size = 3 if digits[1] in "12" else 4
    return alone or window[0].kind == SPOKEN or (len(code) == size and _grouped(window[1:], least=3))


def _is_north_american(digits: str, window: Window) -> bool:
    """Tell whether these are ten digits of a number as the United States and Canada write it, or a 400 number."""
    if not _NORTH_AMERICAN.fullmatch(digits) or is_product_code(digits):
        return False
    if all(group.kind == SPOKEN for group in window):
        return not _SPOKEN_DAY.fullmatch(digits)
    sizes = [len(group.digits) for group in window if group.digits != "1"]
    return sizes == [3, 3, 4] and not has_comma(window)


def _is_social_security(_digits: str, window: Window) -> bool:
    return [len(group.digits) for group in window] == [3, 2, 4] and all(
        group.kind == FIGURE and "-" in (group.gap or "-") for group in window
    )


def _is_identity(digits: str, window: Window) -> bool:
    if has_comma(window) and not _grouped(window, least=3):
        return False
    return (_OLD_IDENTITY if len(digits) == 15 else _IDENTITY).fullmatch(digits) is not None


def _is_card(digits: str, window: Window) -> bool:
    figures = [len(group.digits) for group in window[:-1] if group.kind == FIGURE]
    if not _CARD.fullmatch(digits) or not all(4 <= size <= 6 for size in figures):
        return False
    in_fours = len(window) > 3 and set(figures) == {4} and looks_written_as_one(window)
    return in_fours or _luhn(digits)


def _is_abroad(text: str, digits: str, window: Window) -> bool:
    """Tell whether this is a number with "+" and the code of a country."""
    begin = window[0].start
    if not _ABROAD.fullmatch(digits) or not _PLUS.search(text[max(0, begin - 4) : begin]):
        return False
    if has_comma(window):
        return False  # "+1,000,000"
    return len(digits) > 8 or max(len(group.digits) for group in window) >= 4


def _grouped(window: Window, least: int) -> bool:
    """Tell whether figures stand together as in a written number, not as in a list of counts."""
    return all(
        group.kind == SPOKEN or len(group.digits) >= least or _is_stuck(window, number)
        for number, group in enumerate(window)
    )


def _is_stuck(window: Window, number: int) -> bool:
    """Tell whether figures and numerals are one stretch here: "138零零13八000"."""
    return "" in [group.gap for group in (*window[max(1, number) : number + 1], *window[number + 1 : number + 2])]


def _is_read_out(window: Window) -> bool:
    return all(group.kind == SPOKEN or _is_stuck(window, number) for number, group in enumerate(window))


_RULES: Final[tuple[Callable[[str, Window], bool], ...]] = (
    _is_mobile,
    _is_landline,
    _is_north_american,
    _is_identity,
    _is_card,
    _is_social_security,
)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _gtin(digits: str) -> bool:
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits))) % 10 == 0
