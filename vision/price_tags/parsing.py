"""Text of a price tag → prices. Pure; what can be read in two ways is not read at all."""

import re
import unicodedata
from typing import Final

from vision.price_tags.model import Label, Price, Unit

SYMBOLS: Final = {"¥": "CNY", "£": "GBP", "$": "USD", "€": "EUR", "₽": "RUB"}
CODES: Final = {"RMB": "CNY", "CNY": "CNY", "GBP": "GBP", "USD": "USD", "EUR": "EUR", "RUB": "RUB"}
MOST_MINOR: Final = 99_999_99
"""The dearest thing on a supermarket's shelf; more is a number of another kind."""

_NUMBER = r"\d{1,3}(?:[ ,.]\d{3})+(?:[.,]\d{1,2})?|\d{1,6}(?:[.,]\d{1,3})?"
_BEFORE = r"(?P<before>[¥£$€₽]|\b(?:RMB|CNY|GBP|USD|EUR|RUB))"
# РУБ as a recogniser of Latin and Chinese letters sees it: PY6, PYB, PV5, py6 …
ROUBLE = r"(?:руб|[pр][yуv][6b5бe8á])\.?"
_AFTER = rf"(?P<after>元|块|圆|[¥£$€₽]|(?:RMB|CNY|GBP|USD|EUR|RUB)\b|{ROUBLE}(?![\w]))"
_PIECES = "件|个|瓶|袋|盒|包|罐|支|只|桶|听|枚|条|提|箱|卷|片|双|套|把|板|排"
_LETTERS = r"(?![A-Za-z\u0400-\u04ff])"
_UNITS: Final[dict[str, tuple[Unit, float]]] = {
    "kg": ("g", 1000), "公斤": ("g", 1000), "千克": ("g", 1000), "кг": ("g", 1000),
    "市斤": ("g", 500), "斤": ("g", 500), "两": ("g", 50), "克": ("g", 1), "g": ("g", 1), "г": ("g", 1),
    "lb": ("g", 453.59237),
    "毫升": ("ml", 1), "ml": ("ml", 1), "мл": ("ml", 1), "升": ("ml", 1000), "cl": ("ml", 10),
    "l": ("ml", 1000), "л": ("ml", 1000),
    "each": ("each", 1), "ea": ("each", 1), "шт": ("each", 1), "pcs": ("each", 1), "pc": ("each", 1), "st": ("each", 1),
    **dict.fromkeys(_PIECES.split("|"), ("each", 1)),
}  # fmt: skip
_UNIT_WORD = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_PER = re.compile(
    rf"\s*元?\s*(?:/|每|\bper\b|\bза\b)\s*(?P<quantity>\d{{1,4}}(?:\.\d{{1,3}})?)?\s*(?P<unit>{_UNIT_WORD}){_LETTERS}",
    re.IGNORECASE,
)
_EACH_WORD = re.compile(r"\s*each\b", re.IGNORECASE)

