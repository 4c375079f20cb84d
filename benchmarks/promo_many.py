"""Many pieces of artwork against the same photos: what a photo takes, and whether more pieces mean more false alarms.

    python -m benchmarks.promo_many [--counts 10,100,500] [--photos 24] [--json]

Half of the pieces are drawn by `vision.promo.render`, each of its own seed; the others are crops of real photos of
shelves (`shelf_gaps/train`, read at run time), which look much more like what is on a photo. The photos are those of
`shelf_gaps/val`: into every other one of them one of the first ten pieces is hung, the rest stay bare, so that
every number of pieces is asked about the same photos and the same truth. Times are of the processor, because a machine
may be busy with other work; without the real photos nothing is measured.
"""

import argparse
import gc
import json
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import machine
from benchmarks.promo import KINDS
from vision.errors import PhotoError
from vision.photo import Photo, Pixels, encode_jpeg, open_photo
from vision.promo import Artwork, ArtworkIndex, look, make
from vision.promo.confirm import looked_at
from vision.promo.features import of_photo, resized
from vision.promo.finder import claims_of
from vision.promo.render import hang, random_hanging, render_artwork

DATA = Path(os.environ.get("STOREPATROL_SHARED_DATA", "../shared/data")) / "shelf_gaps"
FIRST_SEED, HUNG, SIDE = 70_000, 10, 1600


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", default="10,100,500")
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"no photos at {DATA}: nothing measured")
    counts = sorted(int(count) for count in args.counts.split(","))
    facts = {**machine("cv2", "numpy"), "load": round(os.getloadavg()[0], 1), "photos": args.photos}
    print(json.dumps(facts) if args.json else facts)
    for told in measured(counts, args.photos):
        print(json.dumps(told) if args.json else "  ".join(f"{name} {value}" for name, value in told.items()))


def measured(counts: list[int], photos: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each number of pieces, in rising order: memory only grows by what was added."""
    source = pieces()
    known: list[tuple[str, Pixels, Artwork]] = [next(source) for _ in range(HUNG)]
    scenes = list(_scenes(known, photos))
    kept = {key: artwork for key, _, artwork in known}
    del known
    gc.collect()
    bare = _resident()
    for count in counts:
        while len(kept) < count:
            key, _, artwork = next(source)
            kept[key] = artwork
        started = time.process_time()
        index = ArtworkIndex(dict(list(kept.items())[:count]))
        build_s = time.process_time() - started
        gc.collect()
        memory = _resident() - bare
        yield {"pieces": count, **_asked(index, scenes), "build_s": round(build_s, 1), "pieces_mb": memory,
               "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}  # fmt: skip


def pieces() -> Iterator[tuple[str, Pixels, Artwork]]:
    """Yield distinct pieces, drawn and cropped in turn; what an upload would refuse is left out."""
    files = sorted((DATA / "train" / "images").glob("*.jpg"))
    rng = np.random.default_rng(FIRST_SEED)
    number = 0
    while True:
        number += 1
        if number % 2:
            kind = KINDS[number // 2 % 3]
            key, pixels = f"drawn-{number}", render_artwork(FIRST_SEED + number, 0, kind)
        else:
            file = files[int(rng.integers(len(files)))]
            key, pixels = f"crop-{number}-{file.stem}", _crop(file, rng)
        try:
            yield key, pixels, make(Photo(pixels, pixels.shape[1], pixels.shape[0], "image/png", key))
        except PhotoError:
            continue


def _crop(file: Path, rng: np.random.Generator) -> Pixels:
    whole = open_photo(file.read_bytes()).pixels
    height, width = whole.shape[:2]
    w, h = round(width * rng.uniform(0.3, 0.6)), round(height * rng.uniform(0.3, 0.6))
    x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
    return np.ascontiguousarray(whole[y : y + h, x : x + w])


def _scenes(known: list[tuple[str, Pixels, Artwork]], count: int) -> Iterator[tuple[Photo, str | None]]:
    """Yield photos, every other one with one of the first pieces on it."""
    files = sorted((DATA / "val" / "images").glob("*.jpg"))
    rng = np.random.default_rng(FIRST_SEED + 1)
    for number, at in enumerate(np.linspace(0, len(files) - 1, count).astype(int)):
        shelf, _ = resized(open_photo(files[at].read_bytes()).pixels, SIDE, enlarge=True)
        key = None
        if number % 2:
            key, pixels, _ = known[number // 2 % HUNG]
            aspect = pixels.shape[1] / pixels.shape[0]
            share = float(rng.uniform(0.05, 0.1) if aspect > 3 else rng.uniform(0.15, 0.5))
            shelf = hang(shelf, pixels, random_hanging(rng, (shelf.shape[1], shelf.shape[0]), aspect, share=share))
        yield open_photo(encode_jpeg(Image.fromarray(shelf), 85)), key


def _asked(index: ArtworkIndex, scenes: list[tuple[Photo, str | None]]) -> dict[str, Any]:
    """Look at every photo, and once more step by step for what each step takes."""
    spent: dict[str, list[float]] = {"photo": [], "features": [], "vote": [], "vote_and_place": []}
    found = false = 0
    false_on: list[str] = []
    for photo, key in scenes:
        with _timed(spent["photo"]):
            seen = look(photo, index)
        there = {sighting.artwork for sighting in seen.sightings if sighting.found}
        found += key in there
        others = there - {key}
        false += len(others)
        false_on += [f"{photo.sha256[:6]}:{other}" for other in sorted(others)]
        with _timed(spent["features"]):
            features = of_photo(photo)
        with _timed(spent["vote"]):
            index.votes(features)
        looked = looked_at(photo)
        with _timed(spent["vote_and_place"]):
            claims_of(photo, features, index, list(index.keys), looked)
    hung = sum(key is not None for _, key in scenes)
    ms = {f"{name}_cpu_ms": round(1000 * float(np.median(times))) for name, times in spent.items()}
    return {"found": f"{found}/{hung}", "false": f"{false}/{len(scenes)}", **ms, "false_on": false_on}


@contextmanager
def _timed(into: list[float]) -> Iterator[None]:
    started = time.process_time()
    yield
    into.append(time.process_time() - started)


def _resident() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) // 1024


if __name__ == "__main__":
    main()
