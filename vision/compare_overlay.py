"""Before and after side by side, each gap outlined where it was, in the colour of its verdict."""

from collections.abc import Sequence

import msgspec
from PIL import Image, ImageDraw

from vision.geometry import Box
from vision.overlay import fit, label, scaled
from vision.photo import Photo, encode_jpeg

HEIGHT = 800  # pixels, at most
GAP = 8  # pixels between the two photos
COLOURS = {
    "fixed": (52, 199, 89),
    "not_fixed": (255, 59, 48),
    "unsure": (255, 179, 0),
    "different_place": (160, 160, 170),
}


class Mark(msgspec.Struct, frozen=True):
    """One gap to draw: its box before, its verdict, and its corners after, empty where not known."""

    box: Box
    verdict: str
    corners: tuple[tuple[float, float], ...]


def draw_pair(before: Photo, after: Photo, marks: Sequence[Mark], verdict: str) -> bytes:
    """Return the side-by-side JPEG, long side at most 1600."""
    left, scale_left = fit(before, HEIGHT)
    right, scale_right = fit(after, HEIGHT)
    for mark in marks:
        colour = COLOURS[mark.verdict]
        wide = 4
        ImageDraw.Draw(left, "RGBA").rectangle(scaled(mark.box, scale_left), outline=(255, 59, 48), width=wide)
        if mark.corners:
            corners = [(x * scale_right, y * scale_right) for x, y in mark.corners]
            ImageDraw.Draw(right, "RGBA").polygon(corners, fill=(*colour, 40), outline=colour, width=wide)
    canvas = Image.new("RGB", (left.width + GAP + right.width, max(left.height, right.height)), (20, 24, 32))
    canvas.paste(left, (0, 0))
    canvas.paste(right, (left.width + GAP, 0))
    pen = ImageDraw.Draw(canvas, "RGBA")
    label(pen, (12, 12), "before", size=20)
    label(pen, (left.width + GAP + 12, 12), f"after: {verdict.replace('_', ' ')}", size=20)
    canvas.thumbnail((1600, 1600))
    return encode_jpeg(canvas)
