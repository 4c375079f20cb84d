"""Draw a planned shelf flat: wall, boards, price strips, products, empty places; ceiling and floor around it."""

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from vision.geometry import Box
from vision.render.plan import BOARD, POST, Colour, Facing, Plan, PlannedRow
from vision.render.products import draw_product

MARGIN = 700  # flat pixels around the shelf, for a camera that looks past its edges
_HEADER = 110
_BASE = 70


def draw_scene(plan: Plan, filled: frozenset[int], restock: int) -> Image.Image:
    """Draw the flat scene, the shelf's corner at (`MARGIN`, `MARGIN`).

    Gaps whose number is in `filled` hold products. `restock` moves every product a little, as hands do.
    """
    rng = np.random.default_rng([plan.seed, 2, restock])
    scene = _room(plan)
    shelf = Image.new("RGB", (plan.width, plan.height), plan.wall)
    for row in plan.rows:
        _draw_row(shelf, plan, row, filled, rng)
    pen = ImageDraw.Draw(shelf)
    for x in (0, plan.width - POST):
        pen.rectangle((x, 0, x + POST, plan.height), fill=_shift(plan.steel, -22))
        pen.line((x + POST // 2, 0, x + POST // 2, plan.height), fill=_shift(plan.steel, -60), width=3)
    scene.paste(shelf, (MARGIN, MARGIN))
    return scene


def _room(plan: Plan) -> Image.Image:
    width, height = plan.width + 2 * MARGIN, plan.height + 2 * MARGIN
    scene = Image.new("RGB", (width, height), (206, 204, 198))
    pen = ImageDraw.Draw(scene)
    floor = MARGIN + plan.height + _BASE
    pen.rectangle((0, floor, width, height), fill=(168, 164, 156))
    for x in range(0, width, 190):
        pen.line((x, floor, x - 60, height), fill=(146, 142, 136), width=4)
    for y in range(floor, height, 150):
        pen.line((0, y, width, y), fill=(146, 142, 136), width=4)
    pen.rectangle((0, 0, width, MARGIN - _HEADER - 60), fill=(232, 232, 228))
    for x in range(120, width, 700):
        pen.rectangle((x, MARGIN - 470, x + 380, MARGIN - 430), fill=(255, 255, 250))
    left, right = MARGIN - 8, MARGIN + plan.width + 8
    pen.rectangle((left, MARGIN - _HEADER, right, MARGIN), fill=plan.header)
    pen.text((MARGIN + plan.width / 2, MARGIN - _HEADER / 2), plan.sign, fill=(255, 255, 255),
             font=ImageFont.load_default(66), anchor="mm")  # fmt: skip
    pen.rectangle((left, MARGIN + plan.height, right, floor), fill=_shift(plan.steel, -70))
    return scene.filter(ImageFilter.GaussianBlur(1.2))


def _draw_row(
    shelf: Image.Image, plan: Plan, row: PlannedRow, filled: frozenset[int], rng: np.random.Generator
) -> None:
    inside = (POST, row.top, plan.width - POST, row.floor)
    shelf.paste(_back_wall(plan, inside), inside[:2])
    standing = [facing for facing in row.facings if facing.gap is None or facing.gap in filled]
    for facing in standing:  # the one behind, seen over and beside the front one
        _place(shelf, row, facing, depth=1, nudge=0)
    for facing in standing:
        _place(shelf, row, facing, depth=0, nudge=int(rng.integers(-2, 3)))
    _board_shadow(shelf, inside)
    _board_front(shelf, plan, row)


def _back_wall(plan: Plan, inside: Box) -> Image.Image:
    """The wall behind the products, darker towards the top, and the strip of board seen in an empty place."""
    x0, y0, x1, y1 = inside
    height = y1 - y0
    down = np.linspace(0.55, 1.1, height)[:, None, None]
    wall = np.ones((height, x1 - x0, 3)) * np.array(plan.wall) * down
    wall[:, ::58] *= 0.8  # perforated panel
    board = max(10, height // 9)
    wall[-board:] = np.array(plan.steel) * np.linspace(0.34, 0.62, board)[:, None, None]
    return Image.fromarray(wall.clip(0, 255).astype(np.uint8))


def _place(shelf: Image.Image, row: PlannedRow, facing: Facing, depth: int, nudge: int) -> None:
    picture = draw_product(facing.product)
    x = facing.x + (facing.width - facing.product.width) // 2 + nudge
    y = row.floor - facing.product.height
    if depth:
        small = (round(picture.width * 0.94), round(picture.height * 0.96))
        dim = ImageEnhance.Brightness(picture.resize(small)).enhance(0.45)
        shelf.paste(dim, (x + 5, row.floor - small[1] - 9), dim)
        return
    shelf.paste((14, 12, 12), (x + 3, y + 3), picture.getchannel("A").point(lambda value: value * 0.55))
    shelf.paste(picture, (x, y), picture)


def _board_shadow(shelf: Image.Image, inside: Box) -> None:
    """The board above keeps light from the upper third."""
    x0, y0, x1, y1 = inside
    deep = (y1 - y0) // 3
    region = shelf.crop((x0, y0, x1, y0 + deep))
    dim = np.linspace(0.5, 1.0, deep)[:, None, None] ** 0.8
    shelf.paste(Image.fromarray((np.asarray(region) * dim).astype(np.uint8)), (x0, y0))


def _board_front(shelf: Image.Image, plan: Plan, row: PlannedRow) -> None:
    pen = ImageDraw.Draw(shelf)
    y = row.floor
    pen.rectangle((0, y, plan.width, y + BOARD), fill=plan.steel)
    pen.rectangle((0, y, plan.width, y + 4), fill=_shift(plan.steel, 26))
    pen.rectangle((0, y + BOARD - 4, plan.width, y + BOARD), fill=_shift(plan.steel, -70))
    told = None
    for facing in row.facings:
        if facing.product != told:
            told = facing.product
            _price_tag(pen, facing, y + 5, told.price, plan.header)


def _price_tag(pen: ImageDraw.ImageDraw, facing: Facing, y: int, price: str, colour: Colour) -> None:
    x = facing.x + 4
    pen.rectangle((x, y, x + 70, y + BOARD - 11), fill=(252, 252, 246), outline=(150, 150, 150))
    pen.rectangle((x, y, x + 10, y + BOARD - 11), fill=colour)
    pen.text((x + 15, y + 1), price, fill=(24, 24, 24), font=ImageFont.load_default(19))


def _shift(colour: Colour, by: int) -> Colour:
    red, green, blue = (max(0, min(255, part + by)) for part in colour)
    return red, green, blue
