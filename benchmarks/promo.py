"""How well promotion material is found: composites of rendered artwork and photos of shelves, the truth known.

    python -m benchmarks.promo [--photos FOLDER] [--scenes 120] [--json]    # what is reported
    python -m benchmarks.promo --fit                                        # on tuning scenes: the score's coefficients
    python -m benchmarks.promo --speed                                      # time and memory with 1 to 500 pieces

Artwork is drawn by `vision.promo.render`, hung into real photos (`../shared/data/shelf_rows` or --photos), else into
rendered shelves: slanted, bent, in other light, blurred, covered, turned, compressed. Tuning and reported scenes share
no artwork, no photo and no seed. Every piece is known in two editions (another price and date): the other is the trap.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import cv2
import msgspec
import numpy as np
from PIL import Image

from vision.photo import Photo, Pixels, encode_jpeg, open_photo
from vision.promo import Artwork, ArtworkIndex, Look, look, make
from vision.promo.confirm import looked_at
from vision.promo.features import of_photo, resized
from vision.promo.finder import claims_of, evidence
from vision.promo.geometry import corners_of, overlap
from vision.promo.render import SIZES, Hanging, Kind, hang, random_covers, random_hanging, render_artwork, visible_share
from vision.render import render_shelf

Split = Literal["tuning", "reported"]
FIRST_SEED: dict[Split, int] = {"tuning": 1000, "reported": 5000}
PIECES, EDITIONS = 24, 2
KINDS: tuple[Kind, ...] = ("poster", "wobbler", "shelf_strip")
CONDITIONS = ("whole", "covered", "turned", "twice", "none")
SIDE = 1600
COUNTS = (1, 10, 100, 500)


class Scene(msgspec.Struct, frozen=True, eq=False):
    """One photo and what hangs there: `key` None where nothing does."""

    photo: Photo
    condition: str
    key: str | None
    places: tuple[Hanging, ...]

    @property
    def side(self) -> float:
        """Pixels of the piece's shorter side on the photo."""
        corners = self.places[0].corners
        edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        return float(min(edges[0] + edges[2], edges[1] + edges[3]) / 2)


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--scenes", type=int, default=120)
    parser.add_argument("--split", choices=["tuning", "reported"], default="reported")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.count is not None:
        print(json.dumps(speed_of(args.count)))
        return
    facts = f"{_processor()}, {len(os.sched_getaffinity(0))} cores; OpenCV {cv2.__version__}, numpy {version('numpy')}"
    if args.fit:
        fit(args.photos, args.scenes)
        return
    if args.speed:
        print(facts, *speed(), sep="\n")
        return
    told = {"machine": facts, **quality(args.split, args.photos, args.scenes)}
    print(json.dumps(told) if args.json else "\n".join(f"{name:32} {value}" for name, value in told.items()))


def artwork_of(key: str) -> tuple[Pixels, Artwork]:
    """Return the piece of a key such as "poster-5000-1"."""
    kind, seed, edition = key.rsplit("-", 2)
    pixels = render_artwork(int(seed), int(edition), kind)  # type: ignore[arg-type]
    height, width = pixels.shape[:2]
    return pixels, make(Photo(pixels, width, height, "image/png", key))


def keys_of(split: Split, pieces: int = PIECES) -> list[str]:
    """Return the keys of a split's artwork, all editions."""
    first = FIRST_SEED[split]
    return [f"{KINDS[i % 3]}-{first + i}-{edition}" for i in range(pieces) for edition in range(EDITIONS)]


def shelves(split: Split, folder: Path | None) -> tuple[list[Path], str]:
    """Return the photos of a split (every other one), and in words what they are."""
    found = folder or Path(os.environ.get("STOREPATROL_SHARED_DATA", "../shared/data")) / "shelf_rows" / "images"
    files = (
        sorted(file for file in found.glob("*") if file.suffix.lower() in {".jpg", ".jpeg", ".png"})
        if found.is_dir()
        else []
    )
    chosen = files[(split == "reported") :: 2]
    return chosen, f"{len(chosen)} photos of {found.parent.name}" if chosen else "rendered shelves"


