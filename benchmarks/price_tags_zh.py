"""`python -m benchmarks.price_tags_zh [--part dev|test] [--dates]`: Chinese shelf tags, and dates on Chinese packs.

Synthetic tags (`benchmarks.chinese_tags`) are hung into real photos of shelves (`shelf_gaps/val`, read at run time):
under the labelled gaps and along the rows, seen from the side, lit, blurred and compressed, in five sizes. `dev` and
`test` share no layout, no font, no article, no photo and no seed; rules are tuned on `dev` only.
"""

import argparse
import datetime as dt
import json
import os
import statistics
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
from PIL import Image

from benchmarks.chinese_dates import dated_photos
from benchmarks.chinese_tags import DrawnTag, Part, draw_tag, fonts_are_there
from benchmarks.machine import machine
from vision.geometry import Box, overlap
from vision.photo import Photo, Pixels, encode_jpeg, open_photo
from vision.price_tags.model import Tag, TagsReading
from vision.price_tags.reader import TAG_SIDE, TagReader
from vision.quality import Quality
from vision.shelf import ShelfReader, ShelfReading

DATA = Path(os.environ.get("STOREPATROL_SHARED_DATA", "../shared/data")) / "shelf_gaps" / "val"
DAY = dt.date(2026, 3, 5)
SIDE, CLOSER, MOST_TAGS = 2000, 0.6, 12
HEIGHTS = (40, 56, 80, 110, 150)
"""Pixels of a whole tag on a photo of 2000: its price's digits are a quarter to half of that."""
BUDGET_S = 300.0  # a busy machine must not change what is read; the time is told beside it
SEEDS: dict[Part, int] = {"dev": 310, "test": 620}


class Hung(msgspec.Struct, frozen=True, eq=False):
    """A tag where it hangs on a photo."""

    tag: DrawnTag
    box: Box


class Outcome(msgspec.Struct, frozen=True):
    """What became of one tag."""

    layout: str
    height: int
    found: bool
    told: bool
    right: bool
    unit_right: bool
    note: str = ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cards", action="store_true", help="tags on a plain ground: quick, without shelves")
    parser.add_argument("--dates", action="store_true", help="dates on packs instead of tags")
    parser.add_argument("--mistakes", action="store_true", help="show what was misread (not for the part `test`)")
    args = parser.parse_args()
    if (missing := fonts_are_there()) is not None:
        raise SystemExit(f"nothing measured: {missing}")
    if not DATA.is_dir():
        raise SystemExit(f"nothing measured: no photos at {DATA}")
    print(machine("onnxruntime", "rapidocr"), f"load {os.getloadavg()[0]:.1f}, {args.threads} threads")
    reader = TagReader(threads=args.threads, budget_s=BUDGET_S)
    if args.cards:
        _cards(args.part, reader, shown=args.mistakes)
        return
    shelves = ShelfReader.load(threads=args.threads)
    if args.dates:
        _dates(args.part, shelves, reader, shown=args.mistakes)
        return
    outcomes, elsewhere, times = [], [], []
    for photo, shelf, hung in scenes(args.part, args.photos, shelves):
        reading = reader.read(photo, shelf, today=DAY, order="ymd", dates=False)
        told, others = judged(reading, hung)
        outcomes += told
        elsewhere += others
        times.append(reading.ms / 1000)
    _show(outcomes, elsewhere, times, shown=args.mistakes)


def photos_of(part: Part) -> list[Path]:
    """Return the photos of a part: every other scene of the split, so that no scene is in both."""
    with (DATA.parent / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [line.rstrip().split(",") for line in lines]
    at = {name: rows[0].index(name) for name in ("split", "stem", "family", "scene_cluster", "four_photo_mosaic")}
    chosen = [
        row[at["stem"]] for row in rows[1:]
        if row[at["split"]] == "val" and row[at["four_photo_mosaic"]] == "0"
        and sum(map(ord, row[at["family"]] + row[at["scene_cluster"]])) % 2 == (part == "test")
    ]  # fmt: skip
    return [file for stem in sorted(chosen) if (file := DATA / "images" / f"{stem}.jpg").is_file()]


def scenes(part: Part, count: int, shelves: ShelfReader) -> Iterator[tuple[Photo, ShelfReading, list[Hung]]]:
    """Yield photos with tags on them, what the detectors see there, and the truth."""
    files, rng, number = photos_of(part), np.random.default_rng(SEEDS[part]), 0
    for index, at in enumerate(np.linspace(0, len(files) - 1, min(count, len(files))).astype(int)):
        pixels, gaps = _closer(files[at], rng)
        factor = SIDE / max(pixels.shape[:2])
        pixels = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
        shelf = shelves.read(open_photo(encode_jpeg(Image.fromarray(pixels), 92), working_side=TAG_SIDE))
        hung: list[Hung] = []
        for x, y in _places(shelf, [_times(box, factor) for box in gaps], rng):
            if len(hung) == MOST_TAGS:
                break
            high = round(HEIGHTS[index % len(HEIGHTS)] * rng.uniform(0.9, 1.1))
            one = draw_tag(part, number, rng)
            if (box := _hang(pixels, one.pixels, (x, y), high, rng, hung)) is not None:
                hung.append(Hung(one, box))
                number += 1
        sigma = float(rng.uniform(0.3, 0.9))
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)
        noisy = pixels.astype(np.float32) * rng.uniform(0.7, 1.05) + rng.normal(0, 3, pixels.shape)
        shot = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        photo = open_photo(encode_jpeg(shot, int(rng.integers(70, 93))), working_side=TAG_SIDE)
        yield photo, shelves.read(photo), hung


