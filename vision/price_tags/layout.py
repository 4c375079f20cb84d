"""Pieces of text on a photo → price tags. Geometry only: nothing here looks at pixels.

Lengths are told in H, the height of the digits of the price in question.
"""

import math
import re
from collections.abc import Sequence

import msgspec

from vision.geometry import Box, area, overlap
from vision.price_tags.labels import label_alone, with_labels
from vision.price_tags.model import READ_LINE, Anchor, Price, Tag, TextLine, Unit, around
from vision.price_tags.parsing import (
    CODES,
    ROUBLE,
    SYMBOLS,
    bare_price,
    main_price,
    normalised,
    parse_prices,
    relabelled,
    unit_of,
)

_WHOLE = re.compile(r"[¥£$€₽]?\s*\d{1,5}[.,]?")
_FRACTION = re.compile(r"[.,]?\d{1,2}")
_CURRENCY = re.compile(rf"元|[¥£$€₽]|{ROUBLE}|RMB|CNY|GBP|USD|EUR", re.IGNORECASE)
_CODE = re.compile(r"(?<!\d)\d{8}(?:\d{4,5})?(?!\d)")
_DATE_LIKE = re.compile(r"\d{1,4}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{2,4}")

# How far a tag reaches around its price, in H: to the left, up, right, down.
_REACH = (9.0, 4.5, 5.0, 1.7)
# What a price is worth that is told by less than digits, hundredths and currency.
_NO_CURRENCY = 0.9
_NO_HUNDREDTHS = 0.87
_LONE_INTEGER = 0.55
_DOUBT = 0.5
_TWINS = 1.3  # H between two prices of one size that may be of one tag
_ONE_TAG = 2.5  # H between two prices of one tag
_TALLEST = 0.75  # a number without a currency is a price only if nothing on the tag is much taller


def find_tags(lines: Sequence[TextLine], rows: Sequence[Box] = ()) -> tuple[Tag, ...]:
    """Join lines into tags, from the top left to the bottom right."""
    anchors = _doubted(_main_anchors(with_labels(_anchors(lines), lines)))
    shared: dict[int, list[TextLine]] = {index: [] for index in range(len(anchors))}
    rest = []
    for line in lines:
        owner = _owner(line, anchors)
        if owner is None:
            rest.append(line)
        else:
            shared[owner].append(line)
    tags = [_tag(anchor, shared[index], rows) for index, anchor in enumerate(anchors)]
    tags += _unreadable(rest, tags, rows)
    return tuple(sorted(tags, key=lambda tag: (-1 if tag.row is None else tag.row, tag.box[1] // 40, tag.box[0])))


def barcodes(text: str) -> tuple[str, ...]:
    """Return the numbers in `text` whose check digit is that of an EAN-8, UPC-A or EAN-13."""
    return tuple(dict.fromkeys(code for code in _CODE.findall(text) if _checks(code)))


def _checks(code: str) -> bool:
    digits = [int(char) for char in code]
    weighted = sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1])))
    return (10 - weighted % 10) % 10 == digits[-1] and any(digits)


def _anchors(lines: Sequence[TextLine]) -> list[Anchor]:
    found: list[Anchor] = []
    used: set[int] = set()
    for index, line in enumerate(lines):
        if _is_whole(line) and (fraction := _fraction_of(index, lines)) is not None:
            anchor = _split_price(line, lines[fraction], lines)
            if anchor is not None:
                found.append(anchor)
                used |= {index, fraction}
    for index, line in enumerate(lines):
        if index not in used and (single := _single_price(line, lines)) is not None:
            found.append(single)
    return found


def _is_whole(line: TextLine) -> bool:
    return _WHOLE.fullmatch(normalised(line.text).strip()) is not None and not line.small_end


def _fraction_of(index: int, lines: Sequence[TextLine]) -> int | None:
    """The small hundredths at the upper right of a large whole number."""
    whole = lines[index]
    places = [
        (place[0], other)
        for other, line in enumerate(lines)
        if other != index
        and _FRACTION.fullmatch(normalised(line.text).strip())
        and (place := _from(whole, line)) is not None
        and _is_small_beside(whole, line, place)
    ]
    return min(places)[1] if places else None


def _is_small_beside(whole: TextLine, line: TextLine, place: tuple[float, float]) -> bool:
    """`place`: from the right end of the whole digits, along them and down, in H."""
    along, down = place
    share = line.height / max(1e-6, whole.height)
    return -0.25 <= along <= 1.9 and -0.75 <= down <= 0.35 and 0.2 <= share <= 0.85


def _from(whole: TextLine, line: TextLine) -> tuple[float, float] | None:
    """Where the left middle of `line` is, seen from the right middle of `whole`: along its direction and down, in H."""
    (ax, ay), (bx, by), (cx, cy), _ = whole.corners
    direction = math.atan2(by - ay, bx - ax)
    if abs(direction) > math.radians(40) or whole.height < 1:
        return None
    mx, my = (bx + cx) / 2, (by + cy) / 2
    (lx, ly), _, _, (kx, ky) = line.corners
    dx, dy = (lx + kx) / 2 - mx, (ly + ky) / 2 - my
    cos, sin = math.cos(direction), math.sin(direction)
    return (dx * cos + dy * sin) / whole.height, (dy * cos - dx * sin) / whole.height


