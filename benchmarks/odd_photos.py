"""What is made of photos that nobody should send: turned, tiny, four in one, off a screen, of no shelf at all.

    python -m benchmarks.odd_photos [--count 28]
    python -m benchmarks.odd_photos --turned ../shared/data/shelf_gaps/val/images [--last 50]

Odd photos are made out of `../shared/data/shelf_rows`; close photos of price tags come from `price_tags`, the rest is
drawn. For each kind: how many are judged good enough, how many could open an issue by themselves (a rate, and no reason
against it), the mean rate, and which reasons are given. `--turned`: of the upright photos in a folder, how many are
called upside down as they are and turned, in the look of the row detector.
"""

import argparse
import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageOps

from benchmarks.machine import machine
from benchmarks.verify_pairs import encode, screen_photo
from benchmarks.vision import ROOT
from vision.detector import Detector
from vision.photo import Photo, open_photo
from vision.quality import doubtful
from vision.shelf import ROW_FILE, SHIPPED_WEIGHTS, SURE_OF_TURN, Frame, ShelfReader
from vision.turning import turned as turned_photo

SHARED = ROOT.parent / "shared" / "data"
DRAWN = (900, 1200, 3)
PER_KIND = 12

Odd = Callable[[list[Image.Image], int, Generator], Image.Image]


def turned(quarters: int) -> Odd:
    """Return what turns a photo by so many quarters, as a phone without EXIF does."""
    return lambda photos, i, _rng: photos[i].rotate(90 * quarters, expand=True)


def thumbnail(photos: list[Image.Image], i: int, _rng: Generator) -> Image.Image:
    """200 pixels wide."""
    width, height = photos[i].size
    return photos[i].resize((200, round(200 * height / width)))


def four_in_one(photos: list[Image.Image], i: int, _rng: Generator) -> Image.Image:
    """Two by two photos, as chat programs join them."""
    sheet = Image.new("RGB", (960, 960))
    for k in range(4):
        sheet.paste(photos[(i + k) % len(photos)].resize((480, 480)), (480 * (k % 2), 480 * (k // 2)))
    return sheet


def panorama(photos: list[Image.Image], i: int, _rng: Generator) -> Image.Image:
    """Four photos side by side, 50 megapixels when it comes."""
    side = 3500
    sheet = Image.new("RGB", (4 * side, side))
    for k in range(4):
        sheet.paste(photos[(i + k) % len(photos)].resize((side, side)), (side * k, 0))
    return sheet


def on_a_screen(photos: list[Image.Image], i: int, rng: Generator) -> Image.Image:
    """A photo of a screen that shows the photo."""
    return Image.open(io.BytesIO(encode(screen_photo(np.asarray(photos[i]), rng))))


FROM_PHOTOS: dict[str, Odd] = {
    "as it is": turned(0),
    "upside down": turned(2),
    "on its side": turned(1),
    "mirrored": lambda photos, i, _rng: ImageOps.mirror(photos[i]),
    "thumbnail, 200 px": thumbnail,
    "four in one": four_in_one,
    "panorama, 49 MP": panorama,
    "off a screen": on_a_screen,
}


def drawn(rng: Generator) -> Iterator[tuple[str, Image.Image]]:
    """Yield pictures of nothing."""
    for _ in range(PER_KIND):
        light = np.linspace(rng.uniform(80, 200), rng.uniform(150, 255), DRAWN[0])[:, None, None]
        sky = light * np.array([0.7, 0.85, 1.0]) * np.ones((1, DRAWN[1], 1)) + rng.normal(0, 3, DRAWN)
        yield "sky", Image.fromarray(np.clip(sky, 0, 255).astype(np.uint8))
        yield "noise", Image.fromarray(rng.integers(0, 255, DRAWN, dtype=np.uint8))
        yield "black", Image.fromarray(rng.integers(0, 8, DRAWN, dtype=np.uint8))


def odd_photos(count: int) -> Iterator[tuple[str, Image.Image]]:
    """Yield kinds and pictures."""
    files = sorted((SHARED / "shelf_rows" / "images").iterdir())
    photos = [Image.open(file).convert("RGB") for file in files[:: max(1, len(files) // count)][:count]]
    for kind, make in FROM_PHOTOS.items():
        rng = np.random.default_rng(len(kind))
        few = PER_KIND if kind.startswith("panorama") else len(photos)
        for i in range(few):
            yield kind, make(photos, i, rng)
    for file in sorted((SHARED / "price_tags").rglob("*.jpg"))[:count]:
        yield "a price tag, close", ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    yield from drawn(np.random.default_rng(2))


def upside_down(files: list[Path]) -> str:
    """Return how often the row detector calls photos upside down, as they are and turned, seen as the product sees."""
    detector = Detector.load(SHIPPED_WEIGHTS / ROW_FILE, 1)

    def probability(photo: Photo) -> float:
        found = detector.detect(Frame.of(photo).pixels)
        return (found.upside_down or 0.0) if len(found.boxes) else 0.0

    photos = (open_photo(file.read_bytes()) for file in files)
    upright, over = np.array([[probability(photo), probability(turned_photo(photo, 2))] for photo in photos]).T
    right = np.mean([upright < 0.5, over >= 0.5])
    noticed, wrongly = np.sum(over >= SURE_OF_TURN), np.sum(upright >= SURE_OF_TURN)
    told = f"upside down noticed {noticed}, said of upright ones {wrongly}"
    return f"{len(files)} photos: {told}; the likelier of the two is right for {right:.1%}"


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=28)
    parser.add_argument("--turned", type=Path, metavar="FOLDER")
    parser.add_argument("--last", type=int, default=0, help="with --turned: only so many, from the end")
    args = parser.parse_args()
    if args.turned:
        print(upside_down(sorted(args.turned.iterdir())[-args.last :]))
        return
    if not SHARED.exists():
        raise SystemExit(f"no photos to make odd ones of in {SHARED}")
    reader = ShelfReader.load(threads=1)
    facts = machine("onnxruntime", "numpy", "cv2")
    print(f"{facts['versions']}; {reader.model}")
    rows: dict[str, list[tuple[bool, bool, float | None, tuple[str, ...]]]] = {}
    for kind, picture in odd_photos(args.count):
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "JPEG", quality=88)
        reading = reader.read(open_photo(buffer.getvalue()))
        may_open = bool(reading.gaps) and reading.oos_rate is not None and not doubtful(reading.quality)
        rows.setdefault(kind, []).append((reading.quality.ok, may_open, reading.oos_rate, reading.quality.reasons))
    print(f"{'kind':<20}{'n':>4}{'fine':>6}{'may open':>10}{'mean rate':>11}  reasons")
    for kind, some in rows.items():
        rates = [rate for _, _, rate, _ in some if rate is not None]
        mean = f"{sum(rates) / len(rates):.3f}" if rates else "-"
        reasons = Counter(reason for *_, given in some for reason in given)
        told = ", ".join(f"{reason} {times}" for reason, times in reasons.most_common())
        fine, could = sum(ok for ok, *_ in some), sum(may for _, may, *_ in some)
        print(f"{kind:<20}{len(some):>4}{fine:>6}{could:>10}{mean:>11}  {told}")


if __name__ == "__main__":
    main()
