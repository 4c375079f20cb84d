"""How people speak of checkpoints: what `extract` looks for. The caller fills it, from a library or a company's own."""

import msgspec

from speech.notes.model import Severity


class Limits(msgspec.Struct, frozen=True):
    """What a measured value of a checkpoint may be; `unit` as in `Value`."""

    unit: str
    min: float | None = None
    max: float | None = None

    def allow(self, number: float) -> bool:
        """Tell whether a value is within the limits."""
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


class CheckpointWords(msgspec.Struct, frozen=True):
    """The wordings that point to one checkpoint.

    They may be problems ("地上有水"), good states ("地面干净") or just its thing ("收银机").
    """

    code: str
    dimension: str
    severity: Severity
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    limits: Limits | None = None


class Lexicon(msgspec.Struct, frozen=True):
    """Every checkpoint that a note may be about."""

    checkpoints: tuple[CheckpointWords, ...]
