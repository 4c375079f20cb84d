"""Which pieces of XLM-R's vocabulary a shop's notes need: a twelfth of it."""

import re
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

COMMON = 30_000
"""Pieces are sorted by frequency over a hundred languages; Latin ones that are rarer are left out."""
MARKS = "，。！？；：、…“”‘’（）《》·％℃°￥—～"
UNKNOWN = 3
SPECIAL = 4
BLANK = "▁"


def tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """Return a unigram tokenizer of these pieces with their scores; text is expected in lower case."""
    made = Tokenizer(models.Unigram(pieces, unk_id=UNKNOWN, byte_fallback=False))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    return made


def kept(pieces: list[tuple[str, float]], statements: Iterable[str]) -> list[int]:
    """Return the numbers of the pieces to keep: those of the statements, simplified Chinese, common Latin ones."""
    whole = tokenizer(pieces)
    used = {number for text in statements for number in whole.encode(text.lower()).ids}
    return [number for number, (piece, _) in enumerate(pieces) if number in used or _needed(number, piece)]


def _needed(number: int, piece: str) -> bool:
    text = piece.replace(BLANK, "")
    if number < SPECIAL or not text:
        return True
    if text.isascii():
        common = number < COMMON and re.fullmatch(r"[a-z]+|\W+", text) is not None
        return text == text.lower() and (len(text) == 1 or common or re.fullmatch(r"\d{1,3}", text) is not None)
    return text in MARKS or all("\u4e00" <= character <= "\u9fff" and _simplified(character) for character in text)


def _simplified(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False
