"""What a person sees while weights arrive."""

from collections.abc import Callable
from typing import Literal

import msgspec

Step = Literal["wait", "download", "check", "ready"]


class Progress(msgspec.Struct, frozen=True):
    """How far the fetch of one weight is, in bytes."""

    name: str
    step: Step
    done: int
    total: int

    @property
    def percent(self) -> int:
        """Return whole percents, 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 100


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report to nobody."""
    del progress
