"""`python -m benchmarks.price_tags`: tags found, prices read, wrong prices, time and memory.

Real: 63 close photos of Russian shops, which are not part of the project (their prices, read by eye, are in
`price_tags_truth.json`). What was tuned was tuned on half of them, chosen by a hash of the name; the other half is
reported. Rendered: shelves of `vision.price_tags.render`, seeds that nothing was tuned on.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import platform
import resource
import statistics
from importlib import metadata
from pathlib import Path

from vision.geometry import Box, overlap
from vision.photo import open_photo
from vision.price_tags.model import Tag, TagsReading
from vision.price_tags.reader import TAG_SIDE, TagReader
from vision.price_tags.render import render_tags
from vision.shelf import ShelfReader

DATA = Path(os.environ.get("STOREPATROL_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data")) / "price_tags"
TRUTH = Path(__file__).with_name("price_tags_truth.json")
DAY = dt.date(2024, 4, 1)
SEEDS = range(900, 908)


def in_test_half(stem: str) -> bool:
    """Tell whether a photo is one of those that nothing was tuned on."""
    return int(hashlib.sha256(stem.encode()).hexdigest(), 16) % 2 == 1


class Tally:
    """Counts what became of each labelled tag, and of prices read where no label says so."""

    def __init__(self) -> None:
        self.labelled = self.found = self.exact = self.wrong = self.unreadable = self.elsewhere = 0
        self.ms: list[float] = []
        self.mistakes: list[str] = []

    def add(self, name: str, reading: TagsReading, labels: list[tuple[Box, int | None]]) -> None:
        """Count one photo. A label's price None: cut by the edge, so that every price read there is wrong."""
        self.ms.append(reading.ms)
        taken: set[int] = set()
        for box, minor in labels:
            there = [tag for tag in reading.tags if _covers(tag, box)]
            self.labelled += minor is not None
            self.found += bool(there) and minor is not None
            taken.update(id(tag) for tag in there)
            read = [tag.price.minor for tag in there if tag.price]
            if minor is not None and minor in read:
                self.exact += 1
            elif read:
                self.wrong += 1
                self.mistakes.append(
                    f"{name}: {read[0] / 100:.2f} for {'?' if minor is None else f'{minor / 100:.2f}'}"
                )
            else:
                self.unreadable += bool(there)
        others = [tag for tag in reading.tags if tag.price and id(tag) not in taken]
        self.elsewhere += len(others)
        self.mistakes += [
            f"{name}: {tag.price.minor / 100:.2f} off the labels ({tag.text[:30]})" for tag in others if tag.price
        ]

    def show(self, title: str) -> None:
        """Print the counts."""

        def share(count: int) -> str:
            return f"{count}/{self.labelled} ({count / max(1, self.labelled):.1%})"

        prices = self.exact + self.wrong
        print(f"\n{title}")
        print(f"  tags found            {share(self.found)}")
        print(f"  prices read exactly   {share(self.exact)}")
        print(f"  unreadable, said so   {share(self.unreadable)}")
        print(f"  wrong prices          {self.wrong} of {prices} prices told ({self.wrong / max(1, prices):.1%})")
        print(f"  prices off any label  {self.elsewhere}")
        print(f"  ms a photo            median {statistics.median(self.ms):.0f}, most {max(self.ms):.0f}")
        for mistake in self.mistakes:
            print(f"    {mistake}")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--half", choices=("test", "tune"), default="test")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--only", choices=("real", "rendered"))
    chosen = arguments.parse_args()
    shelves, reader = ShelfReader.load(threads=chosen.threads), TagReader(threads=chosen.threads)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {chosen.threads} threads, "
          f"onnxruntime {metadata.version('onnxruntime')}, rapidocr {metadata.version('rapidocr')}")  # fmt: skip
    before = _resident()
    if chosen.only != "rendered":
        _real(shelves, reader, test=chosen.half == "test")
    if chosen.only != "real":
        _rendered(shelves, reader)
    print(f"\nmemory: {before} MB with the shelf detectors, {_resident()} MB now, {_peak()} MB at most")


def _real(shelves: ShelfReader, reader: TagReader, *, test: bool) -> None:
    if not DATA.is_dir():
        print(f"no photos at {DATA}: real photos skipped")
        return
    truth, tally = json.loads(TRUTH.read_text("utf-8")), Tally()
    stems = [stem for stem in truth if in_test_half(stem) == test]
    for stem in stems:
        photo = open_photo((DATA / "images" / f"{stem}.jpg").read_bytes(), working_side=TAG_SIDE)
        boxes = _whole_boxes(DATA / "labels" / f"{stem}.txt", photo.width, photo.height)
        minors = [round(float(price) * 100) if price else None for price in truth[stem]]
        reading = reader.read(photo, shelves.read(photo), today=DAY, dates=False)
        tally.add(stem, reading, list(zip(boxes, minors, strict=True)))
    tally.show(f"real close photos, {'test' if test else 'tune'} half: {len(stems)} photos")


def _rendered(shelves: ShelfReader, reader: TagReader) -> None:
    tally = Tally()
    for seed in SEEDS:
        shelf = render_tags(seed)
        photo = open_photo(shelf.jpeg, working_side=TAG_SIDE)
        reading = reader.read(photo, shelves.read(photo), today=DAY, dates=False)
        tally.add(f"seed {seed}", reading, [(tag.box, tag.minor) for tag in shelf.tags])
        if reading.cut_short:
            print(f"  seed {seed}: cut short")
    tally.show(f"rendered shelves, {len(SEEDS)} photos of 3200 x 2400")


def _whole_boxes(file: Path, width: int, height: int) -> list[Box]:
    """Boxes of the whole digits of each price, from the left."""
    boxes = []
    for line in file.read_text("utf-8").splitlines():
        kind, x, y, w, h = (float(part) for part in line.split())
        if kind == 1:
            boxes.append((round((x - w / 2) * width), round((y - h / 2) * height),
                          round((x + w / 2) * width), round((y + h / 2) * height)))  # fmt: skip
    return sorted(boxes)


def _covers(tag: Tag, box: Box) -> bool:
    """A tag is the labelled one when its price stands there: on the digits, or on the drawn tag."""
    place = tag.price_box or tag.box
    area = max(1, (place[2] - place[0]) * (place[3] - place[1]))
    own = max(1, (box[2] - box[0]) * (box[3] - box[1]))
    return overlap(place, box) >= 0.4 * min(area, own)


def _resident() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) // 1024


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
