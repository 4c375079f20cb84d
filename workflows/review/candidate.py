"""A candidate model in the shadow of the current one: what it sees otherwise."""

from collections.abc import Callable

import msgspec

from vision.geometry import Box, same_slot
from vision.shelf import ShelfReader


class Candidate:
    """Looks at a `share` of the live photos. It is loaded with the first of them, and costs nothing before."""

    def __init__(self, name: str, share: float, load: Callable[[], ShelfReader]) -> None:
        self.name, self.share = name, share
        self._load = load
        self._reader: ShelfReader | None = None

    def reader(self) -> ShelfReader:
        """Return the loaded model."""
        if self._reader is None:
            self._reader = self._load()
        return self._reader


class Difference(msgspec.Struct, frozen=True):
    """Gaps that both see (counted), and those that only one sees."""

    both: int
    only_current: tuple[Box, ...]
    only_candidate: tuple[Box, ...]


def difference(current: tuple[Box, ...], candidate: tuple[Box, ...]) -> Difference:
    """Match the gaps of two models slot by slot, each at most once."""
    free = list(candidate)
    only_current = []
    for box in current:
        fitting = [other for other in free if same_slot(box, other)]
        if fitting:
            free.remove(fitting[0])
        else:
            only_current.append(box)
    return Difference(len(current) - len(only_current), tuple(only_current), tuple(free))
