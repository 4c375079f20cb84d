"""Photos a second from file bytes to findings, ours beside ultralytics' own `predict` on the same weights.

    python -m benchmarks.vision [--photos FOLDER] [--count 40] [--threads 2] [--pt start.pt] [--only WAY] [--json]

Ours runs both detectors (gaps and rows), quality and the rate; compare ultralytics' predict with `gaps only`.
Peak memory is that of a process of its own for each line. ultralytics is no part of the product: its lines are run by
the training environment (`make train-env`; `make bench` makes it), and say so where there is none.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parent.parent
TRAINING_PYTHON = ROOT / ".venv-train" / "bin" / "python"
SHARED = Path("shelf_gaps") / "test" / "images"
WEIGHTS = ROOT / "model_weights"

Photos = list[bytes]
Way = Callable[[Photos, int], dict[str, Any]]


def main() -> None:
    """Measure each way in a process of its own and print a table, or one JSON object a line."""
    args = _arguments()
    photos, origin = find_photos(args.photos, args.count)
    facts = machine("onnxruntime", "numpy", "cv2", "PIL") | {"threads": args.threads}
    if not args.json:
        print(f"{facts['processor']}, {facts['cores']} cores, {facts['threads']} threads; {facts['versions']}")
        print(f"{len(photos)} photos: {origin}")
        print(f"{'':<36}{'photos/s':>9}{'ms/photo':>10}{'peak MB':>9}")
    ways = OURS | theirs_by_name(args.pt)
    for name in [args.only] if args.only else ways:
        here = name in OURS or args.only
        result = alone(ways[name], photos, args.threads) if here else elsewhere(name)
        if args.json:
            print(json.dumps({"way": name, "photos": origin, **facts, **result}))
        elif "absent" in result:
            print(f"{name:<36}  {result['absent']}")
        else:
            print(f"{name:<36}{result['photos_per_s']:>9.1f}{result['ms']:>10.1f}{result['peak_mb']:>9.0f}")


def theirs_by_name(pt: Path | None) -> dict[str, Way]:
    """Return ultralytics' ways: on our ONNX file and, where one is named, on a .pt."""
    ways: dict[str, Way] = {
        "ultralytics predict, same ONNX": lambda photos, threads: theirs(WEIGHTS / "gap.onnx", photos, threads),
    }
    if pt:
        ways["ultralytics predict, .pt"] = lambda photos, threads: theirs(pt, photos, threads)
    return ways


def ours(photos: Photos, threads: int) -> dict[str, Any]:
    """The product's way: bytes to reading."""
    from vision.photo import open_photo
    from vision.shelf import ShelfReader

    reader = ShelfReader.load(threads=threads)
    return timed(lambda data: reader.read(open_photo(data)), photos)


def ours_gaps(photos: Photos, threads: int) -> dict[str, Any]:
    """Bytes to gap boxes with one detector, as ultralytics' predict does."""
    from vision.detector import Detector
    from vision.photo import open_photo

    detector = Detector.load(WEIGHTS / "gap.onnx", threads)
    return timed(lambda data: detector.detect(open_photo(data).pixels), photos)


def raw_session(photos: Photos, threads: int) -> dict[str, Any]:
    """The ceiling: the network alone on inputs made beforehand."""
    from vision.detector import Detector, letterbox
    from vision.photo import open_photo

    detector = Detector.load(WEIGHTS / "gap.onnx", threads)
    blobs = [letterbox(open_photo(data).pixels, detector.side)[0] for data in photos]
    return timed(detector.run, blobs)


def side_by_side(photos: Photos, threads: int) -> dict[str, Any]:
    """`ours`, as several workers of one thread each do it: as many photos at a time as there are threads."""
    from vision.photo import open_photo
    from vision.shelf import ShelfReader

    reader = ShelfReader.load(threads=1)
    return timed(lambda data: reader.read(open_photo(data)), photos, at_once=threads)


def gaps_side_by_side(photos: Photos, threads: int) -> dict[str, Any]:
    """`ours_gaps`, as many photos at a time as there are threads."""
    from vision.detector import Detector
    from vision.photo import open_photo

    detector = Detector.load(WEIGHTS / "gap.onnx", 1)
    return timed(lambda data: detector.detect(open_photo(data).pixels), photos, at_once=threads)