def _split_price(whole: TextLine, fraction: TextLine, lines: Sequence[TextLine]) -> Anchor | None:
    digits = re.sub(r"\D", "", fraction.text)
    if len(digits) == 1:
        if digits != "0" and not re.match(r"[.,]", fraction.text) and not re.search(r"[.,]$", whole.text):
            return None  # 12 and a small 5: .50 or .05?
        digits += "0"
    minor = int(re.sub(r"\D", "", whole.text)) * 100 + int(digits)
    return _with_surroundings(minor, (whole, fraction), lines, _NO_CURRENCY, 1.0)


def _single_price(line: TextLine, lines: Sequence[TextLine]) -> Anchor | None:
    clean = normalised(line.text).strip()
    if line.small_end:
        number = re.fullmatch(r"[¥£$€]?\s*(\d{1,4}) ?(\d{2})", clean)
        if number is None or line.small_end != 2:
            return None
        return _with_surroundings(int("".join(number.groups())), (line,), lines, _NO_CURRENCY, 1.0)
    if _DATE_LIKE.search(clean):
        return None
    prices = parse_prices(clean)
    if prices:
        whole = re.fullmatch(r"[¥£$€₽]?\s*\d+", clean) is not None  # its hundredths may have been overlooked
        return Anchor(prices, _sureness(line) * (_NO_HUNDREDTHS if whole else 1.0), line.height, (line,))
    minor = bare_price(clean)
    if minor is not None:
        return _with_surroundings(minor, (line,), lines, _NO_CURRENCY, 1.0)
    if re.fullmatch(r"\d{1,4}\.\d", clean):  # 9.9 is a price only beside its 元 or ¥: a weight looks the same
        tenths = _with_surroundings(round(float(clean) * 100), (line,), lines, 0.0, 1.0)
        return tenths if tenths and tenths.prices[0].currency else None
    if re.fullmatch(r"[1-9]\d{0,3}", clean):
        return _with_surroundings(int(clean) * 100, (line,), lines, _LONE_INTEGER, _NO_HUNDREDTHS)
    return None


def _with_surroundings(
    minor: int, parts: tuple[TextLine, ...], lines: Sequence[TextLine], alone: float, with_currency: float
) -> Anchor | None:
    """Look for currency and unit beside the digits; without a currency the number has to be the largest there."""
    if not 0 < minor <= 99_999_99:
        return None
    height = parts[0].height
    box = around(part.box for part in parts)
    near = [line for line in lines if line not in parts and _beside(line, box, height)]
    own = "".join(part.text for part in parts)
    currency = _currency_of(own) or next((c for line in near if (c := _currency_of(line.text))), None)
    said = next((line for line in near if _CURRENCY.match(normalised(line.text).strip())), None)
    unit = next((u for line in near if (u := _unit_said(line.text))), None)
    if currency is None and not _is_tallest(height, box, lines):
        return None
    sure = min(_sureness(part) for part in parts) * (with_currency if currency else alone)
    price = Price(minor, currency, *(unit or (None, None)))
    firm = with_currency == 1.0
    return Anchor((price,), sure, height, (*parts, said) if said else parts, firm)


def _beside(line: TextLine, box: Box, height: float) -> bool:
    x0, y0, x1, y1 = line.box
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return (
        line.height <= 1.1 * height
        and box[0] - 1.4 * height <= x <= box[2] + 2.0 * height
        and box[1] - 0.8 * height <= y <= box[3] + 0.9 * height
    )


def _currency_of(text: str) -> str | None:
    match = _CURRENCY.match(normalised(text).strip())
    if match is None:
        return None
    mark = match.group()
    return SYMBOLS.get(mark) or {"元": "CNY", "RMB": "CNY"}.get(mark, mark if mark in CODES else "RUB")


def _unit_said(text: str) -> tuple[Unit, float] | None:
    clean = normalised(text).strip()
    said = re.fullmatch(r"(?:元|¥)?\s*(?:/|每|per\b|за\b)\s*(.+)", clean, re.IGNORECASE)
    return unit_of(said.group(1)) if said else None


def _is_tallest(height: float, box: Box, lines: Sequence[TextLine]) -> bool:
    left, up, right, down = (share * height for share in _REACH)
    area_ = (box[0] - left, box[1] - up, box[2] + right, box[3] + down)
    around_it = [line.height for line in lines if _middle_in(line.box, area_)]
    return height >= _TALLEST * max(around_it, default=0.0)


def _sureness(line: TextLine) -> float:
    return line.score * (_DOUBT if line.doubted else 1.0)


