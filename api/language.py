"""Which of our two languages a request asks for."""

from core.text import Language


def preferred(accept_language: str | None) -> Language:
    """Return the language of the highest q-value among zh and en; English when neither is asked for.

    A regional form counts for its language (`zh-CN`, `en-GB`); of two with one q-value the first wins.
    """
    best: Language = "en"
    best_q = 0.0
    for entry in (accept_language or "").split(","):
        tag, _, parameters = entry.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        q = _quality(parameters)
        if language in ("zh", "en") and q > best_q:
            best, best_q = ("zh" if language == "zh" else "en"), q
    return best


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return min(float(value), 1.0)
            except ValueError:
                return 0.0
    return 1.0