def raw_side_by_side(photos: Photos, threads: int) -> dict[str, Any]:
    """The ceiling of that: the network alone, as many inputs at a time as there are threads."""
    from vision.detector import Detector, letterbox
    from vision.photo import open_photo

    detector = Detector.load(WEIGHTS / "gap.onnx", 1)
    blobs = [letterbox(open_photo(data).pixels, detector.side)[0] for data in photos]
    return timed(detector.run, blobs, at_once=threads)


def theirs(weights: Path, photos: Photos, threads: int) -> dict[str, Any]:
    """ultralytics' predict, decoding with OpenCV as it does by itself, at our network's input size."""
    import cv2
    import numpy as np
    import torch
    from ultralytics import YOLO

    from vision.detector import Detector

    torch.set_num_threads(threads)
    side = Detector.load(WEIGHTS / "gap.onnx", threads).side
    model = YOLO(_plain(weights), task="detect")

    def predict(data: bytes) -> object:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return model.predict(pixels, imgsz=side, verbose=False, device="cpu")

    return timed(predict, photos)


OURS: dict[str, Way] = {
    "session.run alone (gaps)": raw_session,
    "ours, gaps only": ours_gaps,
    "ours, decode to findings": ours,
    "several at once: session.run alone": raw_side_by_side,
    "several at once: ours, gaps only": gaps_side_by_side,
    "several at once: ours, to findings": side_by_side,
}


def elsewhere(name: str) -> dict[str, Any]:
    """Let the training environment measure one way, with the arguments given to this run."""
    if not TRAINING_PYTHON.exists():
        return {"absent": "not measured: no ultralytics here (make train-env)"}
    command = [str(TRAINING_PYTHON), "-m", "benchmarks.vision", *sys.argv[1:], "--only", name, "--json"]
    quiet = os.environ | {"YOLO_OFFLINE": "1", "YOLO_VERBOSE": "false"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"absent": f"not measured: {said[-1]}"}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def timed(step: Callable[[Any], object], inputs: list[Any], at_once: int = 1) -> dict[str, Any]:
    """Run every input once after a warm-up, twice over, and keep the faster round; `ms` is the time between results."""
    for value in inputs[:3]:
        step(value)
    rounds = []
    for _ in range(2):
        started = time.perf_counter()
        if at_once == 1:
            for value in inputs:
                step(value)
        else:
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(step, inputs))
        rounds.append(time.perf_counter() - started)
    each = min(rounds) / len(inputs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"photos_per_s": round(1 / each, 2), "ms": round(each * 1000, 2), "peak_mb": round(peak)}


def alone(measure: Callable[[Photos, int], dict[str, Any]], photos: Photos, threads: int) -> dict[str, Any]:
    """Run a measurement in a fork of this process, which itself has loaded no model."""
    mine, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=lambda: its.send(measure(photos, threads)), daemon=True
    )
    process.start()
    while not mine.poll(0.2):
        if not process.is_alive() and not mine.poll(0):
            return {"absent": f"the measurement ended with exit code {process.exitcode}"}
    result: dict[str, Any] = mine.recv()
    process.join()
    return result


def find_photos(folder: Path | None, count: int) -> tuple[Photos, str]:
    """Take photos from a folder, else from the shared data, else render them; and tell which."""
    shared = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data")) / SHARED
    chosen = folder or (shared if shared.is_dir() else None)
    if chosen:
        files = sorted(file for file in chosen.iterdir() if file.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
        return [file.read_bytes() for file in files[:count]], chosen.name if folder else str(SHARED)
    from vision.render import render_shelf

    some = [render_shelf(seed).jpeg for seed in range(min(count, 8))]
    return (some * (count // len(some) + 1))[:count], "rendered shelves, 1600 x 1200 (no shared data here)"


def _plain(weights: Path) -> Path:
    """Give ultralytics a copy of the file: it may write beside what it loads."""
    import shutil
    import tempfile

    copy = Path(tempfile.mkdtemp()) / weights.name
    shutil.copyfile(weights, copy)
    return copy


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="folder of photos (default: shared test photos, else rendered)")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--pt", type=Path, help="also measure ultralytics on this .pt")
    parser.add_argument("--only", help="measure this way alone, in this environment")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