def _main_anchors(anchors: list[Anchor]) -> list[Anchor]:
    """Join the prices of one tag: a smaller one near a larger one is its old price, member's price or unit price.

    A price that is said not to be everyone's is none to begin with, however large it is printed.
    """
    joined: list[Anchor] = []
    for anchor in sorted(anchors, key=lambda anchor: (anchor.partial, not anchor.firm, -anchor.height)):
        apart = [_apart(anchor, larger) for larger in joined]
        if not apart or min(apart) > _ONE_TAG:
            joined.append(anchor)
            continue
        index = apart.index(min(apart))
        larger = joined[index]
        others = tuple(_as_secondary(price) for price in anchor.prices)
        height = max(larger.height, anchor.height)
        joined[index] = Anchor(larger.prices + others, larger.confidence, height, larger.parts + anchor.parts)
    return joined


def _doubted(anchors: list[Anchor]) -> list[Anchor]:
    """Two prices of one size side by side, with nothing between: two of one tag whose labels could not be read."""
    return [
        msgspec.structs.replace(one, confidence=one.confidence * _DOUBT)
        if any(other is not one and _is_twin(one, other) for other in anchors)
        else one
        for one in anchors
    ]


def _is_twin(one: Anchor, other: Anchor) -> bool:
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = one.parts[0].box, other.box
    height = max(one.height, other.height)
    level = min(ay1, by1) - max(ay0, by0) > 0.5 * min(ay1 - ay0, by1 - by0)
    return level and min(one.height, other.height) > 0.8 * height and max(bx0 - ax1, ax0 - bx1) <= _TWINS * height


def _as_secondary(price: Price) -> Price:
    if price.label != "plain":
        return price
    return relabelled(price, "unit" if price.unit else "was")


def _apart(small: Anchor, large: Anchor) -> float:
    """How far a price is from the main one it may belong to, in H; infinite where it is a main one itself."""
    apart = small.partial and not large.partial
    if small.height > 0.8 * large.height and (small.firm or not large.firm) and not apart:
        return math.inf
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = small.box, large.parts[0].box
    across = max(0, bx0 - ax1, ax0 - bx1)
    down = max(0, by0 - ay1, ay0 - by1)
    height = max(small.height, large.height)
    return max(across / height, 1.25 * down / height)


def _owner(line: TextLine, anchors: Sequence[Anchor]) -> int | None:
    best: tuple[float, int] | None = None
    for index, anchor in enumerate(anchors):
        if line in anchor.parts:
            return index
        x0, y0, x1, y1 = anchor.parts[0].box
        left, up, right, down = (share * anchor.height for share in _REACH)
        if _middle_in(line.box, (x0 - left, y0 - up, x1 + right, y1 + down)):
            x, y = (line.box[0] + line.box[2]) / 2, (line.box[1] + line.box[3]) / 2
            away = abs(x - (x0 + x1) / 2) / 2 + abs(y - (y0 + y1) / 2)
            best = min(best or (away / anchor.height, index), (away / anchor.height, index))
    return best[1] if best else None


def _middle_in(box: Box, place: tuple[float, float, float, float]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return place[0] <= x <= place[2] and place[1] <= y <= place[3]


def _tag(anchor: Anchor, lines: Sequence[TextLine], rows: Sequence[Box]) -> Tag:
    step = max(6.0, anchor.height / 3)
    all_lines = sorted({*lines, *anchor.parts}, key=lambda line: (round(line.box[1] / step), line.box[0]))
    text = " ".join(line.text for line in all_lines if line.text)
    prices = anchor.prices
    price = main_price(tuple(p for p in prices if p.label != "unit")) or main_price(prices)
    sure = round(anchor.confidence * (_DOUBT if _for_members_too(prices, lines) else 1.0), 4) if price else 0.0
    box = around(line.box for line in all_lines)
    readable = price is not None and sure >= READ_LINE
    return Tag(
        box=box, text=text, confidence=sure, readable=readable, price=price if readable else None,
        prices=prices if readable else (), codes=barcodes(text), price_box=anchor.parts[0].box, row=_row(box, rows),
    )  # fmt: skip


def _for_members_too(prices: Sequence[Price], lines: Sequence[TextLine]) -> bool:
    """A price for members is named, but it is not known which one it is: it may be the only one that was read."""
    named = any(label_alone(line.text) == "member" for line in lines)
    return named and all(price.label != "member" for price in prices)


def _unreadable(rest: Sequence[TextLine], tags: Sequence[Tag], rows: Sequence[Box]) -> list[Tag]:
    """Text about money that gave no price: a currency or a broken price, far from every tag that was found."""
    found = []
    for line in rest:
        money = _CURRENCY.search(normalised(line.text)) and re.search(r"\d", line.text)
        if money and not any(overlap(line.box, tag.box) > 0.3 * area(line.box) for tag in tags):
            found.append(
                Tag(line.box, line.text, round(line.score * _DOUBT, 4), readable=False, row=_row(line.box, rows))
            )
    return found


def _row(box: Box, rows: Sequence[Box]) -> int | None:
    """The row whose edge the tag hangs on: the nearest bottom edge above or below its middle."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    near = [
        (abs(y - row[3]), index)
        for index, row in enumerate(rows)
        if row[0] <= x <= row[2] and abs(y - row[3]) <= 0.4 * (row[3] - row[1])
    ]
    return min(near)[1] if near else None
