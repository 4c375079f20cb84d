"""Photos of supermarket shelves that exist nowhere: for the demo, the documentation, tests and training.

Deterministic: the same arguments give the same shelf. Everything known about it comes along.
"""

import msgspec
import numpy as np
from PIL import Image

from vision.geometry import Box
from vision.photo import encode_jpeg
from vision.render.camera import View, land, projection, random_view, shoot
from vision.render.plan import Plan, make_plan
from vision.render.scene import MARGIN, draw_scene

__all__ = ["RenderedShelf", "View", "photograph", "render_pair", "render_shelf"]

SIZE = (1600, 1200)


class RenderedShelf(msgspec.Struct, frozen=True):
    """A rendered photo and the truth about it, boxes in its pixels."""

    jpeg: bytes
    width: int
    height: int
    gap_boxes: tuple[Box, ...]
    row_boxes: tuple[Box, ...]


def render_shelf(
    seed: int,
    rows: int = 5,
    gaps: int = 3,
    *,
    size: tuple[int, int] = SIZE,
    view: View | None = None,
) -> RenderedShelf:
    """Render one shelf with empty places, seen from `view` (by default one that the seed chooses)."""
    chosen = view or random_view(np.random.default_rng([seed, 3]), boldness=0.6)
    return photograph(make_plan(seed, rows, gaps), chosen, size=size)


def render_pair(
    seed: int, rows: int = 5, gaps: int = 3, *, filled: bool = True, size: tuple[int, int] = SIZE
) -> tuple[RenderedShelf, RenderedShelf]:
    """Render one shelf before and after: from another place, in other light, and restocked if `filled`."""
    plan = make_plan(seed, rows, gaps)
    rng = np.random.default_rng([seed, 3])
    before = photograph(plan, random_view(rng, boldness=0.6), size=size)
    done = frozenset(range(gaps)) if filled else frozenset()
    after = photograph(plan, random_view(rng, boldness=0.9), filled=done, restock=1, size=size)
    return before, after


def photograph(
    plan: Plan,
    view: View,
    *,
    filled: frozenset[int] = frozenset(),
    restock: int = 0,
    size: tuple[int, int] = SIZE,
    quality: int = 88,
) -> RenderedShelf:
    """Photograph a planned shelf; gaps whose number is in `filled` hold products again."""
    shelf = (MARGIN, MARGIN, MARGIN + plan.width, MARGIN + plan.height)
    matrix = projection(view, shelf, size)
    pixels = shoot(np.asarray(draw_scene(plan, filled, restock)), matrix, view, size)
    gaps = [land(_moved(plan.gap_box(gap)), matrix, size) for gap in range(plan.gaps) if gap not in filled]
    rows = [land(_moved(plan.row_box(row)), matrix, size) for row in range(len(plan.rows))]
    return RenderedShelf(
        jpeg=encode_jpeg(Image.fromarray(pixels), quality),
        width=size[0],
        height=size[1],
        gap_boxes=tuple(box for box in gaps if box),
        row_boxes=tuple(box for box in rows if box),
    )


def _moved(box: Box) -> Box:
    return box[0] + MARGIN, box[1] + MARGIN, box[2] + MARGIN, box[3] + MARGIN