def judged(reading: TagsReading, hung: list[Hung]) -> tuple[list[Outcome], list[str]]:
    """Return what became of each tag, and the prices told where no tag hangs."""
    outcomes, taken = [], set()
    for one in hung:
        there = [tag for tag in reading.tags if _is_on(tag, one.box)]
        taken |= {id(tag) for tag in there}
        told = [tag for tag in there if tag.price is not None]
        prices = [tag.price for tag in told if tag.price is not None and tag.price.label not in ("was", "member")]
        right = bool(prices) and all(price.minor == one.tag.minor for price in prices)
        unit_right = right and all(_same_unit(price.unit, price.quantity, one.tag) for price in prices)
        note = "" if right else f"{one.tag.layout} {one.tag.minor}: " + (
            "; ".join(f"{tag.text} -> {tag.price.minor if tag.price else '-'} ({tag.confidence:.2f})" for tag in there)
            or "nothing found"
        )  # fmt: skip
        outcomes.append(
            Outcome(one.tag.layout, one.box[3] - one.box[1], bool(there), bool(prices), right, unit_right, note)
        )
    others = [f"{tag.price.minor} ({tag.text[:40]})" for tag in reading.tags if tag.price and id(tag) not in taken]
    return outcomes, others


def _same_unit(unit: str | None, quantity: float | None, tag: DrawnTag) -> bool:
    """For a piece is what no unit means."""
    return (unit or "each", quantity or 1) == (tag.unit or "each", tag.quantity or 1)


def _is_on(tag: Tag, box: Box) -> bool:
    place = tag.price_box or tag.box
    area = max(1, (place[2] - place[0]) * (place[3] - place[1]))
    return overlap(place, box) > 0.5 * area


