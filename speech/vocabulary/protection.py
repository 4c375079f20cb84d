"""What is left as it is: terms that are right, numbers with their units, the wording of checkpoints, judging words."""

import re
from typing import Final

import msgspec

from speech.notes.cues import cues
from speech.vocabulary.forms import Vocabulary

_UNIT: Final = (
    "号|度|块|元|毛|角|分|个|瓶|盒|箱|包|袋|桶|罐|支|张|排|层|件|天|小时|秒|米|厘米|公斤|克|斤|升|毫升|成|折"
    "|月|日|点|年|周|人|次|台|条"
)
_NUMBER: Final = re.compile(
    rf"\d+(?:[.:,]\d+)*\s*(?:%|°c|℃|[a-z]{{1,2}}\b|{_UNIT})?|[零一二两三四五六七八九十百千万半几第]+(?:{_UNIT})"
)


class Protection(msgspec.Struct, frozen=True):
    """Places of a plain text: `right` are terms, `kept` what else must stay."""

    right: frozenset[tuple[int, int]]
    kept: frozenset[tuple[int, int]]

    def allows(self, text: str, start: int, end: int, spoken: str) -> bool:
        """Tell whether `start` to `end` may become `spoken`: what stays is wholly inside and part of it."""
        for first, last in (*self.right, *self.kept):
            if first < end and last > start and not (start <= first and last <= end and text[first:last] in spoken):
                return False
        return (start, end) not in self.right


def protection(text: str, vocabulary: Vocabulary) -> Protection:
    """Find what stays in a plain text. Judging words of one character are too many to be of use here."""
    numbers = (match.span() for match in _NUMBER.finditer(text))
    judging = ((cue.start, cue.end) for cue in cues(text) if cue.end - cue.start > 1)
    right = vocabulary.right.spans(text)
    return Protection(frozenset(right), frozenset((*numbers, *judging, *vocabulary.kept.spans(text))))
