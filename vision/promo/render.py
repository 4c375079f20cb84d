"""Artwork that exists nowhere, and photos in which it hangs: for the demo, tests, tuning and the benchmark.

Deterministic: the same seed and edition give the same artwork. Editions of one seed are the campaigns of one series:
the same layout with another price and date, which is what has to be told apart.
"""

from typing import Literal

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vision.photo import Pixels
from vision.render.plan import BRANDS, KINDS, Colour, Product
from vision.render.products import draw_product

Kind = Literal["poster", "wobbler", "shelf_strip"]
SIZES: dict[Kind, tuple[int, int]] = {"poster": (900, 1200), "wobbler": (900, 900), "shelf_strip": (1800, 240)}
OFFERS = (
    "BUY ONE GET ONE",
    "WEEKEND DEAL",
    "MEMBER PRICE",
    "FRESH THIS MONTH",
    "SAVE TODAY",
    "NEW IN STORE",
    "HARVEST FAIR",
)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
Corners = NDArray[np.float32]  # (4, 2), clockwise from the artwork's top left


class Hanging(msgspec.Struct, frozen=True, eq=False):
    """How a piece hangs in a photo. `corners` in photo pixels; `covers` are boxes in shares of the artwork."""

    corners: Corners
    light: float = 1.0
    warmth: float = 0.0
    blur: float = 0.0
    bend: float = 0.0  # shares of the artwork's width that its paper is off the plane
    glare: float = 0.0
    covers: tuple[tuple[float, float, float, float], ...] = ()
    seed: int = 0


