"""Words that say "problem" or "in order", and the negations that turn them round."""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Literal

import msgspec

from speech.notes.model import Polarity

_WORDS = tomllib.loads(resources.files(__package__).joinpath("cue_words.toml").read_text("utf-8"))


def _any(language: str, group: str) -> str:
    return "(?:" + "|".join(_WORDS[language][group]) + ")"


Kind = Literal["problem", "ok", "fixed", "absent"]


class Cue(msgspec.Struct, frozen=True):
    """A stretch of text that judges, negation included."""

    start: int
    end: int
    kind: Kind
    negated: bool = False

    @property
    def polarity(self) -> Polarity:
        """Return what it says about the thing it stands with."""
        return "problem" if self.kind in {"problem", "absent"} else "ok"


_ZH = re.compile(
    rf"(?:(?P<not>{_any('zh', 'not')}){_any('zh', 'filler')}*)?"
    rf"(?:(?P<ok>{_any('zh', 'ok')})|(?P<fixed>{_any('zh', 'fixed')})|(?P<problem>{_any('zh', 'problem')}))"
    r"|(?P<absent>没有|没|无|未|缺|少|不)"
)
_EN = re.compile(
    rf"\b(?:(?P<not>{_any('en', 'not')})\s+(?:{_any('en', 'filler')}\s+){{0,4}})?"
    rf"(?:(?P<fixed>{_any('en', 'fixed')})|(?P<problem>{_any('en', 'problem')})|(?P<ok>{_any('en', 'ok')}))\b"
    rf"|\b(?P<absent>{_any('en', 'not')})\b"
)
_WISH = {language: re.compile(rf"{_any(language, 'todo')}\W{{0,2}}\w{{0,4}}\W{{0,2}}$") for language in ("zh", "en")}
_JOINED = re.compile(r"\s*(?:和|与|、|或者?|跟|及|or|and|,|，)\s*")
_NOW = re.compile(r"现在|已经?|今天|刚刚?|目前|now|already|today|by now|since been|has been|have been|again")
_NO_NEGATION = re.compile(_any("zh", "not_words"))
_KINDS: tuple[Kind, ...] = ("ok", "fixed", "problem", "absent")
_TURNED: dict[str, Kind] = {"ok": "problem", "fixed": "problem", "problem": "ok"}


def cues(text: str) -> tuple[Cue, ...]:
    """Return the judging words of plain text, in order, none overlapping another."""
    masked = _NO_NEGATION.sub(lambda match: _mask(match[0]), text)
    found = sorted([*_found(_ZH, "zh", masked), *_found(_EN, "en", masked)], key=lambda cue: (cue.start, -cue.end))
    kept: list[Cue] = []
    for cue in found:
        if not kept or cue.start >= kept[-1].end:
            kept.append(_shared(cue, kept[-1], text) if kept else cue)
    return tuple(kept)


def _shared(cue: Cue, before: Cue, text: str) -> Cue:
    """Let one negation hold for all that "and" or "or" joins: "no mice or droppings", "没有老鼠和蟑螂"."""
    if (
        cue.kind == "problem"
        and before.negated
        and before.kind == "ok"
        and _JOINED.fullmatch(text[before.end : cue.start])
    ):
        return Cue(cue.start, cue.end, "ok", negated=True)
    return cue


def _mask(word: str) -> str:
    return word if word == "不错" else "\0" * len(word)


def _found(pattern: re.Pattern[str], language: str, text: str) -> Iterator[Cue]:
    for match in pattern.finditer(text):
        groups = match.groupdict()
        kind: Kind = next(name for name in _KINDS if groups.get(name))
        if kind == "fixed" and _WISH[language].search(text, max(0, match.start() - 12), match.start()):
            kind = "problem"  # "please clean it up" is no report that it was cleaned
        elif groups["not"] and kind in _TURNED:
            kind = _TURNED[kind]
        yield Cue(match.start(), match.end(), kind, negated=bool(groups["not"]))


def has_problem_word(phrase: str) -> bool:
    """Tell whether a plain phrase judges by itself ("地上有水", "broken shelf") or only names its thing ("收银机")."""
    return any(cue.polarity == "problem" for cue in cues(phrase))


def says_now(text: str) -> bool:
    """Tell whether plain text speaks of how things are by now: "已经", "again", "is fine now"."""
    return _NOW.search(text) is not None
