"""A company's terms, and what was put right by them."""

from typing import Final, Literal, get_args

import msgspec

Kind = Literal["product", "brand", "fixture", "store"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Term(msgspec.Struct, frozen=True):
    """A name the company uses, as it is written.

    An alias in the same script ("小满手撕包") is another name: kept where it is heard, restored where it is misheard.
    An alias in the other script ("露米欧拉" of "Lumiora") tells how the term sounds: the term is written for it.
    """

    kind: Kind
    text: str
    aliases: tuple[str, ...] = ()


class Correction(msgspec.Struct, frozen=True):
    """The characters `start` to `end` of the heard text became `term`; in the corrected text they stand at `at`.

    `distance` tells how unlike the two sound: 0 the same, 1 nothing in common.
    """

    start: int
    end: int
    heard: str
    term: str
    distance: float
    at: tuple[int, int]


class Corrected(msgspec.Struct, frozen=True):
    """A text after correction; `heard` is what it was."""

    text: str
    heard: str
    corrections: tuple[Correction, ...] = ()

    def heard_span(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return which characters of the heard text became the characters `span` of the corrected one."""
        return self._back(span[0], end=False), self._back(span[1], end=True)

    def _back(self, place: int, *, end: bool) -> int:
        shift = 0
        for one in self.corrections:
            if place <= one.at[0]:
                break
            if place < one.at[1]:
                return one.end if end else one.start
            shift = one.end - one.at[1]
        return place + shift
