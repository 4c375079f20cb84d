"""Text on packs → best-before dates. Pure; a day and month that could be exchanged are left unsure."""

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from vision.price_tags.parsing import normalised

Order = Literal["ymd", "dmy", "mdy"]
Kind = Literal["best_before", "produced", "bare"]

OLDEST, FARTHEST = dt.timedelta(days=5 * 365), dt.timedelta(days=11 * 365)
"""A date longer ago or further ahead than this was misread."""
_MONTH_NAMES: Final = (
    "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
    "sep sept september", "oct october", "nov november", "dec december",
)  # fmt: skip
_MONTHS: Final = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_BEST = re.compile(
    r"有效期至?|保质期至|保质期到|到期日?|失效日?期?|截止日?期?|最佳食用|此日期前|赏味期限|消费期限|食用期限|限用日期|使用期限"
    r"|best\s*before(?:\s*end)?|use\s*(?:by|before)|best\s*by|sell\s*by|expir\w*|\bexp(?![a-z])|\bbbe?d?(?![a-z])|годен\s*до",
    re.IGNORECASE,
)  # fmt: skip
_MADE = re.compile(
    r"生产日?期?|制造日?期?|包装日期|出厂日?期?|\bmf[gd](?![a-z])|\bmanufactured|\bprod(?:uced|uction)?(?![a-z])|\bpkd(?![a-z])|\bpacked|изгот",
    re.IGNORECASE,
)
_HAN_COUNT: Final = "十?[一二两三四五六七八九]|[一二三]?十|半"
_LIFE = re.compile(
    r"(?:保质期|质保期|shelf\s*life)(?:\s*\([^()]{0,16}\))?[^\d半一二两三四五六七八九十]{0,8}?"
    rf"(?P<count>\d{{1,3}}|{_HAN_COUNT})\s*(?P<unit>天|日|个?月|年|days?|months?|years?)"
    r"|(?:(?:请|宜)?(?:于|在)\s*)(?P<count2>\d{1,3})\s*(?P<unit2>天|日|个月)\s*内(?:食|饮|使)用",
    re.IGNORECASE,
)
_OPENED = re.compile(r"(?:开封|开启|启封|打开|拆封|解冻)\S{0,4}$")
"""What holds once a pack was opened says nothing of a closed one."""
_DATE = re.compile(
    rf"""
    (?P<y1>20\d\d)\s*[.\-/年]\s*(?P<m1>\d{{1,2}})\s*(?:[.\-/月]\s*(?P<d1>\d{{1,2}})\s*日?|月)?(?!\d)
    | (?<!\d)(?P<compact>20\d{{6}})(?!\d)
    | (?<!\d)(?P<a>\d{{1,2}})\s*[./\- ]\s*(?P<b>\d{{1,2}})\s*[./\- ]\s*(?P<c>20\d\d|\d{{2}})(?!\d)
    | (?P<month3>{_MONTH})\.?\s*(?P<d3>\d{{1,2}})\s*,?\s*(?P<y3>20\d\d)(?!\d)
    | (?<!\d)(?:(?P<d2>\d{{1,2}})\s*[./\- ]?\s*)?(?P<month2>{_MONTH})[., /\-]*(?P<y2>20\d\d|\d{{2}})(?![\d])
    | (?<![\d./-])(?P<m4>\d{{1,2}})\s*[./\-]\s*(?P<y4>20\d\d)(?!\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip


class DateText(msgspec.Struct, frozen=True):
    """A date found in a text. `day` None: its order of day and month is unsure. `sure`: nothing had to be assumed."""

    kind: Kind
    day: dt.date | None
    span: tuple[int, int]
    sure: bool


def order_in(time_zone: str) -> Order | None:
    """Return how dates are written where a store is, by its time zone; None where both orders are in use."""
    area, _, city = time_zone.partition("/")
    if city in _YMD_CITIES:
        return "ymd"
    if area == "Europe" or city in ("Auckland", "Sydney", "Melbourne", "Brisbane", "Perth", "Singapore", "Kolkata"):
        return "dmy"
    return "mdy" if city in _US_CITIES else None


_YMD_CITIES = ("Shanghai", "Urumqi", "Hong_Kong", "Macau", "Taipei", "Tokyo", "Seoul", "Chongqing", "Harbin")
_US_CITIES = ("New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Anchorage", "Detroit")


def parse_dates(text: str, today: dt.date, order: Order | None = None) -> tuple[DateText, ...]:
    """Return the dates in `text`, from left to right.

    A date of manufacture with a shelf life in the same text becomes the best-before date that follows from them.
    A month alone means its last day.
    """
    clean = normalised(text)
    lives = _lives(clean)
    found, read_to = [], 0
    for match in _DATE.finditer(clean):
        told = clean[read_to : match.start()]
        # A label in Latin letters is an import's: two digits of a year stand last, whatever this country does.
        here = None if order == "ymd" and re.search(r"[a-z]{2,}\W*$", told, re.IGNORECASE) else order
        day, sure = _day(match.groupdict(), here, today)
        if day is None and sure:
            continue
        if day is not None and not today - OLDEST <= day <= today + FARTHEST:
            continue
        kind = _kind(told, clean[match.end() : match.end() + 8])
        if kind == "produced" and lives and day is not None:
            ends = {_add(day, count, unit) for count, unit in lives}
            # One life in the fridge and another in the freezer: which holds here is not written on the pack.
            later = ends.pop() if len(ends) == 1 else None
            found.append(DateText("best_before", later, match.span(), sure and later is not None))
        else:
            found.append(DateText(kind, day, match.span(), sure))
        read_to = match.end()
    return tuple(found)


def shelf_life(text: str) -> tuple[int, str] | None:
    """Return the shelf life a text states, as count and unit: "保质期12个月" → (12, "个月")."""
    lives = _lives(normalised(text))
    return lives[0] if lives else None


def _lives(clean: str) -> list[tuple[int, str]]:
    """Every shelf life in a text; half a year is six months."""
    found = []
    for match in _LIFE.finditer(clean):
        if match["count2"] and _OPENED.search(clean[: match.start()]):
            continue
        count, unit = match["count"] or match["count2"], match["unit"] or match["unit2"]
        if count == "半":
            if unit not in ("年", "月", "个月"):
                continue
            found.append((6, "个月") if unit == "年" else (15, "天"))
        else:
            found.append((int(count) if count.isdigit() else _han_number(count), unit))
    return found


def _han_number(text: str) -> int:
    """十二 → 12, 二十 → 20, 两 → 2."""
    tens, ten, ones = text.rpartition("十")
    digit = {char: number for number, char in enumerate("一二三四五六七八九", start=1)} | {"两": 2, "": 0}
    return (digit[tens] or 1) * 10 + digit[ones] if ten else digit[ones]


def is_label(text: str) -> bool:
    """Tell whether the text names a date or shelf life, with or without one beside it."""
    clean = normalised(text)
    return bool(_BEST.search(clean) or _MADE.search(clean) or _LIFE.search(clean))


def _kind(before: str, after: str) -> Kind:
    best = max((match.start() for match in _BEST.finditer(before)), default=-1)
    made = max((match.start() for match in _MADE.finditer(before)), default=-1)
    if best < 0 and made < 0:
        return "best_before" if re.match(r"\s*(?:前|之前|到期)", after) else "bare"
    return "best_before" if best > made else "produced"


def _day(part: dict[str, str | None], order: Order | None, today: dt.date) -> tuple[dt.date | None, bool]:
    """Return the date, and whether nothing was assumed; (None, False): its order is unsure, (None, True): no date."""
    if part["y1"]:
        return _date(part["y1"], part["m1"], part["d1"]), True
    if part["compact"]:
        text = part["compact"]
        return _date(text[:4], text[4:6], text[6:]), True
    if part["month2"]:
        return _date(part["y2"], str(_MONTHS[part["month2"].lower()]), part["d2"]), True
    if part["month3"]:
        return _date(part["y3"], str(_MONTHS[part["month3"].lower()]), part["d3"]), True
    if part["y4"]:
        return _date(part["y4"], part["m4"], None), True
    return _exchangeable(part["a"] or "", part["b"] or "", part["c"] or "", order, today)


def _exchangeable(a: str, b: str, c: str, order: Order | None, today: dt.date) -> tuple[dt.date | None, bool]:
    """30/11/2026 can only be one day; 03/04/26 needs to be told how dates are written there."""
    ways: dict[Order, dt.date | None] = {"dmy": _date(c, b, a), "mdy": _date(c, a, b)}
    if len(c) == 2 and len(a) == 2:
        ways["ymd"] = _date(a, b, c)
    near = {way: day for way, day in ways.items() if day is not None and today - OLDEST <= day <= today + FARTHEST}
    if len(set(near.values())) == 1:
        return next(iter(near.values())), True
    if order is not None and near.get(order) is not None:
        return near[order], True
    return None, not near


def _date(year: str | None, month: str | None, day: str | None) -> dt.date | None:
    y, m = int(year or 0), int(month or 0)
    y += 2000 if y < 100 else 0
    if not 1 <= m <= 12:
        return None
    last = calendar.monthrange(y, m)[1]
    d = last if day is None else int(day)
    return dt.date(y, m, d) if 1 <= d <= last else None


def _add(day: dt.date, count: int, unit: str) -> dt.date:
    if unit in ("天", "日") or unit.lower().startswith("day"):
        return day + dt.timedelta(days=count)
    months = count * (12 if unit == "年" or unit.lower().startswith("year") else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def join_texts(texts: Sequence[str]) -> str:
    """Return neighbouring pieces of text as one, so that a label on one line is seen before a date on the next."""
    return "  ".join(text.strip() for text in texts)
