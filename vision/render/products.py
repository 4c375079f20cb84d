"""Draw one product as a picture with transparency; round things are shaded as round."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vision.render.plan import Colour, Product

FINE = 3  # drawn this many times larger and reduced, for smooth edges
_ROUND = {"bottle", "can", "jar"}


@lru_cache(maxsize=256)
def draw_product(product: Product) -> Image.Image:
    """Return the product as RGBA of its width and height."""
    size = (product.width * FINE, product.height * FINE)
    outline = Image.new("L", size, 0)
    _outline(ImageDraw.Draw(outline), product, size)
    face = Image.new("RGB", size, product.main)
    _paint(ImageDraw.Draw(face), product, size)
    shaded = Image.fromarray(_shade(np.asarray(face), product))
    shaded.putalpha(outline)
    return shaded.resize((product.width, product.height), Image.Resampling.LANCZOS)


def _outline(pen: ImageDraw.ImageDraw, product: Product, size: tuple[int, int]) -> None:
    w, h = size[0] - 1, size[1] - 1
    if product.shape == "bottle":
        pen.rounded_rectangle((0, h * 0.3, w, h), radius=w * 0.16, fill=255)
        pen.ellipse((0, h * 0.2, w, h * 0.46), fill=255)
        pen.rectangle((w * 0.34, h * 0.06, w * 0.66, h * 0.3), fill=255)
        pen.rounded_rectangle((w * 0.29, 0, w * 0.71, h * 0.1), radius=w * 0.05, fill=255)
    elif product.shape == "can":
        pen.rounded_rectangle((0, 0, w, h), radius=w * 0.1, fill=255)
    elif product.shape == "jar":
        pen.rounded_rectangle((w * 0.05, 0, w * 0.95, h * 0.2), radius=w * 0.05, fill=255)
        pen.rounded_rectangle((0, h * 0.16, w, h), radius=w * 0.14, fill=255)
    elif product.shape == "carton":
        pen.polygon(
            [(w * 0.5 - w * 0.46, h * 0.04), (w * 0.96, h * 0.04), (w, h * 0.2), (w, h), (0, h), (0, h * 0.2)], 255
        )
    elif product.shape == "bag":
        pen.polygon([(w * 0.06, 0), (w * 0.94, 0), (w, h * 0.3), (w * 0.97, h), (w * 0.03, h), (0, h * 0.3)], 255)
    else:
        pen.rectangle((0, 0, w, h), fill=255)


def _paint(pen: ImageDraw.ImageDraw, product: Product, size: tuple[int, int]) -> None:
    w, h = size
    if product.shape == "bottle":
        pen.rectangle((0, 0, w, h * 0.1), fill=product.accent)
        _label(pen, product, (0, h * 0.46, w, h * 0.86))
    elif product.shape == "can":
        pen.rectangle((0, 0, w, h * 0.05), fill=(206, 208, 212))
        pen.rectangle((0, h * 0.95, w, h), fill=(186, 188, 192))
        _label(pen, product, (0, h * 0.1, w, h * 0.9))
    elif product.shape == "jar":
        pen.rectangle((0, 0, w, h * 0.19), fill=product.accent)
        for x in range(0, w, max(2, w // 24)):
            pen.line((x, h * 0.03, x, h * 0.17), fill=_mix(product.accent, (0, 0, 0), 0.18))
        _label(pen, product, (0, h * 0.32, w, h * 0.88))
    elif product.shape == "carton":
        pen.rectangle((0, 0, w, h * 0.2), fill=_mix(product.main, (255, 255, 255), 0.25))
        pen.line((0, h * 0.2, w, h * 0.2), fill=_mix(product.main, (0, 0, 0), 0.35), width=FINE)
        _label(pen, product, (0, h * 0.24, w, h))
    elif product.shape == "bag":
        for x in range(0, w, max(3, w // 40)):
            pen.line((x, 0, x, h * 0.06), fill=_mix(product.main, (255, 255, 255), 0.3), width=FINE)
        _label(pen, product, (w * 0.08, h * 0.14, w * 0.92, h * 0.94))
    else:
        _label(pen, product, (0, 0, w, h))


def _label(pen: ImageDraw.ImageDraw, product: Product, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    w, h = x1 - x0, y1 - y0
    middle = (x0 + x1) / 2
    if product.design == 0:  # band of colour and a round emblem
        pen.rectangle((x0, y0 + h * 0.08, x1, y0 + h * 0.36), fill=product.second)
        _disc(pen, (middle, y0 + h * 0.66), min(w, h) * 0.24, product.accent, product.second)
        name_at, name_on = y0 + h * 0.22, product.second
    elif product.design == 1:  # light plate
        pen.rounded_rectangle((x0 + w * 0.1, y0 + h * 0.1, x1 - w * 0.1, y0 + h * 0.56), w * 0.08, product.accent)
        pen.rectangle((x0, y0 + h * 0.74, x1, y0 + h * 0.9), fill=product.second)
        name_at, name_on = y0 + h * 0.3, product.accent
    elif product.design == 2:  # diagonal field
        pen.polygon([(x0, y0 + h * 0.55), (x1, y0 + h * 0.3), (x1, y1), (x0, y1)], fill=product.second)
        _disc(pen, (x0 + w * 0.66, y0 + h * 0.72), min(w, h) * 0.18, product.main, product.accent)
        name_at, name_on = y0 + h * 0.2, product.main
    else:  # stripes
        for part in range(3):
            top = y0 + h * (0.58 + part * 0.13)
            pen.rectangle((x0, top, x1, top + h * 0.06), fill=product.second if part % 2 else product.accent)
        name_at, name_on = y0 + h * 0.28, product.main
    _words(pen, product.brand, (middle, name_at), w * 0.84, h * 0.2, name_on)
    _words(pen, product.kind, (middle, name_at + h * 0.15), w * 0.6, h * 0.08, name_on)


def _disc(pen: ImageDraw.ImageDraw, at: tuple[float, float], r: float, fill: Colour, rim: Colour) -> None:
    x, y = at
    pen.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=rim, width=max(1, int(r * 0.12)))
    pen.ellipse((x - r * 0.5, y - r * 0.62, x + r * 0.34, y + r * 0.3), fill=_mix(fill, rim, 0.45))


def _words(
    pen: ImageDraw.ImageDraw, words: str, at: tuple[float, float], width: float, height: float, ground: Colour
) -> None:
    size = max(6.0, min(height, 1.45 * width / max(1, len(words))))
    bright = 0.3 * ground[0] + 0.59 * ground[1] + 0.11 * ground[2] > 140
    ink = _mix(ground, (0, 0, 0), 0.82) if bright else (252, 252, 248)
    pen.text(at, words, font=ImageFont.load_default(size), fill=ink, anchor="mm")


def _shade(face: np.ndarray, product: Product) -> np.ndarray:
    """Light from the front left: cylinders fall off to both sides, flat ones have a darker right edge."""
    h, w = face.shape[:2]
    across = np.linspace(-1, 1, w)
    if product.shape in _ROUND:
        light = 0.45 + 0.62 * np.sqrt(np.clip(1 - (across * 0.94 + 0.12) ** 2, 0, 1))
        light = light + 0.3 * np.exp(-(((across + 0.42) / 0.09) ** 2))
    elif product.shape == "bag":
        light = 0.86 + 0.12 * np.cos(across * 5.1 + product.design) + 0.1 * np.exp(-(((across + 0.5) / 0.12) ** 2))
    else:
        light = np.where(across > 0.93, 0.72, 1.0 - 0.06 * (across + 1) / 2)
    down = np.linspace(1.05, 0.9, h)
    return np.clip(face * (light[None, :] * down[:, None])[..., None], 0, 255).astype(np.uint8)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(p * (1 - share) + q * share) for p, q in zip(a, b, strict=True))
    return red, green, blue
