"""Which of many pieces of artwork may be on a photo, without comparing it with each of them.

All descriptors of all artwork share one index of cells (k-means of a sample of them). A feature of the photo is
compared with the descriptors of its nearest few cells only, and votes for the artwork of each that looks like it. Votes
count where they agree on where the piece is, how large and how turned, which chance matches do not.
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from vision.promo.artwork import Artwork
from vision.promo.features import Features, as_vectors

ALIKE = 0.86  # cosine from which a feature votes
ONE_CELL = 12_000  # descriptors up to which comparing with all of them is quickest
IN_A_CELL, PROBES, SAMPLE, ROUNDS = 250, 5, 24_000, 6
BLOCK = 4096  # descriptors compared at once
TURNS, SIZES, PLACES = 12, 7, 8  # bins of the turn, of the size in octaves, and of the middle's x and y on the photo
SMALLEST_STEP = -4.0  # the lowest bin: a feature on the photo 1/16 of its size on the artwork


class ArtworkIndex:
    """An index over artwork, by keys of the caller's. It takes a second or two to build for 500, and never changes."""

    def __init__(self, artworks: Mapping[str, Artwork]) -> None:
        self.artworks = dict(artworks)
        self.keys = tuple(self.artworks)
        parts = [artwork.features for artwork in self.artworks.values()]
        counts = [len(part) for part in parts]
        looks = np.concatenate([part.looks for part in parts]) if parts else np.empty((0, 128), dtype=np.uint8)
        centres = _centres(looks) if len(looks) > ONE_CELL else None
        cells = np.zeros(len(looks), dtype=np.int32) if centres is None else _nearest(looks, centres)
        order = np.argsort(cells, kind="stable")
        self._centres = centres
        self._starts = np.searchsorted(cells[order], np.arange((1 if centres is None else len(centres)) + 1))
        self._looks = looks[order]
        self._owner = np.repeat(np.arange(len(parts), dtype=np.int32), counts)[order]
        self._turn = _joined([part.angles for part in parts])[order]
        self._size = np.log2(np.maximum(_joined([part.sizes for part in parts])[order], 1e-3))
        middles = [_to_middle(artwork) for artwork in self.artworks.values()]
        self._to_middle = (np.concatenate(middles) if middles else np.empty((0, 2), dtype=np.float32))[order]

    def __len__(self) -> int:
        return len(self.keys)

    def candidates(self, photo: Features, most: int, among: Collection[str] | None = None) -> list[tuple[str, float]]:
        """Return the keys (of `among`, or of all) that may be on the photo with their votes, the likeliest first."""
        votes = self.votes(photo)
        order = np.argsort(-votes, kind="stable")
        chosen = ((self.keys[i], float(votes[i])) for i in order if votes[i] > 0)
        wanted = [one for one in chosen if among is None or one[0] in among]
        return wanted[:most]

    def votes(self, photo: Features) -> NDArray[np.float64]:
        """Return how many features speak for each artwork, those counted that agree on its turn and size."""
        query, row, alike = self._pairs(photo)
        count = len(self.keys)
        if not len(query):
            return np.zeros(count)
        owner = self._owner[row]
        best = _best_of_each(query.astype(np.int64) * count + owner, alike)
        query, row, owner = query[best], row[best], owner[best]
        weight = 1 / np.sqrt(np.bincount(query, minlength=len(photo))[query])  # what looks like everything says little
        turn = photo.angles[query] - self._turn[row]
        growth = np.log2(np.maximum(photo.sizes[query], 1e-3)) - self._size[row]
        bins = (
            owner,
            (turn / (2 * np.pi) * TURNS).astype(int) % TURNS,
            (growth - SMALLEST_STEP).astype(int).clip(0, SIZES - 1),
            *_middle_bins(photo, query, self._to_middle[row], turn, growth),
        )
        shape = (count, TURNS, SIZES, PLACES + 2, PLACES + 2)
        table = np.bincount(np.ravel_multi_index(bins, shape), weight, int(np.prod(shape))).reshape(shape)
        table = table + np.roll(table, 1, axis=1)  # neighbours together, so that no border splits a piece's votes
        for axis in (2, 3, 4):
            low = tuple(slice(None, -1) if i == axis else slice(None) for i in range(5))
            high = tuple(slice(1, None) if i == axis else slice(None) for i in range(5))
            table[high] += table[low].copy()
        peaks: NDArray[np.float64] = table.max(axis=(1, 2, 3, 4))
        return peaks

    def _pairs(self, photo: Features) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Return pairs (feature of the photo, row of the index) that look alike, and how much."""
        vectors = as_vectors(photo.looks)
        found: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]] = []
        for who, start, end in self._work(vectors):
            for low in range(start, end, BLOCK):
                alike = vectors[who] @ as_vectors(self._looks[low : min(end, low + BLOCK)]).T
                at, near = np.nonzero(alike >= ALIKE)
                found.append((who[at], near + low, alike[at, near]))
        if not found:
            empty = np.empty(0, dtype=np.intp)
            return empty, empty, np.empty(0, dtype=np.float32)
        query, row, closeness = (np.concatenate(column) for column in zip(*found, strict=True))
        return query, row, closeness

    def _work(self, vectors: NDArray[np.float32]) -> list[tuple[NDArray[np.intp], int, int]]:
        """Return which features are to be compared with which stretch of rows."""
        if not len(self._looks) or not len(vectors):
            return []
        if self._centres is None:
            return [(np.arange(len(vectors)), 0, len(self._looks))]
        near = np.argpartition(-(vectors @ self._centres.T), PROBES, axis=1)[:, :PROBES]
        cell, who = near.ravel(), np.repeat(np.arange(len(vectors)), PROBES)
        order = np.argsort(cell, kind="stable")
        bounds = np.searchsorted(cell[order], np.arange(len(self._centres) + 1))
        return [
            (who[order[bounds[i] : bounds[i + 1]]], int(self._starts[i]), int(self._starts[i + 1]))
            for i in range(len(self._centres))
            if bounds[i] < bounds[i + 1] and self._starts[i] < self._starts[i + 1]
        ]


def _to_middle(artwork: Artwork) -> NDArray[np.float32]:
    width, height = artwork.small
    return np.asarray(np.array([width / 2, height / 2]) - artwork.features.points, dtype=np.float32)


def _middle_bins(
    photo: Features,
    query: NDArray[np.intp],
    to_middle: NDArray[np.float32],
    turn: NDArray[np.float32],
    growth: NDArray[np.float32],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the bins of the places on the photo where the pairs put the middle of their artwork."""
    cos, sin = np.cos(turn), np.sin(turn)
    x = photo.points[query, 0] + np.exp2(growth) * (cos * to_middle[:, 0] - sin * to_middle[:, 1])
    y = photo.points[query, 1] + np.exp2(growth) * (sin * to_middle[:, 0] + cos * to_middle[:, 1])
    side = max(1.0, float(photo.points.max()))
    across, down = ((value / side * PLACES).clip(-1, PLACES).astype(int) + 1 for value in (x, y))
    return across, down


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


