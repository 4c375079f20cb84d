"""The same text, simpler: every character keeps its place, so that positions stay right."""

import unicodedata


def plain(text: str) -> str:
    """Return the text in lower case and half width, character by character (the length never changes)."""
    return "".join(_one(character) for character in text)


def _one(character: str) -> str:
    simple = unicodedata.normalize("NFKC", character).lower()
    if character in "’‘":
        return "'"
    return simple if len(simple) == 1 else character


def is_chinese(character: str) -> bool:
    """Tell whether this is a Chinese character."""
    return "\u3400" <= character <= "\u9fff"
