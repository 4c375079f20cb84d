"""Text that people read, in the two languages of the product."""

from typing import Literal

import msgspec

Language = Literal["zh", "en"]


class Text(msgspec.Struct, frozen=True):
    """One sentence or name in Chinese and in English."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the wording for `language`."""
        return self.zh if language == "zh" else self.en


def counted(number: int, what: str, then: tuple[str, str] | None = None) -> str:
    """Return "1 photo", "2 photos"; with `then` ("is", "are") also the verb: "1 photo is", "2 photos are"."""
    words = f"{number} {what}" if number == 1 else f"{number} {what}s"
    return words if then is None else f"{words} {then[number != 1]}"