def _best_of_each(group: NDArray[np.int64], value: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the place of the largest value in each group."""
    order = np.lexsort((-value, group))
    first = np.ones(len(order), dtype=bool)
    first[1:] = group[order][1:] != group[order][:-1]
    return order[first]


def _centres(looks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the centres of k-means over a sample; the same for the same artwork."""
    rng = np.random.default_rng(1)
    count = max(2 * PROBES, len(looks) // IN_A_CELL)
    sample = as_vectors(looks[rng.choice(len(looks), min(len(looks), SAMPLE), replace=False)])
    count = min(count, len(sample) // 8)
    centres = sample[rng.choice(len(sample), count, replace=False)]
    for _ in range(ROUNDS):
        nearest = (sample @ centres.T).argmax(axis=1)
        order = np.argsort(nearest, kind="stable")
        filled, starts = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(sample[order], starts, axis=0)
        centres[filled] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-7)
    return np.asarray(centres, dtype=np.float32)


def _nearest(looks: NDArray[np.uint8], centres: NDArray[np.float32]) -> NDArray[np.int32]:
    blocks = [(as_vectors(looks[i : i + BLOCK]) @ centres.T).argmax(axis=1) for i in range(0, len(looks), BLOCK)]
    return np.concatenate(blocks).astype(np.int32)