_NAMED = r"(?:会员|零售|原|现|特|特惠|促销|活动|优惠|惊爆|日常|售|专享)价"
_PRICE = re.compile(
    rf"""
    (?P<count>\d{{1,2}})\s*(?P<counted>{_PIECES}|for)\s*(?:共|仅|只要|只需)?\s*(?P<m_before>[¥£$€])?\s*
        (?P<m_number>{_NUMBER})\s*(?P<m_after>元|块|[£$€])?(?![\d.,]*\d)
    | (?<![\d.,])(?P<yuan>\d{{1,5}})\s*[元块]\s*(?:(?P<jiao>\d)\s*[角毛])?\s*(?:(?P<fen>\d)\s*分)?
        (?<=[角毛分])
    | (?<![\d.,元])(?P<only_jiao>\d)\s*[角毛](?!\d)
    | {_BEFORE}\s*(?P<b_number>{_NUMBER})(?![\d]|[.,]\d)
    | (?<![\d.,])(?P<a_number>{_NUMBER})\s*{_AFTER}
    | (?:{_NAMED})\s*:?\s*(?P<n_number>\d{{1,5}}\.\d{{1,2}})(?![\d.,%]|\s*[折倍A-Za-z])\s*元?
    | (?<![\d.,£$€¥])(?P<pence>\d{{1,3}})\s*p(?![\w])
    | (?<![\d.,£$€¥])(?P<cents>\d{{1,3}})\s*¢
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_LABELS: Final[tuple[tuple[Label, re.Pattern[str]], ...]] = (
    ("member", re.compile(
        r"(?<!非)会员(?:专享|尊享|特享|专属|优惠)?价?|(?<!非会)(?<!非)员价|plus价|券后价|拼团价"
        r"|vip|member|clubcard|loyalty", re.I)),
    ("was", re.compile(r"原价|原售价|市场价|划线价|吊牌价|\bwas\b|\brrp\b|old price|стара[яй] цена", re.I)),
    ("now", re.compile(
        r"现价|特价|特惠价|促销价|活动价|优惠价|惊爆价|惊喜价|限时价|秒杀价|抢购价|到手价|折后价|(?<![零原])售价"
        r"|\bnow\b|sale price|нова[яй] цена", re.I)),
    ("plain", re.compile(r"零售价|非会员价|日常价|标准价|统一价|一口价|[定单标牌]价", re.I)),
    ("unit", re.compile(r"折合|约合|相当于", re.I)),
)  # fmt: skip
_BARE = re.compile(r"(?<![\d.,/:-])\d{1,5}[.,]\d{2}(?![\d.,/:%-]|\s*[A-Za-z\u0400-\u04ff\u4e00-\u9fff%])")


def parse_prices(text: str) -> tuple[Price, ...]:
    """Return the prices that `text` states with a currency, a count ("3 for £4") or a unit, from left to right.

    A number alone is no price here: on a tag it may as well be a weight, an article or a shelf; see `bare_price`.
    """
    clean = normalised(text)
    found, taken = [], 0
    for match in _PRICE.finditer(clean):
        before = clean[taken : _start_of_number(match)]
        price = None if _torn(clean, match) or _no_price(before, clean[match.end() :]) else _price(match)
        if price is None:
            continue
        price, end = _with_unit(price, clean, match.end())
        found.append(_labelled(_per_said_before(price, before), before))
        taken = end
    if found:
        return _main_and_unit(found)
    return _per_unit_only(clean)


def bare_price(text: str) -> int | None:
    """Return the hundredths of a text that is one number with two decimals and nothing else (12.80), else None."""
    clean = normalised(text).strip()
    match = _BARE.fullmatch(clean)
    return to_minor(match.group(), None) if match else None


def normalised(text: str) -> str:
    """Return the text with full-width forms made plain and look-alikes of separators put right."""
    plain = (
        unicodedata.normalize("NFKC", text).replace("，", ",").replace("。", ".").replace("·", ".").replace("•", ".")
    )
    plain = re.sub(r"(?<=\d)\s*([.,])\s*(?=\d)", r"\1", plain)
    return re.sub(r"[\u00a0\u2009\u202f]", " ", plain)


def to_minor(number: str, currency: str | None) -> int | None:
    """Return hundredths of a number as people write it; None where its separators can be understood in two ways.

    1,299.00 · 1.299,00 · 1 299,00 · 12.80 · 2,49 · 9.9 · 1299. One separator before three digits is one of thousands
    where the currency is written so (1.299 €, $1,299), and not understood elsewhere.
    """
    number = number.strip()
    parts = re.split(r"[ .,]", number)
    separators = re.findall(r"[ .,]", number)
    if not separators:
        return _checked(int(number) * 100)
    last, tail = separators[-1], parts[-1]
    if len(tail) == 3:
        usual = {"EUR": ".", "RUB": " "}.get(currency or "", ",")
        if len(set(separators)) > 1 or (currency is None and last != " ") or last not in (usual, " "):
            return None
        return _checked(int("".join(parts)) * 100)
    if last == " " or len(tail) > 2 or (len(separators) > 1 and last in separators[:-1]):
        return None
    if any(len(part) != 3 for part in parts[1:-1]) or len(set(separators[:-1])) > 1:
        return None
    return _checked(int("".join(parts[:-1])) * 100 + int(tail.ljust(2, "0")))


def unit_of(text: str) -> tuple[Unit, float] | None:
    """Return the unit and its quantity in grams, millilitres or pieces: "kg" → ("g", 1000), "500g" → ("g", 500)."""
    match = re.fullmatch(rf"\s*(\d{{1,4}}(?:\.\d{{1,3}})?)?\s*({_UNIT_WORD})\.?\s*", normalised(text), re.IGNORECASE)
    return _unit(match.group(1), match.group(2)) if match else None


def _price(match: re.Match[str]) -> Price | None:
    part = match.groupdict()
    if part["count"]:
        return _multi_buy(part)
    if part["yuan"]:
        minor = int(part["yuan"]) * 100 + int(part["jiao"] or 0) * 10 + int(part["fen"] or 0)
        return Price(minor, "CNY")
    if part["only_jiao"]:
        return Price(int(part["only_jiao"]) * 10, "CNY")
    if part["pence"] or part["cents"]:
        return Price(int(part["pence"] or part["cents"]), "GBP" if part["pence"] else "USD")
    if part["n_number"]:
        named = to_minor(part["n_number"], "CNY")
        return Price(named, "CNY") if named else None
    currency = _currency(part["before"] or part["after"])
    minor_ = to_minor(part["b_number"] or part["a_number"], currency)
    return Price(minor_, currency) if minor_ else None


def _torn(text: str, match: re.Match[str]) -> bool:
    """Whole digits beside other whole digits (¥12 80, 2 59元) may be parts of one number: not to be guessed at."""
    if match["b_number"] and match["b_number"].isdigit():
        return re.match(r"\s+\d", text[match.end() :]) is not None
    if match["a_number"] and match["a_number"].isdigit():
        torn = re.search(r"\d\s+$", text[: match.start()]) is not None
        return torn or _is_unfinished(match["after"], text[match.end() :])
    return False


def _is_unfinished(mark: str, after: str) -> bool:
    """12元9 lacks its 角: ten times less than the word that was missed. 10元3件 does not."""
    return mark in "元块圆" and re.match(r"\s?\d", after) is not None and not _FOR_FEW.match(after)


def _no_price(before: str, after: str) -> bool:
    """满99减10元, 立省5元, 押金5元 are amounts, 9.9元起 is the least of several prices: none is what a thing costs."""
    return _OFF.search(before) is not None or re.match(r"\s*元?起(?!\w)", after) is not None


_OFF = re.compile(r"(?:省|降|减|满|返|抵|押金|补贴|优惠|立享|券)\s*:?\s*$")


def _start_of_number(match: re.Match[str]) -> int:
    """Where the price itself begins: a label that is part of the match stands before it."""
    return match.start("n_number") if match["n_number"] else match.start()


def _per_said_before(price: Price, before: str) -> Price:
    """每斤3.98元, 500克/3.98元, 3斤10元: the unit stands first."""
    per = _PER_BEFORE.search(before)
    if per is None or price.unit is not None:
        return price
    quantity, word = next((per[f"q{way}"], per[f"u{way}"]) for way in (1, 2, 3) if per[f"u{way}"])
    unit, size = _unit(quantity, word)
    return Price(price.minor, price.currency, unit, size, price.label)


_PER_BEFORE = re.compile(
    rf"(?:每\s*(?P<q1>\d{{1,4}})?\s*(?P<u1>{_UNIT_WORD})\s*:?"
    rf"|(?<![\d.])(?P<q2>\d{{1,4}})\s*(?P<u2>{_UNIT_WORD})\s*/)\s*$"
    r"|(?<![\d.])(?P<q3>[2-9])(?P<u3>斤|公斤)$",
    re.IGNORECASE,
)
_FOR_FEW = re.compile(rf"\s?(?P<quantity>[2-9])\s*(?P<unit>{_PIECES}|斤|公斤)(?![\u4e00-\u9fff\d])")


def _multi_buy(part: dict[str, str | None]) -> Price | None:
    mark, number = part["m_before"] or part["m_after"], part["m_number"] or ""
    if mark is None and not re.search(r"[.,]\d{2}$", number):
        return None  # "2 for 1" is no price
    currency = _currency(mark) if mark else None
    minor = to_minor(number, currency)
    count = int(part["count"] or 0)
    return Price(minor, currency, "each", count) if minor and count else None


def _currency(mark: str) -> str:
    if mark in SYMBOLS:
        return SYMBOLS[mark]
    return "CNY" if mark in "元块圆" else CODES.get(mark.upper(), "RUB")


def _with_unit(price: Price, text: str, end: int) -> tuple[Price, int]:
    per = _PER.match(text, end)
    if per and price.unit is None:
        unit, quantity = _unit(per["quantity"], per["unit"])
        return Price(price.minor, price.currency, unit, quantity, price.label), per.end()
    few = _FOR_FEW.match(text, end) if price.currency == "CNY" and price.unit is None else None
    if few:
        unit, quantity = _unit(few["quantity"], few["unit"])
        return Price(price.minor, price.currency, unit, quantity, price.label), few.end()
    each = _EACH_WORD.match(text, end)
    if each and price.unit is None:
        return Price(price.minor, price.currency, "each", 1, price.label), each.end()
    return price, end


def _unit(quantity: str | None, word: str) -> tuple[Unit, float]:
    unit, size = _UNITS[word.lower()]
    return unit, round(float(quantity or 1) * size, 5)


def _labelled(price: Price, before: str) -> Price:
    """An unknown label (景价 for 原价) may be a misread one of old prices: such a price is not the one to pay."""
    return relabelled(price, label_of(before) or unknown_label(before) or "plain")


def unknown_label(text: str) -> Label | None:
    """Return "was", what is not to be paid, for a text that ends in a label that is not known; else None."""
    return "was" if _UNKNOWN_LABEL.search(normalised(text)) else None


_UNKNOWN_LABEL = re.compile(r"[\u4e00-\u9fff]价\s*:?\s*$")


def relabelled(price: Price, label: Label) -> Price:
    """Return the price under another label."""
    return Price(price.minor, price.currency, price.unit, price.quantity, label)


def label_of(text: str) -> Label | None:
    """Return what the last label in a text without prices says of the price that follows it, or None."""
    clean, at = normalised(text), None
    for label, pattern in _LABELS:
        for match in pattern.finditer(clean):
            at = max(at or (match.end(), label), (match.end(), label))
    return at[1] if at else None


def _main_and_unit(found: list[Price]) -> tuple[Price, ...]:
    """Beside a price for the article one for a weight or volume is for comparing only."""
    if not any(price.unit is None for price in found):
        return tuple(found)
    return tuple(
        Price(price.minor, price.currency, price.unit, price.quantity, "unit")
        if price.unit in ("g", "ml") and price.label == "plain"
        else price
        for price in found
    )


def _per_unit_only(text: str) -> tuple[Price, ...]:
    """A number with decimals and a unit (9.90/500g) needs no currency."""
    for match in _BARE_PER.finditer(text):
        minor = to_minor(match["number"], None)
        if minor:
            unit, quantity = _unit(match["quantity"], match["unit"])
            return (Price(minor, None, unit, quantity),)
    return ()


_BARE_PER = re.compile(rf"(?<![\d.,/])(?P<number>\d{{1,5}}[.,]\d{{1,2}}){_PER.pattern}", re.IGNORECASE)


def _checked(minor: int) -> int | None:
    return minor if 0 < minor <= MOST_MINOR else None


def main_price(prices: tuple[Price, ...]) -> Price | None:
    """Return what a customer without a card pays now: the new price, else the plain one, else the only one there is.

    An old price beside one for members is what the others pay.
    """
    labels = {price.label for price in prices}
    for label in ("now", "plain", "was" if "member" in labels else "member", "member"):
        chosen = [price for price in prices if price.label == label]
        if len({(price.minor, price.unit, price.quantity) for price in chosen}) == 1:
            return chosen[0]
        if chosen:
            return None  # two different ones of a kind: which holds is a guess
    return None
