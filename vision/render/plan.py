"""What stands on a rendered shelf: rows, products with their looks, and which places are empty."""

from typing import Literal, cast, get_args

import msgspec
import numpy as np

from vision.geometry import Box

Colour = tuple[int, int, int]
Shape = Literal["box", "bottle", "can", "jar", "carton", "bag"]

BOARD = 34  # pixels of the flat drawing: the front edge of a board, with the price strip
POST = 26  # width of the upright posts at both ends
BRANDS = (
    "LUMA", "VERDE", "KIRO", "SOLE", "NORI", "PIKO", "ALBA", "TANGO", "MELLO", "ZEST", "OKRA", "BRIO", "FJORD",
    "HAZEL", "MIRA", "YUZU", "PLUM", "OTTO", "CRISP", "DELTA", "ROSA", "KOBO", "TERRA", "WAVE", "NOVA", "JUNO",
)  # fmt: skip
KINDS = ("CLASSIC", "FRESH", "ORIGINAL", "LIGHT", "FAMILY", "ORGANIC", "GOLD", "MINI", "PURE", "DAILY")


class Product(msgspec.Struct, frozen=True):
    """One article: its shape, size in pixels of the flat drawing, colours and words."""

    shape: Shape
    width: int
    height: int
    main: Colour
    second: Colour
    accent: Colour
    brand: str
    kind: str
    price: str
    design: int  # picks one of the label layouts


class Facing(msgspec.Struct, frozen=True):
    """One place on a row, from x to x + width; `gap` is the number of the gap it belongs to, if empty."""

    product: Product
    x: int
    width: int
    gap: int | None = None


class PlannedRow(msgspec.Struct, frozen=True):
    """One row: `top` is under the board above, `floor` where products stand; the board's front follows."""

    top: int
    floor: int
    facings: tuple[Facing, ...]


class Plan(msgspec.Struct, frozen=True):
    """One shelf before a camera sees it, in pixels of a flat drawing of `width` by `height`."""

    seed: int
    width: int
    height: int
    rows: tuple[PlannedRow, ...]
    gaps: int
    sign: str
    header: Colour
    steel: Colour
    wall: Colour

    def gap_box(self, gap: int) -> Box:
        """Return the empty place: as wide as the missing facings, as high as the missing product."""
        places = [(row, facing) for row in self.rows for facing in row.facings if facing.gap == gap]
        row, first = places[0]
        last = places[-1][1]
        return first.x, row.floor - first.product.height, last.x + last.width, row.floor

    def row_box(self, index: int) -> Box:
        """Return the span of one row: the products and the board they stand on."""
        row = self.rows[index]
        return POST, row.top, self.width - POST, row.floor + BOARD


def make_plan(seed: int, rows: int, gaps: int) -> Plan:
    """Fill a shelf of `rows` rows and empty `gaps` places of one to three facings; the same for one seed."""
    rng = np.random.default_rng([seed, 1])
    width = int(rng.integers(1500, 2101))
    planned, top = [], 0
    for _ in range(rows):
        clear = int(rng.integers(190, 290))
        planned.append(_fill_row(rng, top, top + clear, width))
        top += clear + BOARD
    grey = int(rng.integers(150, 225))
    dark = int(rng.integers(38, 74))
    return Plan(
        seed=seed,
        width=width,
        height=top,
        rows=_empty_places(rng, planned, gaps),
        gaps=gaps,
        sign=str(rng.choice(["DRINKS", "PANTRY", "SNACKS", "HOME CARE", "BREAKFAST", "BEAUTY"])),
        header=_vivid(rng),
        steel=(grey, grey, min(255, grey + 6)),
        wall=(dark + 6, dark + 2, dark),
    )


def _fill_row(rng: np.random.Generator, top: int, floor: int, width: int) -> PlannedRow:
    facings: list[Facing] = []
    x = POST + int(rng.integers(4, 14))
    shape = cast("Shape", str(rng.choice(get_args(Shape))))
    while True:
        if rng.random() < 0.35:
            shape = cast("Shape", str(rng.choice(get_args(Shape))))
        product = _invent(rng, shape, floor - top)
        for _ in range(int(rng.integers(2, 6))):
            place = product.width + int(rng.integers(2, 8))
            if x + place > width - POST:
                return PlannedRow(top, floor, _spread(facings, width - POST - 6))
            facings.append(Facing(product, x, place))
            x += place


def _spread(facings: list[Facing], end: int) -> tuple[Facing, ...]:
    """Give the room left at the end of a row to all its places, so that only a gap looks like a gap."""
    extra, odd = divmod(end - facings[-1].x - facings[-1].width, len(facings))
    spread, x = [], facings[0].x
    for number, facing in enumerate(facings):
        width = facing.width + extra + (number < odd)
        spread.append(Facing(facing.product, x, width))
        x += width
    return tuple(spread)


def _invent(rng: np.random.Generator, shape: Shape, clear: int) -> Product:
    slim = {"box": 0.7, "bottle": 0.36, "can": 0.5, "jar": 0.66, "carton": 0.46, "bag": 0.78}[shape]
    share = {"box": 0.86, "bottle": 0.9, "can": 0.76, "jar": 0.74, "carton": 0.88, "bag": 0.84}[shape]
    height = int(clear * share * rng.uniform(0.88, 1.06))
    return Product(
        shape=shape,
        width=int(height * slim * rng.uniform(0.85, 1.25)),
        height=min(height, clear - 14),
        main=_vivid(rng),
        second=_vivid(rng),
        accent=(250, 248, 240) if rng.random() < 0.6 else _vivid(rng),
        brand=str(rng.choice(BRANDS)),
        kind=str(rng.choice(KINDS)),
        price=f"{rng.integers(2, 60)}.{rng.choice([0, 5, 8, 9])}0",
        design=int(rng.integers(4)),
    )


def _vivid(rng: np.random.Generator) -> Colour:
    import colorsys

    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.45, 0.95), rng.uniform(0.45, 0.98))
    return round(red * 255), round(green * 255), round(blue * 255)


def _empty_places(rng: np.random.Generator, rows: list[PlannedRow], gaps: int) -> tuple[PlannedRow, ...]:
    """Empty `gaps` stretches of neighbouring facings, never two that touch."""
    emptied: dict[tuple[int, int], int] = {}
    for gap in range(gaps):
        for row, start, end in _stretches(rng, rows):
            around = {(row, place) for place in range(start - 1, end + 1)}
            if not around & emptied.keys():
                emptied.update({(row, place): gap for place in range(start, end)})
                break
        else:
            raise ValueError(f"no room for {gaps} gaps on {len(rows)} rows")
    return tuple(
        PlannedRow(
            row.top,
            row.floor,
            tuple(
                Facing(facing.product, facing.x, facing.width, emptied.get((number, place)))
                for place, facing in enumerate(row.facings)
            ),
        )
        for number, row in enumerate(rows)
    )


def _stretches(rng: np.random.Generator, rows: list[PlannedRow]) -> list[tuple[int, int, int]]:
    """Candidates (row, from, to) in random order: runs of one product that keep a filled place on both sides."""
    found = []
    for _ in range(200):
        row = int(rng.integers(len(rows)))
        count = len(rows[row].facings)
        length = int(rng.choice([1, 2, 2, 3]))
        start = int(rng.integers(1, max(2, count - length - 1)))
        run = rows[row].facings[start : start + length]
        wide = sum(facing.width for facing in run)
        if start + length < count and len({facing.product for facing in run}) == 1 and 90 <= wide <= 420:
            found.append((row, start, start + length))
    return found
