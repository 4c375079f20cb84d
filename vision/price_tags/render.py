"""Rendered shelves whose tags can be read: for the demo, the benchmark and tests. One seed, one shelf."""

import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vision.geometry import Box
from vision.photo import encode_jpeg
from vision.render.camera import View, land, projection, random_view, shoot
from vision.render.plan import BOARD, Facing, Plan, make_plan
from vision.render.scene import MARGIN, draw_scene

SIZE = (3200, 2400)
FINE = 2  # the scene is drawn so many times larger than planned, so that small print survives
_WIDE, _HIGH = 132, 62  # of a tag, in pixels of the plan


class RenderedTag(msgspec.Struct, frozen=True):
    """One tag of a rendered shelf: where it is on the photo, and what it says."""

    box: Box
    minor: int
    name: str
    sku: str
    barcode: str


class TaggedShelf(msgspec.Struct, frozen=True):
    """A rendered photo, and all its tags that lie in the frame."""

    jpeg: bytes
    tags: tuple[RenderedTag, ...]


def render_tags(
    seed: int,
    rows: int = 4,
    gaps: int = 2,
    *,
    view: View | None = None,
    size: tuple[int, int] = SIZE,
    symbol: str = "¥",
    wrong: frozenset[int] = frozenset(),
) -> TaggedShelf:
    """Render a shelf with readable tags; those whose number is in `wrong` show another price than `minor` says."""
    plan = make_plan(seed, rows, gaps)
    scene = draw_scene(plan, frozenset(), 0)
    scene = scene.resize((scene.width * FINE, scene.height * FINE), Image.Resampling.LANCZOS)
    chosen = view or random_view(np.random.default_rng([seed, 3]), boldness=0.5)
    shelf = tuple(value * FINE for value in (MARGIN, MARGIN, MARGIN + plan.width, MARGIN + plan.height))
    matrix = projection(chosen, (shelf[0], shelf[1], shelf[2], shelf[3]), size)
    tags = []
    for number, (facing, box) in enumerate(_places(plan)):
        article = _article(facing)
        shown = article.minor + (100 if number in wrong else 0)
        _draw(scene, box, article, shown, symbol, design=seed % 3)
        if landed := land(box, matrix, size):
            tags.append(msgspec.structs.replace(article, box=landed))
    pixels = shoot(np.asarray(scene), matrix, chosen, size)
    return TaggedShelf(encode_jpeg(Image.fromarray(pixels), 90), tuple(tags))


def _places(plan: Plan) -> list[tuple[Facing, Box]]:
    """The first facing of each run of one product, with the place of its tag in pixels of the fine scene."""
    found: list[tuple[Facing, Box]] = []
    for row in plan.rows:
        end, told = 0, None
        for facing in row.facings:
            x = facing.x + 4
            if facing.product == told or x < end or x + _WIDE > plan.width:
                continue
            told, end = facing.product, x + _WIDE + 6
            y = row.floor + (BOARD - _HIGH) // 2
            x0, y0 = (MARGIN + x) * FINE, (MARGIN + y) * FINE
            found.append((facing, (x0, y0, x0 + _WIDE * FINE, y0 + _HIGH * FINE)))
    return found


def _article(facing: Facing) -> RenderedTag:
    product = facing.product
    minor = round(float(product.price) * 100)
    number = sum(
        ord(char) * (place + 7) ** 3 for place, char in enumerate(product.brand + product.kind + product.shape)
    )
    body = f"69{number % 10**10:010}"
    digits = [int(char) for char in body]
    check = (10 - sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10) % 10
    name = f"{product.brand} {product.kind} {product.shape.upper()}"
    return RenderedTag((0, 0, 0, 0), minor, name, f"{product.brand[:3]}-{number % 9000 + 1000}", f"{body}{check}")


def _draw(scene: Image.Image, box: Box, article: RenderedTag, minor: int, symbol: str, design: int) -> None:
    pen = ImageDraw.Draw(scene)
    x0, y0, x1, y1 = box
    pen.rectangle((x0 + 4, y0 + 5, x1 + 4, y1 + 5), fill=(60, 60, 60))
    ground = ((252, 252, 246), (255, 236, 120), (250, 250, 250))[design]
    pen.rectangle(box, fill=ground, outline=(120, 120, 120))
    ink = (200, 20, 20) if design == 2 else (20, 20, 20)

    def write(x: int, y: int, words: str, size: int) -> float:
        font = ImageFont.load_default(size)
        pen.text((x, y), words.replace("¥", "Y"), fill=ink, font=font)
        if words.startswith("¥"):  # the built-in font has none: a Y with two bars
            wide = pen.textlength("Y", font=font)
            for down in (0.66, 0.8):
                pen.line((x + 0.1 * wide, y + down * size, x + 0.9 * wide, y + down * size), ink, max(2, size // 16))
        return pen.textlength(words.replace("¥", "Y"), font=font)

    write(x0 + 8, y0 + 4, article.name, 20)
    whole, cents = divmod(minor, 100)
    left = x0 + 100
    if design == 0:
        write(left, y0 + 30, f"{symbol}{whole}.{cents:02}", 54)
    else:
        left += round(write(left - 26, y0 + 50, symbol, 34)) - 22
        wide = write(left, y0 + 26, str(whole), 66)
        write(left + round(wide) + 4, y0 + 32, f"{cents:02}", 34)
    write(x0 + 8, y1 - 24, article.barcode, 17)
    write(x0 + 8, y0 + 40, article.sku, 15)
