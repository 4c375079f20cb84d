"""Numbers with units in plain text: "零下十二度", "五块九", "eight degrees", "2 days"."""

import re
from collections.abc import Iterator

import msgspec

from speech.notes.model import Value
from speech.notes.sounds import syllables

_ZH_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "仨": 3, "〇": 0, "半": 0.5}
_ZH_SOUNDS = {syllables(character)[0]: character for character in "一二三四五六七八九十"}
_DOUBTFUL = re.compile(r"第$|温度[^是在有到示为约概只才都，,、\s][零下负]*$")
"""Before a number: an ordinal, or a character that may be a misheard part of it ("温度学二度" for 十二度)."""

_ZH_NUMBER = (
    r"(?:[零〇一二两三四五六七八九十百]+(?:点[零〇一二三四五六七八九]+)?"
    r"|[0-9]{1,9}(?:\.[0-9]{1,4}|点[零〇一二三四五六七八九]+)?)"
)
_EN_WORDS = {
    word: number
    for number, word in enumerate(
        re.findall(
            r"\w+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
            " seventeen eighteen nineteen",
        )
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_EN_NUMBER = (
    r"(?:[0-9]{1,9}(?:\.[0-9]{1,4})?"
    r"|(?:twenty|thirty|forty|fifty|sixty)[ -](?:one|two|three|four|five|six|seven|eight|nine)|"
    + "|".join(sorted(_EN_WORDS, key=len, reverse=True))
    + r")(?: point(?: (?:zero|one|two|three|four|five|six|seven|eight|nine))+)?"
)

_ZH_UNITS = {
    "°C": "摄氏度|度(?!数)|°c|℃",
    "days": "天",
    "hours": "个?小时|个?钟头",
    "minutes": "分钟",
    "s": "秒",
    "mm": "毫米",
    "cm": "厘米|公分",
    "m": "米",
    "%": "%|个百分点",
    "": "个|样|辆|双|本|排|串|筐|家|单|"
    "件|盒|瓶|袋|包|张|盏|台|人|位|箱|只|条|处|块(?![零一二三四五六七八九\\d])|把|罐|支|颗|次|款|种",
}
_EN_UNITS = {
    "°C": r"degrees?(?: celsius)?|°\s?c|celsius",
    "days": "days?",
    "hours": "hours?|hrs?",
    "minutes": "minutes?",
    "s": "seconds?",
    "cm": "cm|centimet(?:er|re)s?",
    "m": "m|met(?:er|re)s?",
    "%": "%|percent",
}


_PIECES = "个|样|辆|双|本|排|串|筐|家|单|件|盒|瓶|斤|公斤|份|打|箱|袋|包|张|片|块|[0-9]"
"""After a digit that follows "块": it counts these and is no part of the price ("三块五一斤")."""
_EN_FAULT = r"(?:wrong|missing|dead|broken|short|out|empty|expired|damaged|dirty|unpriced|loose)"
_EN_COUNTED = rf" (?:of (?:the|them|those|our|these)\b|(?:[a-z-]+ )?{_EN_FAULT}\b|[a-z-]+ out of)"
"""After a number: what makes it a count of things ("two of the deli lot", "three wrong out of ten")."""

_FACTORS = {
    ("minutes", "s"): 60, ("hours", "s"): 3600, ("minutes", "hours"): 1 / 60, ("days", "hours"): 24,
    ("hours", "days"): 1 / 24, ("m", "cm"): 100, ("cm", "m"): 0.01, ("mm", "cm"): 0.1, ("mm", "m"): 0.001,
}  # fmt: skip


class Found(msgspec.Struct, frozen=True):
    """A value and the characters that say it."""

    value: Value
    start: int
    end: int


def converted(found: Found, unit: str) -> Found | None:
    """Return what was said in another unit, None where that is not the same measure."""
    if found.value.unit == unit:
        return found
    factor = _FACTORS.get((found.value.unit, unit))
    return Found(Value(round(found.value.number * factor, 3), unit), found.start, found.end) if factor else None


def values(text: str) -> tuple[Found, ...]:
    """Return the values in plain text, in order, none overlapping another."""
    found = sorted(
        [*_prices(text), *_chinese(text), *_misheard(text), *_english(text)], key=lambda f: (f.start, f.start - f.end)
    )
    kept: list[Found] = []
    for item in found:
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return tuple(kept)


def _prices(text: str) -> Iterator[Found]:
    for match in re.finditer(
        rf"({_ZH_NUMBER})(?:块|元)(?:([零一二三四五六七八九]{{1,2}}|[0-9]{{1,2}})(?!{_PIECES}))?(?:钱|毛|角)?", text
    ):
        yuan = zh_number(match[1])
        tail = match[2]
        cents = zh_number(tail) / (10 if len(tail) == 1 else 100) if tail else 0
        if "块" in match[0] and not tail and not re.match(r".{0,1}(钱|$)", text[match.end() : match.end() + 1]):
            continue  # 三块巧克力: pieces, not money
        yield Found(Value(round(yuan + cents, 2), "yuan"), match.start(), match.end())


def _chinese(text: str) -> Iterator[Found]:
    for unit, pattern in _ZH_UNITS.items():
        for match in re.finditer(rf"(零下|负|-)?\s*({_ZH_NUMBER})({pattern})(半)?", text):
            if _DOUBTFUL.search(text[: match.start()]):
                continue
            number = zh_number(match[2]) + (0.5 if match[4] else 0)
            if match[1] and unit == "°C":
                number = -number
            yield Found(Value(number, unit), match.start(), match.end())
    for match in re.finditer(r"([一二两三四五六七八九])成(?:[^\w]|$|[满多左新])", text):
        yield Found(Value(10 * zh_number(match[1]), "%"), match.start(), match.start() + 2)
    for match in re.finditer(rf"零下({_ZH_NUMBER})(?!\d|[一二三四五六七八九十]|度)", text):
        yield Found(Value(-zh_number(match[1]), "°C"), match.start(), match.end())


def _misheard(text: str) -> Iterator[Found]:
    """Yield temperatures whose numeral was written with another character of the same sound ("温度酒度" for 九度)."""
    for match in re.finditer(r"温度(?:是|有|到|在|显示)?(零下)?([\u3400-\u9fff]{1,3})[度渡]", text):
        spoken = [_ZH_SOUNDS.get(syllable) for syllable in syllables(match[2])]
        if None not in spoken and not re.fullmatch(_ZH_NUMBER, match[2]):
            number = zh_number("".join(str(character) for character in spoken))
            yield Found(Value(-number if match[1] else number, "°C"), match.start(2), match.end())


def _english(text: str) -> Iterator[Found]:
    for unit, pattern in _EN_UNITS.items():
        for match in re.finditer(rf"\b(minus |negative |-)?({_EN_NUMBER})\s?(?:{pattern})(?![a-z])", text):
            sign = -1 if match[1] and unit == "°C" else 1
            yield Found(Value(sign * en_number(match[2]), unit), match.start(), match.end())
    for match in re.finditer(rf"\b(minus |negative )({_EN_NUMBER})\b", text):
        yield Found(Value(-en_number(match[2]), "°C"), match.start(), match.end())
    not_names = r"(?<!shelf )(?<!aisle )(?<!till )(?<!bay )(?<!lane )(?<!number )(?<!checkout )(?<!register )"
    for match in re.finditer(rf"{not_names}\b({_EN_NUMBER}) (?:more |other |small |big )?(?!of\b)([a-z-]+)", text):
        if (match[1] != "one" and match[2].endswith("s")) or match[2] in {"people", "person"}:
            yield Found(Value(en_number(match[1]), ""), match.start(1), match.end(1))
    for match in re.finditer(rf"{not_names}\b({_EN_NUMBER})(?={_EN_COUNTED})", text):
        yield Found(Value(en_number(match[1]), ""), match.start(1), match.end(1))


def zh_number(text: str) -> float:
    """Return the number that Chinese numerals or digits say; up to 999, with a decimal part."""
    whole, _, part = text.partition("点")
    number = float(whole) if whole.isascii() else _zh_whole(whole)
    for place, character in enumerate(part, 1):
        number += _ZH_DIGITS[character] / 10**place
    return round(number, 4)


def _zh_whole(text: str) -> float:
    if not any(unit in text for unit in "十百"):
        if len(text) == 2 and _ZH_DIGITS[text[1]] == _ZH_DIGITS[text[0]] + 1:  # 七八个: seven or eight
            return float(_ZH_DIGITS[text[1]])
        return float("".join(str(_ZH_DIGITS[character]) for character in text))
    total, digit = 0.0, 0.0
    for character in text:
        if character in "十百":
            total += (digit or (1 if not total else 0)) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _ZH_DIGITS[character]
    return total + digit


def en_number(text: str) -> float:
    """Return the number that an English word or digits say."""
    whole, _, part = text.partition(" point")
    number = float(whole) if whole[0].isdigit() else float(sum(_EN_WORDS[word] for word in re.split("[ -]", whole)))
    return float(number + sum(_EN_WORDS[word] / 10**place for place, word in enumerate(part.split(), 1)))
