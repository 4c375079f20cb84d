"""Chinese by sound: recognisers write what they misheard with characters that sound alike."""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=4096)
def _syllable(character: str) -> str:
    return _blunt(lazy_pinyin(character, style=Style.NORMAL)[0])


def syllables(text: str) -> list[str]:
    """Return one toneless syllable a character, with sounds that dialects do not tell apart made alike."""
    return [_syllable(character) for character in text]


def _blunt(syllable: str) -> str:
    for near, far in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(near):
            syllable = far + syllable[2:]
    return re.sub(r"(?<=[aei])ng$", "n", syllable)


def blunter(syllable: str) -> str:
    """Return the syllable without differences that recognisers confuse: huo and hu, jie and ji, leng and neng."""
    return re.sub("^l", "n", syllable).replace("uo", "u").replace("ie", "i")