def scenes(split: Split, folder: Path | None, count: int) -> Iterator[Scene]:
    """Make the scenes of a split."""
    rng = np.random.default_rng([FIRST_SEED[split], 77])
    files, _ = shelves(split, folder)
    keys = keys_of(split)
    for number in range(count):
        data = files[number % len(files)].read_bytes() if files else render_shelf(FIRST_SEED[split] + number).jpeg
        shelf, _ = resized(open_photo(data).pixels, SIDE, enlarge=True)
        condition = CONDITIONS[number % len(CONDITIONS)]
        key = None if condition == "none" else str(rng.choice(keys))
        yield _scene(shelf, condition, key, rng)


def _scene(shelf: Pixels, condition: str, key: str | None, rng: np.random.Generator) -> Scene:
    height, width = shelf.shape[:2]
    places: list[Hanging] = []
    if key is not None:
        pixels, _ = artwork_of(key)
        kind: Kind = key.split("-")[0]  # type: ignore[assignment]
        aspect = SIZES[kind][0] / SIZES[kind][1]
        for _ in range(2 if condition == "twice" else 1):
            share = float(rng.uniform(0.045, 0.1)) if kind == "shelf_strip" else float(rng.uniform(0.14, 0.6))
            how = random_hanging(rng, (width, height), aspect, share=share)
            if places and overlap(how.corners, places[0].corners) > 0:
                continue
            if condition == "covered":
                how = msgspec.structs.replace(how, covers=random_covers(rng, float(rng.uniform(0.25, 0.5))))
            if condition == "turned":
                how = msgspec.structs.replace(how, corners=np.roll(how.corners, 2, axis=0))
            shelf = hang(shelf, pixels, how)
            places.append(how)
    dim = float(rng.uniform(0.55, 1.05))
    shelf = np.asarray((shelf.astype(np.float32) * dim).clip(0, 255), dtype=np.uint8)
    jpeg = encode_jpeg(Image.fromarray(shelf), int(rng.integers(55, 93)))
    return Scene(open_photo(jpeg), condition, key, tuple(places))


def quality(split: Split, folder: Path | None, count: int) -> dict[str, Any]:
    """Return the figures over all scenes of a split."""
    index = ArtworkIndex({key: artwork_of(key)[1] for key in keys_of(split)})
    tally: dict[str, list[float]] = {}

    def add(name: str, value: float) -> None:
        tally.setdefault(name, []).append(value)

    for scene in scenes(split, folder, count):
        started = time.perf_counter()
        seen = look(scene.photo, index)
        add("seconds a photo", time.perf_counter() - started)
        _score(scene, seen, add)
    told: dict[str, Any] = {"scenes": count, "photos": shelves(split, folder)[1], "pieces known": len(index)}
    for name, values in sorted(tally.items()):
        told[name] = f"{np.mean(values):.3f}  (n={len(values)})"
    return told


def _score(scene: Scene, seen: Look, add: Any) -> None:
    found = {one.artwork: one for one in seen.sightings if one.found}
    series = scene.key.rsplit("-", 1)[0] if scene.key else ""
    add("false alarms a photo", len([key for key in found if key.rsplit("-", 1)[0] != series]))
    if scene.condition == "none":
        add("false alarms a bare photo", len(found))
    if scene.key is None:
        return
    mine = [one for key, one in found.items() if key.rsplit("-", 1)[0] == series]
    add("found (either edition)", bool(mine))
    add(f"found, {scene.condition}", bool(mine))
    size = "under 80 px" if scene.side < 80 else "80-160 px" if scene.side < 160 else "160 px or more"
    add(f"found, shorter side {size}", bool(mine))
    add(f"found, {scene.key.split('-')[0]}", bool(mine))
    if not mine:
        return
    right = found.get(scene.key)
    unsure = right is not None and bool(right.rivals)
    add("edition right and sure", right is not None and not unsure)
    add("edition unsure", unsure)
    add("edition wrong", right is None)
    if right is None or right.corners is None:
        return
    place = min(scene.places, key=lambda one: np.abs(np.array(right.corners) - one.corners).max())
    add(
        "corner error, share of the side",
        float(np.abs(np.array(right.corners) - place.corners).max() / max(1, scene.side)),
    )
    add(f"visible, error ({scene.condition})", abs(right.visible - visible_share(place)))
    add("upright told right", right.upright == (scene.condition != "turned"))
    if scene.condition == "twice" and len(scene.places) == 2:
        add("both copies found", len(right.copies) >= 2)


