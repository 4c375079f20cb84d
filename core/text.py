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