def render_artwork(seed: int, edition: int = 0, kind: Kind = "poster") -> Pixels:
    """Draw one piece of artwork: a headline, a product or two, a price, the dates; uint8 (h, w, 3) RGB."""
    rng = np.random.default_rng([seed, 11, list(SIZES).index(kind)])
    words = np.random.default_rng([seed, 12, edition])
    width, height = SIZES[kind]
    page = Image.fromarray(_ground(rng, width, height))
    pen = ImageDraw.Draw(page)
    if rng.random() < 0.7:
        page.paste(Image.fromarray(_picture(rng, width, height // 2)), (0, int(height * rng.uniform(0.2, 0.5))))
    _decorate(pen, rng, width, height)
    price = f"{words.integers(1, 100)}.{words.choice([0, 5, 8, 9])}{words.choice([0, 9])}"
    month, day = int(words.integers(12)), int(words.integers(1, 15))
    dates = f"{MONTHS[month]} {day} - {MONTHS[month]} {day + 13}"
    offer, brand = str(rng.choice(OFFERS)), str(rng.choice(BRANDS))
    if kind == "shelf_strip":
        _strip(page, pen, rng, (offer, brand, price, dates))
    else:
        _sheet(page, pen, rng, (offer, brand, price, dates))
    return np.asarray(page, dtype=np.uint8)


def _ground(rng: np.random.Generator, width: int, height: int) -> Pixels:
    first, second = (np.array(_colour(rng), dtype=np.float32) for _ in range(2))
    share = np.linspace(0, 1, height)[:, None] if rng.random() < 0.5 else np.linspace(0, 1, width)[None, :]
    mixed = first + (second - first) * (share * rng.uniform(0.2, 0.9))[..., None]
    return np.asarray(np.broadcast_to(mixed, (height, width, 3)).clip(0, 255), dtype=np.uint8)


def _picture(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Paint something like a photo of food: soft blobs over each other, lit from one side, with a grain."""
    fine = np.zeros((height, width, 3), dtype=np.float32)
    for octave in range(2, 7):
        rough = rng.normal(0, 1, (2**octave, max(2, 2**octave * width // height), 3)).astype(np.float32)
        fine += np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)) * (0.75**octave)
    tone = np.array(_colour(rng), dtype=np.float32)
    return np.asarray((tone + 95 * np.tanh(fine)).clip(0, 255), dtype=np.uint8)


def _colour(rng: np.random.Generator) -> Colour:
    import colorsys

    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.35, 0.95), rng.uniform(0.45, 1.0))
    return round(red * 255), round(green * 255), round(blue * 255)


def _decorate(pen: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int) -> None:
    """Put shapes behind the words, as designers do."""
    for _ in range(int(rng.integers(3, 9))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        reach = rng.uniform(0.04, 0.22) * min(width, height)
        match int(rng.integers(4)):
            case 0:
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=_colour(rng))
            case 1:
                pen.polygon([(x, y - reach), (x + reach, y + reach), (x - reach, y + reach * 0.6)], fill=_colour(rng))
            case 2:
                pen.rectangle((x, y, x + 2 * reach, y + 0.5 * reach), fill=_colour(rng))
            case _:
                _star(pen, (x, y), reach, int(rng.integers(4, 9)), _colour(rng))


def _star(pen: ImageDraw.ImageDraw, at: tuple[float, float], reach: float, points: int, fill: Colour) -> None:
    turn = np.arange(2 * points) * np.pi / points
    far = np.where(np.arange(2 * points) % 2, reach, reach * 0.62)
    pen.polygon([(at[0] + r * np.cos(a), at[1] + r * np.sin(a)) for a, r in zip(turn, far, strict=True)], fill=fill)


def _sheet(page: Image.Image, pen: ImageDraw.ImageDraw, rng: np.random.Generator, told: tuple[str, ...]) -> None:
    offer, brand, price, dates = told
    width, height = page.size
    _words(pen, offer, (width / 2, height * rng.uniform(0.07, 0.12)), width * 0.9, height * 0.1)
    _words(pen, brand, (width / 2, height * rng.uniform(0.18, 0.23)), width * 0.5, height * 0.07)
    for side in range(int(rng.integers(1, 4))):
        product = _product(rng, int(height * rng.uniform(0.3, 0.42)))
        picture = draw_product(product)
        at = (int(width * (0.06 + 0.3 * side)), int(height * rng.uniform(0.27, 0.36)))
        page.paste(picture, at, picture)
    x, y, reach = width * rng.uniform(0.55, 0.72), height * rng.uniform(0.66, 0.76), width * rng.uniform(0.22, 0.3)
    _star(pen, (x, y), reach, int(rng.integers(9, 22)), _colour(rng))
    _words(pen, price, (x, y), reach * 1.3, reach * 0.62)
    _words(pen, dates, (width * 0.36, height * 0.9), width * 0.62, height * 0.055)
    _words(pen, str(rng.choice(KINDS)), (width * 0.24, height * 0.8), width * 0.36, height * 0.05)
    _small_print(pen, rng, (width * 0.06, height * 0.945), width * 0.88)


def _strip(page: Image.Image, pen: ImageDraw.ImageDraw, rng: np.random.Generator, told: tuple[str, ...]) -> None:
    offer, brand, price, dates = told
    width, height = page.size
    picture = draw_product(_product(rng, int(height * 0.86)))
    page.paste(picture, (int(width * rng.uniform(0.02, 0.06)), int(height * 0.07)), picture)
    _words(pen, brand, (width * 0.26, height * 0.3), width * 0.22, height * 0.36)
    _words(pen, offer, (width * 0.32, height * 0.72), width * 0.34, height * 0.26)
    _star(pen, (width * 0.66, height * 0.5), height * 0.46, 14, _colour(rng))
    _words(pen, price, (width * 0.66, height * 0.5), height * 0.62, height * 0.34)
    _words(pen, dates, (width * 0.86, height * 0.4), width * 0.22, height * 0.24)
    _small_print(pen, rng, (width * 0.76, height * 0.72), width * 0.2)


def _product(rng: np.random.Generator, height: int) -> Product:
    shape = rng.choice(["box", "bottle", "can", "jar", "carton", "bag"])
    return Product(
        shape=shape, width=int(height * rng.uniform(0.42, 0.7)), height=height, main=_colour(rng), second=_colour(rng),
        accent=_colour(rng), brand=str(rng.choice(BRANDS)), kind=str(rng.choice(KINDS)), price="",
        design=int(rng.integers(4)),
    )  # fmt: skip


def _words(pen: ImageDraw.ImageDraw, words: str, at: tuple[float, float], width: float, height: float) -> None:
    size = max(8.0, min(height, 1.6 * width / max(1, len(words))))
    pen.text(at, words, font=ImageFont.load_default(size), fill=(255, 255, 250), anchor="mm",
             stroke_width=max(1, round(size / 12)), stroke_fill=(24, 22, 30))  # fmt: skip


def _small_print(pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: tuple[float, float], width: float) -> None:
    words = " ".join(str(rng.choice(KINDS)).lower() for _ in range(14))
    size = max(9.0, 1.75 * width / len(words))
    pen.text(at, words, font=ImageFont.load_default(size), fill=(250, 250, 245))


def random_hanging(
    rng: np.random.Generator,
    photo: tuple[int, int],
    aspect: float,
    *,
    boldness: float = 1.0,
    share: float | None = None,
) -> Hanging:
    """Choose a place and the light for a piece of this width / height in a photo of (width, height)."""
    width, height = photo
    tall = height * (share if share is not None else rng.uniform(0.22, 0.6))
    size = np.array([tall * aspect, tall])
    size *= min(1.0, 0.85 * width / size[0])
    flat = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * size
    yaw, pitch, roll = (rng.normal(0, 1, 3).clip(-2, 2) * np.array([16, 9, 5]) * boldness) * np.pi / 180
    seen = _tilted(flat, yaw, pitch, roll, 2.6 * size.max())
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = np.maximum(np.array([width, height]) - (high - low), 1)
    corners = seen - low + rng.uniform(0, 1, 2) * room
    return Hanging(
        corners=corners.astype(np.float32), light=float(rng.uniform(0.62, 1.15)), warmth=float(rng.uniform(-1, 1)),
        blur=float(rng.uniform(0, 1.1) * boldness), bend=float(rng.uniform(0, 0.012) * boldness),
        glare=float(max(0, rng.uniform(-0.8, 0.5)) * boldness), seed=int(rng.integers(2**31)),
    )  # fmt: skip


def _tilted(flat: NDArray[np.float64], yaw: float, pitch: float, roll: float, away: float) -> NDArray[np.float64]:
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = np.column_stack([flat, np.zeros(4)]) @ (tilt @ nod @ turn).T
    seen: NDArray[np.float64] = points[:, :2] * (away / (away + points[:, 2:]))
    return seen


def random_covers(rng: np.random.Generator, share: float) -> tuple[tuple[float, float, float, float], ...]:
    """Choose one box that covers about `share` of the artwork, from one side, as a trolley or a head would."""
    if rng.random() < 0.5:
        return ((0.0, 1 - share, 1.0, 1.0),) if rng.random() < 0.7 else ((0.0, 0.0, 1.0, share),)
    return ((0.0, 0.0, share, 1.0),) if rng.random() < 0.5 else ((1 - share, 0.0, 1.0, 1.0),)


def hang(photo: Pixels, artwork: Pixels, how: Hanging) -> Pixels:
    """Return the photo with the piece in it."""
    height, width = photo.shape[:2]
    paper = _bent(artwork, how)
    own = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32) * (artwork.shape[1], artwork.shape[0])
    matrix = np.asarray(cv2.getPerspectiveTransform(own.astype(np.float32), how.corners), dtype=np.float64)
    reach = float(np.sqrt(cv2.contourArea(how.corners) / (artwork.shape[0] * artwork.shape[1])))
    if reach < 1:
        paper = np.asarray(cv2.GaussianBlur(paper, (0, 0), 0.45 / reach), dtype=np.float32)
    piece = cv2.warpPerspective(_lit(paper, how), matrix, (width, height), flags=cv2.INTER_LINEAR)
    there = cv2.warpPerspective(np.ones(artwork.shape[:2], np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR)
    result = photo.astype(np.float32)
    result += (piece - result) * there[..., None]
    for box in how.covers:
        _cover(result, photo, matrix, box, artwork.shape[:2], how.seed)
    if how.blur > 0.05:
        result = np.asarray(cv2.GaussianBlur(result, (0, 0), how.blur), dtype=np.float32)
    grain = np.random.default_rng(how.seed).normal(0, 2.5, (height, width, 1))
    return np.asarray((result + grain).clip(0, 255), dtype=np.uint8)


def _bent(artwork: Pixels, how: Hanging) -> NDArray[np.float32]:
    """Paper is never quite flat."""
    height, width = artwork.shape[:2]
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    wave = how.bend * width * np.sin(np.pi * across / width * 1.5 + how.seed % 7) * np.sin(np.pi * down / height + 0.4)
    bent = cv2.remap(artwork, across + wave, down + 0.6 * wave, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(bent, dtype=np.float32)


def _lit(paper: NDArray[np.float32], how: Hanging) -> NDArray[np.float32]:
    height, width = paper.shape[:2]
    across, down = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    turn = how.seed % 4 - 1.5
    field = how.light * (1 + 0.12 * turn * across - 0.08 * down)
    tint = np.array([1 + 0.07 * how.warmth, 1.0, 1 - 0.1 * how.warmth])
    shine = 120 * how.glare * np.exp(-(((across - 0.3 * turn) / 0.25) ** 2 + ((down + 0.4) / 0.35) ** 2))
    return np.asarray((paper * field[..., None] * tint + shine[..., None]).clip(0, 255), dtype=np.float32)


def _cover(
    result: NDArray[np.float32], photo: Pixels, matrix: NDArray[np.float64], box: tuple[float, float, float, float],
    size: tuple[int, int], seed: int,
) -> None:  # fmt: skip
    """Put another part of the photo over a part of the piece."""
    x0, y0, x1, y1 = box
    flat = np.array([[[x0, y0]], [[x1, y0]], [[x1, y1]], [[x0, y1]]], dtype=np.float32) * (size[1], size[0])
    spot = cv2.perspectiveTransform(flat.astype(np.float32), matrix)
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.rint(spot).astype(np.int32), 1)
    shift = np.random.default_rng([seed, 5]).integers(photo.shape[1] // 4, photo.shape[1] // 2)
    elsewhere = np.roll(photo[::-1, ::-1], int(shift), axis=1)
    result[mask > 0] = elsewhere[mask > 0]


def visible_share(how: Hanging) -> float:
    """Return the share of the piece that no cover hides (covers do not overlap)."""
    return 1 - sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in how.covers)
