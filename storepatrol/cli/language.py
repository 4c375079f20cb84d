"""The language in which a command speaks to the person at the terminal."""

import os

from core.text import Language, Text


def language() -> Language:
    """Return `zh` where the terminal's locale is Chinese, else `en`."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


def say(text: Text) -> str:
    """Return the wording for the person at the terminal."""
    return text.in_(language())