def fit(folder: Path | None, count: int) -> None:
    """Fit the score on tuning scenes: is a claim true, by logistic regression over `evidence`."""
    index = ArtworkIndex({key: artwork_of(key)[1] for key in keys_of("tuning")})
    rows, truth = [], []
    for scene in scenes("tuning", folder, count):
        series = scene.key.rsplit("-", 1)[0] if scene.key else ""
        claims = claims_of(scene.photo, of_photo(scene.photo), index, list(index.keys), looked_at(scene.photo))
        for claim in claims:
            width, height = index.artworks[claim.key].small
            at = corners_of(claim.placed.matrix, (width, height))
            real = any(overlap(at, place.corners) > 0.6 for place in scene.places)
            rows.append(evidence(claim.placed, claim.confirmed, index.artworks[claim.key]))
            truth.append(real and claim.key.rsplit("-", 1)[0] == series)
    table, labels = np.array(rows), np.array(truth, dtype=float)
    weights = np.zeros(table.shape[1])
    for _ in range(60):  # Newton, with a little ridge: the classes are almost apart
        sure = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (labels - sure) - 0.3 * weights
        bend = (table * (sure * (1 - sure))[:, None]).T @ table + 0.3 * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    sure = 1 / (1 + np.exp(-table @ weights))
    print(f"{len(labels)} claims, {int(labels.sum())} true; wrong at 0.5: {int(((sure >= 0.5) != labels).sum())}")
    for low in np.arange(0, 1, 0.2):
        part = (sure >= low) & (sure < low + 0.2 + 1e-9)
        if part.any():
            print(f"  score {low:.1f}-{low + 0.2:.1f}: {labels[part].mean():.2f} true of {int(part.sum())}")
    print("WEIGHTS = (" + ", ".join(f"{weight:.2f}" for weight in weights) + ")")


def speed() -> Iterator[str]:
    """Measure each number of pieces in a process of its own."""
    for count in COUNTS:
        command = [sys.executable, "-m", "benchmarks.promo", "--count", str(count)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        yield (
            f"{count:4} pieces: {told['ms']:5.0f} ms a photo, {told['cpu_ms']:.0f} ms of processor time "
            f"(its own features {told['features_ms']:.0f} ms), index built in {told['build_s']:.1f} s, "
            f"{told['resident_mb']:.0f} MB resident at most, {told['index_mb']:.0f} MB of them the pieces"
        )


def speed_of(count: int) -> dict[str, float]:
    """Look for `count` pieces on ten photos, one of them hanging on each."""
    keys = [f"{KINDS[i % 3]}-{9000 + i}-0" for i in range(count)]
    before = _resident()
    made = {key: artwork_of(key)[1] for key in keys}
    started = time.perf_counter()
    index = ArtworkIndex(made)
    build_s = time.perf_counter() - started
    index_mb = _resident() - before
    rng = np.random.default_rng(4)
    times, busy, features = [], [], []
    for number in range(10):
        shelf = open_photo(render_shelf(6000 + number).jpeg).pixels
        scene = _scene(np.asarray(shelf), "whole", keys[number % count], rng)
        started = time.perf_counter()
        of_photo(scene.photo)
        features.append(time.perf_counter() - started)
        started, worked = time.perf_counter(), time.process_time()
        look(scene.photo, index)
        times.append(time.perf_counter() - started)
        busy.append(time.process_time() - worked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "ms": 1000 * float(np.median(times)), "cpu_ms": 1000 * float(np.median(busy)),
        "features_ms": 1000 * float(np.median(features)), "build_s": build_s, "resident_mb": peak, "index_mb": index_mb,
    }  # fmt: skip


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _processor() -> str:
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
