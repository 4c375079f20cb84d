"""Digits in a text, as figures, Chinese numerals or English words, put together to what is said in one breath."""

import re
from collections.abc import Iterator

import msgspec

FIGURE = "figure"
"""The kind of a group that is written in figures without a break; the other kind is read out digit by digit."""
SPOKEN = "spoken"

_HAN = {**dict(zip("零一二三四五六七八九", "0123456789", strict=True)), "〇": "0", "○": "0", "幺": "1"}
_HAN |= dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True))
_WORDS = {"zero": "0", "oh": "0", "o": "0"} | {
    word: str(number)
    for number, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)
}
_TIMES = {"double": 2, "triple": 3}
_WORD = rf"(?<![A-Za-z])(?:(?P<times>{'|'.join(_TIMES)})[ -]+)?(?P<word>{'|'.join(_WORDS)})(?![A-Za-z])"
_ATOM = re.compile(rf"(?P<figures>[0-9０-９]+)|(?P<han>[{''.join(_HAN)}]+)|{_WORD}", re.IGNORECASE)
_GAP = re.compile(r"[ \t\u00a0\u3000]*(?:[-‐‑–—－.．·,，、()（）][ \t\u00a0\u3000]*){0,2}")
_COMMA = re.compile(r"[,，、]")


class Group(msgspec.Struct, frozen=True):
    """Digits said together, with the place of each in the text; `gap` separates it from the group before.

    `gap` None: no group before it belongs to the same number. Two digits of "double zero" have one place.
    """

    digits: str
    places: tuple[tuple[int, int], ...]
    kind: str
    gap: str | None


def runs(text: str) -> Iterator[list[Group]]:
    """Yield groups that only spaces, dashes, dots, commas or brackets separate: one run may hold one long number."""
    run: list[Group] = []
    for group in _joined(_atoms(text)):
        if group.gap is None and run:
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _atoms(text: str) -> Iterator[Group]:
    end: int | None = None
    for match in _ATOM.finditer(text):
        between = None if end is None else text[end : match.start()]
        gap = between if between is not None and _GAP.fullmatch(between) else None
        yield _atom(match, gap)
        end = match.end()


def _atom(match: re.Match[str], gap: str | None) -> Group:
    if word := match["word"]:
        times = _TIMES[match["times"].lower()] if match["times"] else 1
        return Group(_WORDS[word.lower()] * times, (match.span(),) * times, SPOKEN, gap)
    places = tuple((at, at + 1) for at in range(*match.span()))
    if han := match["han"]:
        return Group("".join(_HAN[letter] for letter in han), places, SPOKEN, gap)
    figures = "".join(str(int(letter)) for letter in match["figures"])
    return Group(figures, places, FIGURE, gap)


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
    return len(set(atom.places)) == 1


def _gap_kind(gap: str | None) -> str:
    if not gap:
        return ""
    return "comma" if _COMMA.search(gap) else "plain"
