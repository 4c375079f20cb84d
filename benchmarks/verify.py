"""How often is "fixed" false, and how much goes to a person? Before-and-after pairs with a known truth.

    python -m benchmarks.verify [--split test] [--photos 60] [--rendered 20] [--kinds fixed,covered] [--json]

Pairs are made by `benchmarks.verify_pairs` out of `../shared/data/shelf_gaps`; limits of the comparison were chosen on
`val`, `test` is for the report alone. Asked are gaps that the detector found and a label confirms: those a task names.
"""

import argparse
import csv
import json
import math
import os
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.machine import machine
from benchmarks.verify_pairs import Pair, make_pairs, read_shelves, rendered_pairs
from benchmarks.vision import ROOT
from vision.compare import compare
from vision.photo import open_photo
from vision.shelf import ShelfReader

ON_SCREEN = "screen_filled"
"""Counted apart: to tell a screen from a shelf is another question than whether the gap is filled."""
VERDICTS = ("fixed", "not_fixed", "different_place", "unsure")


class Outcome(msgspec.Struct, frozen=True):
    """What was said about one pair."""

    kind: str
    stem: str
    truth: bool
    verdict: str
    reasons: tuple[str, ...]
    seconds: float


def main() -> None:
    """Make the pairs, compare each, print the confusion by kind and the false-fixed rate with its bound."""
    args = _arguments()
    reader = ShelfReader.load(threads=1)
    kinds = set(args.kinds.split(",")) if args.kinds else None
    outcomes = []
    for pair in _pairs(args, reader, kinds):
        outcome = judge(pair, reader)
        outcomes.append(outcome)
        if args.json:
            print(json.dumps(msgspec.to_builtins(outcome)), flush=True)
    if not args.json:
        facts = machine("onnxruntime", "numpy", "cv2")
        print(f"{facts['processor']}, 1 thread of {facts['cores']} cores; {facts['versions']}; {reader.model}")
        report(outcomes, args.split)


def judge(pair: Pair, reader: ShelfReader) -> Outcome:
    """Compare one pair; the time is that of decoded photos to overlay."""
    before, after = open_photo(pair.before), open_photo(pair.after)
    started = time.perf_counter()
    answer = compare(before, after, list(pair.boxes), reader)
    return Outcome(
        pair.kind, pair.stem, pair.fixed, answer.verdict, answer.reasons, round(time.perf_counter() - started, 3)
    )


def report(outcomes: list[Outcome], split: str) -> None:
    """Print tables."""
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_kind[outcome.kind].append(outcome)
    print(f"split {split}: {len({o.stem for o in outcomes})} photos, {len(outcomes)} pairs")
    print(f"{'kind':<22}{'n':>5}" + "".join(f"{verdict:>17}" for verdict in VERDICTS) + "  most given reasons")
    for kind, some in by_kind.items():
        given = Counter(outcome.verdict for outcome in some)
        why = Counter(reason for outcome in some for reason in outcome.reasons).most_common(3)
        row = "".join(f"{given[verdict]:>17}" for verdict in VERDICTS)
        print(f"{kind:<22}{len(some):>5}{row}  " + ", ".join(f"{reason} {count}" for reason, count in why))
    _rates(outcomes)
    times = sorted(outcome.seconds for outcome in outcomes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    middle, late = times[len(times) // 2], times[int(0.95 * len(times))]
    print(
        f"seconds a pair: median {middle:.2f}, 95 of 100 below {late:.2f}; peak memory {peak:.0f} MB (pairs included)"
    )


def _rates(outcomes: list[Outcome]) -> None:
    shown = [outcome for outcome in outcomes if outcome.kind == ON_SCREEN]
    wrong = [outcome for outcome in outcomes if not outcome.truth and outcome.kind != ON_SCREEN]
    right = [outcome for outcome in outcomes if outcome.truth]
    false = sum(outcome.verdict == "fixed" for outcome in wrong)
    if wrong:
        print(f"false fixed: {false} of {len(wrong)} = {false / len(wrong):.2%}, "
              f"95 % upper bound {upper_bound(false, len(wrong)):.2%} (exact, one-sided)")  # fmt: skip
    for name, some in (("not fixed", wrong), ("a full shelf on a screen", shown), ("truly fixed", right)):
        asked = sum(outcome.verdict == "unsure" for outcome in some)
        fixed = sum(outcome.verdict == "fixed" for outcome in some)
        if some:
            print(f"{name}: {fixed / len(some):.1%} verified as fixed, {asked / len(some):.1%} to a person, "
                  f"{1 - (asked + fixed) / len(some):.1%} sent back")  # fmt: skip


def upper_bound(events: int, trials: int, confidence: float = 0.95) -> float:
    """Return the exact (Clopper-Pearson) one-sided upper bound of a rate, by bisection."""
    if events >= trials:
        return 1.0

    def at_most(p: float) -> float:
        return sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(events + 1))

    low, high = events / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle) > 1 - confidence else (low, middle)
    return high


def _pairs(args: argparse.Namespace, reader: ShelfReader, kinds: set[str] | None) -> Iterator[Pair]:
    folder = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data")) / "shelf_gaps"
    if folder.is_dir():
        stems = _stems(folder, args.split, args.photos, args.skip)
        yield from make_pairs(read_shelves(folder / args.split, reader, stems), args.seed, kinds)
    if kinds is None:
        yield from rendered_pairs(range(args.seed, args.seed + args.rendered))


def _stems(folder: Path, split: str, count: int, skip: int) -> set[str]:
    """Return single photos of a split, one a scene."""
    with (folder / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["four_photo_mosaic"] == "0"]
    scenes = {row["scene_cluster"]: row["stem"] for row in rows}
    return set(sorted(scenes.values())[skip : skip + count])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    parser.add_argument("--photos", type=int, default=60, help="photos to make pairs of")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many photos first")
    parser.add_argument("--rendered", type=int, default=20, help="rendered shelves, two pairs each")
    parser.add_argument("--kinds", help="only these kinds, by commas; no rendered ones then")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one object a pair instead of the tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
