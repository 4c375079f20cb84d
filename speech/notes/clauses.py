"""Where one statement ends and the next begins."""

import re

import msgspec

_HARD = "。！？!?；;\n"
_SOFT = "，,、：:"
_BREAK = re.compile(
    rf"[{_HARD}{_SOFT}]+|\.(?=\s|$)"
    r"|(?=还有(?!\d|[一二两三四五六七八九十]|个|些|一)|另外|然后|同时|而且|并且|但是|不过|可是|但(?!不))"
    r"|\s(?=(?:and|but|also|however|then|while|so|because)\s)"
)


class Clause(msgspec.Struct, frozen=True):
    """The characters from `start` to `end`; `sentence` counts full stops before it."""

    start: int
    end: int
    sentence: int


def clauses(text: str) -> tuple[Clause, ...]:
    """Split plain text; the clauses cover every character that is not a mark or a blank at an edge."""
    found: list[Clause] = []
    start = sentence = 0
    for mark in [*_BREAK.finditer(text), None]:
        end = mark.start() if mark else len(text)
        left, right = _trimmed(text, start, end)
        if left < right:
            found.append(Clause(left, right, sentence))
        if mark:
            sentence += any(character in _HARD or character == "." for character in mark[0])
            start = mark.end()
    return tuple(found)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