def _places(shelf: ShelfReading, gaps: list[Box], rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return where tags may hang (middle of the upper edge): under gaps first, then along the rows."""
    under = [((x0 + x1) // 2, y1) for x0, _, x1, y1 in gaps]
    along = []
    for row in shelf.rows:
        x0, _, x1, y1 = row.box
        along += [(int(x), y1) for x in rng.uniform(x0 + 0.05 * (x1 - x0), x1 - 0.05 * (x1 - x0), 5)]
    rng.shuffle(under)
    rng.shuffle(along)
    mixed = [(int(x), int(y)) for x, y in under[: MOST_TAGS // 2] + along]
    anywhere = rng.uniform([0.1 * shelf.width, 0.2 * shelf.height], [0.9 * shelf.width, 0.9 * shelf.height], (6, 2))
    return mixed + [(int(x), int(y)) for x, y in anywhere if not shelf.rows]


def _closer(file: Path, rng: np.random.Generator) -> tuple[Pixels, list[Box]]:
    """Return a part of a photo, as if taken from nearer, and the labelled gaps that lie in it."""
    whole = np.asarray(Image.open(file).convert("RGB"))
    height, width = whole.shape[:2]
    w, h = round(CLOSER * width), round(CLOSER * height)
    left, top = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
    boxes = []
    for line in (DATA / "labels" / f"{file.stem}.txt").read_text("ascii").splitlines():
        _, x, y, bw, bh = (float(value) for value in line.split()[:5])
        box = (round((x - bw / 2) * width) - left, round((y - bh / 2) * height) - top,
               round((x + bw / 2) * width) - left, round((y + bh / 2) * height) - top)  # fmt: skip
        if box[0] >= 0 and box[2] <= w and box[1] >= 0 and box[3] <= h:
            boxes.append(box)
    return np.ascontiguousarray(whole[top : top + h, left : left + w]), boxes


def _times(box: Box, factor: float) -> Box:
    return (round(box[0] * factor), round(box[1] * factor), round(box[2] * factor), round(box[3] * factor))


def _hang(
    pixels: Pixels, tag: Pixels, at: tuple[int, int], high: int, rng: np.random.Generator, hung: list[Hung]
) -> Box | None:
    """Paste a tag in place, slanted; None where it would leave the photo or cover another one."""
    height, width = tag.shape[:2]
    wide = high * width / height * rng.uniform(0.75, 1.0)  # seen from the side, a tag is narrower
    lean, nearer = rng.uniform(-0.06, 0.06) * wide, rng.uniform(0.88, 1.0)
    x, y = at[0] - wide / 2, at[1] + 2
    left, right = (high, high * nearer) if rng.random() < 0.5 else (high * nearer, high)
    corners = np.array([[x, y], [x + wide, y + lean], [x + wide, y + lean + right], [x, y + left]], dtype=np.float32)
    low, far = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    box = (int(low[0]), int(low[1]), int(far[0]), int(far[1]))
    if low.min() < 4 or far[0] > pixels.shape[1] - 4 or far[1] > pixels.shape[0] - 4:
        return None
    if any(overlap(box, other.box) > 0 for other in hung):
        return None
    fine = 2  # drawn at twice the photo's pixels, then averaged
    size = (box[2] - box[0]) * fine, (box[3] - box[1]) * fine
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(own, ((corners - low) * fine).astype(np.float32))
    soft = cv2.GaussianBlur(tag, (0, 0), max(0.1, 0.3 * height / (high * fine)))
    drawn = cv2.warpPerspective(soft, matrix, size, flags=cv2.INTER_LINEAR)
    whole = cv2.warpPerspective(np.full(tag.shape[:2], 255, np.uint8), matrix, size).astype(np.float32) / 255
    there = pixels[box[1] : box[3], box[0] : box[2]]
    small = (there.shape[1], there.shape[0])
    drawn, cover = (cv2.resize(part, small, interpolation=cv2.INTER_AREA) for part in (drawn, whole))
    lit = drawn.astype(np.float32) * rng.uniform(0.75, 1.0)
    there[:] = (lit * cover[..., None] + there * (1 - cover[..., None])).astype(np.uint8)
    return box


def _show(outcomes: list[Outcome], elsewhere: list[str], times: list[float], *, shown: bool) -> None:
    print(f"{'':16} {'tags':>5} {'found':>6} {'right':>6} {'unit':>6} {'wrong':>6}")
    bounds = [*HEIGHTS, 10_000]
    groups = {"all": outcomes}
    for name in dict.fromkeys(one.layout for one in outcomes):
        groups[name] = [one for one in outcomes if one.layout == name]
    sizes = [int(np.argmin([abs(height - one.height) for height in HEIGHTS])) for one in outcomes]
    for index, height in enumerate(bounds[:-1]):
        groups[f"about {height} px"] = [one for one, size in zip(outcomes, sizes, strict=True) if size == index]
    for name, group in groups.items():
        if group:
            wrong = sum(one.told and not one.right for one in group)
            print(f"{name:16} {len(group):5} {sum(one.found for one in group):6} {sum(one.right for one in group):6} "
                  f"{sum(one.unit_right for one in group):6} {wrong:6}")  # fmt: skip
    print(f"prices told where no tag was hung (photos have tags of their own): {len(elsewhere)}")
    print(f"seconds a photo: median {statistics.median(times):.1f}, most {max(times):.1f}")
    if shown:
        print(*(one.note for one in outcomes if one.note), *elsewhere, sep="\n")


def _cards(part: Part, reader: TagReader, *, shown: bool) -> None:
    """Tags apart from each other on a plain ground: what is read once a tag is seen well."""
    outcomes, elsewhere, times = [], [], []
    for index, high in enumerate(HEIGHTS[1:] * 2):
        rng = np.random.default_rng([SEEDS[part], index])
        page = np.asarray(rng.normal(116, 6, (960, 960, 3)).clip(0, 255), dtype=np.uint8)
        hung: list[Hung] = []
        for number in range(4 if high > 100 else 8):
            one = draw_tag(part, number + 4 * (index // 4 if high > 100 else 0), rng)
            at = 240 + 480 * (number % 2), 60 + (460 if high > 100 else 230) * (number // 2)
            if (box := _hang(page, one.pixels, at, high, rng, hung)) is not None:
                hung.append(Hung(one, box))
        photo = open_photo(encode_jpeg(Image.fromarray(cv2.GaussianBlur(page, (0, 0), 0.6)), 85))
        shelf = ShelfReading(960, 960, Quality(ok=True, reasons=()), (), (), None, "none", 0.0)
        reading = reader.read(photo, shelf, today=DAY, order="ymd", dates=False)
        told, others = judged(reading, hung)
        outcomes += told
        elsewhere += others
        times.append(reading.ms / 1000)
    _show(outcomes, elsewhere, times, shown=shown)


def _dates(part: Part, shelves: ShelfReader, reader: TagReader, *, shown: bool) -> None:
    found = wrong = total = 0
    for photo, truth in dated_photos(part, photos_of(part)):
        shelf = shelves.read(photo)
        reading = reader.read(photo, shelf, today=DAY, order="ymd", whole=True)
        for box, text, day in truth:
            there = [mark for mark in reading.dates if overlap(mark.box, box) > 0]
            sure = {mark.best_before for mark in there if mark.confidence >= 0.8 and mark.best_before}
            # Prints side by side may be read as one, in a box around both: what the neighbour says is not wrong.
            beside = {other for place, _, other in truth if any(overlap(mark.box, place) > 0 for mark in there)}
            total += 1
            found += day in sure
            wrong += bool(sure - beside)
            if shown and (day not in sure or sure - beside):
                print(json.dumps([text, str(day), [[m.text, str(m.best_before), m.confidence] for m in there]],
                                 ensure_ascii=False))  # fmt: skip
    print(f"dates: {total}; read right {found}, wrong {wrong}, not told {total - found - wrong}")


if __name__ == "__main__":
    main()
