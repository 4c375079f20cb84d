"""Digits in a text, as figures, Chinese numerals or English words, put together to what is said in one breath.

Two ways of hearing: strict, what is a digit wherever it stands; and generous, for text that is known to hold a number:
there a word between digits that sounds like a digit is one ("one four for seven", "138是零"), as are "fifteen" and
"hundred".
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

FIGURE = "figure"
"""The kind of a group that is written in figures without a break; the other kind is read out digit by digit."""
SPOKEN = "spoken"

_HAN: Final = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True)),
    **dict.fromkeys("〇○洞", "0"),
    **dict.fromkeys("幺妖腰夭吆", "1"),  # the first is said for "one", the others are how it is misheard
    "拐": "7",
}
_SOUNDS_LIKE: Final = {
    letter: digit
    for digit, letters in {
        "0": "灵铃领林另令", "1": "衣医要么", "2": "而耳儿两俩", "3": "散伞山", "4": "是事十石时", "5": "无物舞屋",
        "6": "留流刘溜", "7": "期起气其", "8": "吧巴爸把", "9": "久酒就旧勾",
    }.items()
    for letter in letters
}  # fmt: skip
_WORDS: Final = {"zero": "0", "oh": "0", "o": "0"} | {
    word: str(number)
    for number, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)
}
_TEENS: Final = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS_LIKE: Final = {
    "to": "2", "too": "2", "for": "4", "won": "1", "ate": "8", "nought": "0", "naught": "0", "nil": "0", "niner": "9",
}  # fmt: skip
_ROUND: Final = {"hundred": "00", "thousand": "000", "百": "00", "千": "000"}
_TIMES: Final = {
    "double": 2, "triple": 3, "treble": 3, "quadruple": 4, "两": 2, "俩": 2, "三": 3, "四": 4, "2": 2, "3": 3, "4": 4,
}  # fmt: skip

_DIGIT: Final = f"0-9０-９{''.join(_HAN)}"
_LETTER: Final = "A-Za-z"
_REPEATED: Final = rf"(?<![0-9０-９])(?P<repeats>[两俩三四234])个(?P<repeated>[{_DIGIT}])(?![0-9０-９])"
_FIGURES: Final = r"(?P<figures>[0-9０-９]+)"
_NUMERALS: Final = (
    rf"(?P<han>(?:(?![三四]个[{_DIGIT}](?![0-9０-９]))[{''.join(_HAN)}]|[要么](?=[{''.join(_HAN)}]{{2}}))+)"
)
_WORD: Final = (
    rf"(?<![{_LETTER}])(?:(?P<times>double|triple|treble|quadruple)[ -]+)?"
    rf"(?P<word>{'|'.join(_WORDS)})(?![{_LETTER}])"
)
_TENS_WORD: Final = (
    rf"(?<![{_LETTER}])(?:(?P<teen>{'|'.join(_TEENS)})|(?P<ten>{'|'.join(_TENS)})"
    rf"(?:[ -]+(?P<unit>{'|'.join(list(_WORDS)[3:])}))?)(?![{_LETTER}])"
)
_LIKE: Final = (
    rf"(?P<like>(?<=[{_DIGIT}])[{''.join(_SOUNDS_LIKE)}]{{1,2}}(?=[{_DIGIT}])"
    rf"|(?<![{_LETTER}])(?:{'|'.join(_WORDS_LIKE)})(?![{_LETTER}]))"
)
_ZEROS: Final = rf"(?P<round>(?<![{_LETTER}])(?:hundred|thousand)(?![{_LETTER}])|(?<=[{_DIGIT}])[百千])"
_ATOM: Final = re.compile(f"{_REPEATED}|{_FIGURES}|{_NUMERALS}|{_WORD}", re.IGNORECASE)
_GENEROUS_ATOM: Final = re.compile(
    f"{_REPEATED}|{_FIGURES}|{_NUMERALS}|{_TENS_WORD}|{_WORD}|{_ZEROS}|{_LIKE}", re.IGNORECASE
)

_SPACE: Final = r"[ \t\u00a0\u3000]*"
_MARK: Final = r"[-‐‑–—－.．·,，、。()（）]"
_DASH: Final = rf"横?杠|嗯|呃|(?:dash|hyphen|uh|um)(?![{_LETTER}])"
_PAUSE: Final = rf"啊|空格|减|然后|再|转|(?:space|dot|point|minus|then|and|ext(?:ension)?)(?![{_LETTER}])"
_COMMA: Final = re.compile(r"[,，、。]")


class Group(msgspec.Struct, frozen=True):
    """Digits said together, with the place of each in the text; `gap` separates it from the group before.

    `gap` None: no group before it belongs to the same number. Two digits of "double zero" have one place. `doubtful`:
    a word that is a digit only between others.
    """

    digits: str
    places: tuple[tuple[int, int], ...]
    kind: str
    gap: str | None
    doubtful: bool = False

    @property
    def is_round(self) -> bool:
        """Tell whether it is "hundred" or "thousand": zeros at the end of a number, else part of an amount."""
        return self.doubtful and self.digits.startswith("00")

    @property
    def start(self) -> int:
        """Return where it begins in the text."""
        return self.places[0][0]

    @property
    def end(self) -> int:
        """Return where it ends in the text."""
        return self.places[-1][1]


def runs(text: str, *, generous: bool = False) -> Iterator[list[Group]]:
    """Yield groups that only spaces, dashes, dots, commas or brackets separate: one run may hold one long number."""
    run: list[Group] = []
    for group in _joined(_atoms(text, generous=generous)):
        if group.gap is None and run:
            yield run
            run = []
        run.append(group)
    if run:
        yield run


@cache
def _gap(*, generous: bool) -> re.Pattern[str]:
    words = f"{_DASH}|{_PAUSE}" if generous else _DASH
    return re.compile(rf"{_SPACE}(?:(?:{_MARK}|{words}){_SPACE}){{0,3}}", re.IGNORECASE)


def _atoms(text: str, *, generous: bool) -> Iterator[Group]:
    end: int | None = None
    for match in (_GENEROUS_ATOM if generous else _ATOM).finditer(text):
        between = None if end is None else text[end : match.start()]
        gap = between if between is not None and _gap(generous=generous).fullmatch(between) else None
        yield _atom(match.groupdict(), match, gap)
        end = match.end()


def _atom(found: dict[str, str | None], match: re.Match[str], gap: str | None) -> Group:
    if word := found["word"]:
        times = _TIMES[found["times"].lower()] if found["times"] else 1
        return _spoken(_WORDS[word.lower()] * times, match, gap)
    if (repeats := found["repeats"]) and (repeated := found["repeated"]):
        return _spoken(_one_digit(repeated) * _TIMES[repeats], match, gap)
    if han := found["han"]:
        return _spoken("".join(map(_one_digit, han)), match, gap)
    if figures := found["figures"]:
        return msgspec.structs.replace(_spoken("".join(map(_one_digit, figures)), match, gap), kind=FIGURE)
    return _generous_atom(found, match, gap)


def _generous_atom(found: dict[str, str | None], match: re.Match[str], gap: str | None) -> Group:
    if teen := found["teen"]:
        return _spoken(str(10 + _TEENS.index(teen.lower())), match, gap)
    if ten := found["ten"]:
        unit = found["unit"]
        return _spoken(f"{2 + _TENS.index(ten.lower())}{_WORDS[unit.lower()] if unit else 0}", match, gap)
    if zeros := found["round"]:
        return msgspec.structs.replace(_spoken(_ROUND[zeros.lower()], match, gap), doubtful=True)
    like = (found["like"] or "").lower()
    digits = _WORDS_LIKE.get(like) or "".join(_SOUNDS_LIKE[letter] for letter in like)
    return msgspec.structs.replace(_spoken(digits, match, gap), doubtful=True)


def _spoken(digits: str, match: re.Match[str], gap: str | None) -> Group:
    """Return a group with a place for each letter, or the same one for all digits of a word."""
    start, end = match.span()
    letters = end - start == len(digits)
    places = tuple((at, at + 1) for at in range(start, end)) if letters else ((start, end),) * len(digits)
    return Group(digits, places, SPOKEN, gap)


def _one_digit(letter: str) -> str:
    return _HAN.get(letter) or _SOUNDS_LIKE.get(letter) or str(int(letter))


def _joined(atoms: Iterator[Group]) -> Iterator[Group]:
    """Put digits read one by one together: "one three eight" or "1, 3, 8" is a group, as "138" is."""
    together: list[Group] = []
    gaps = ""
    for atom in atoms:
        gap = _gap_kind(atom.gap)
        if together and gap and _single(atom) and _single(together[0]) and gaps in ("", gap):
            gaps = gap
        else:
            if together:
                yield _one_of(together)
            together, gaps = [], ""
        together.append(atom)
    if together:
        yield _one_of(together)


def _one_of(together: list[Group]) -> Group:
    if len(together) == 1:
        return together[0]
    digits = "".join(atom.digits for atom in together)
    places = tuple(place for atom in together for place in atom.places)
    return Group(digits, places, SPOKEN, together[0].gap)


def _single(atom: Group) -> bool:
    return len(set(atom.places)) == 1 and not atom.doubtful


def _gap_kind(gap: str | None) -> str:
    if not gap:
        return ""
    return "comma" if _COMMA.search(gap) else "plain"
