"""How far the share of empty shelf is off on photos taken from the side, read as they are and as from the front.

    python -m benchmarks.shelf_geometry [--count 40]

Rendered shelves whose truth is their plan: the same shelf photographed at growing angles. Rows and gaps come from the
shipped detectors, so the figures hold their mistakes as well as those of the geometry.
"""

import argparse

import numpy as np

from vision.photo import open_photo
from vision.render import photograph
from vision.render.camera import View
from vision.render.plan import Plan, make_plan
from vision.shelf import ShelfReader

SEEDS = 5_000  # shelves of these seeds are used nowhere else
TURNS = (0.0, 10.0, 20.0, 30.0, 40.0)  # degrees


def main() -> None:
    """Print one line an angle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="shelves an angle")
    args = parser.parse_args()
    reader = ShelfReader.load()
    print(f"{args.count} rendered shelves an angle, {reader.model}")
    print(
        f"{'turned':>8}{'mean error, as it is':>24}{'from the front':>18}{'truth in interval':>20}{'facings right':>16}"
    )
    for turn in TURNS:
        plain, level, inside, right = measure(reader, turn, args.count)
        print(f"{turn:>8.1f}{plain:>24.3f}{level:>18.3f}{inside:>20.0%}{right:>16}")


def measure(reader: ShelfReader, turn: float, count: int) -> tuple[float, float, float, str]:
    """Return the mean absolute errors of the rate, the share of truths in their interval, and facings told right."""
    plain, level, inside = [], [], []
    told = right = 0
    for seed in range(SEEDS, SEEDS + count):
        plan = make_plan(seed, 3 + seed % 4, seed % 6)
        photo = open_photo(photograph(plan, View(yaw=turn if seed % 2 else -turn, grain=seed), size=(1280, 960)).jpeg)
        truth = empty_share(plan)
        reading = reader.read(photo)
        plain.append(abs((reader.read(photo, frontal=False).oos_rate or 0.0) - truth))
        level.append(abs((reading.oos_rate or 0.0) - truth))
        inside.append((reading.oos_low or 0.0) <= truth <= (reading.oos_high or 0.0))
        wanted = sorted(len(gap) for gap in plan_gaps(plan))
        found = sorted(gap.facings for gap in reading.gaps if gap.facings is not None)
        if len(found) == len(wanted):
            told += len(found)
            right += sum(a == b for a, b in zip(found, wanted, strict=True))
    return float(np.mean(plain)), float(np.mean(level)), float(np.mean(inside)), f"{right}/{told}"


def plan_gaps(plan: Plan) -> list[list[int]]:
    """Return the widths of the empty facings of each gap."""
    gaps: dict[int, list[int]] = {}
    for row in plan.rows:
        for facing in row.facings:
            if facing.gap is not None:
                gaps.setdefault(facing.gap, []).append(facing.width)
    return list(gaps.values())


def empty_share(plan: Plan) -> float:
    """Return the share of the rows' length that is empty."""
    empty = sum(facing.width for row in plan.rows for facing in row.facings if facing.gap is not None)
    return empty / sum(facing.width for row in plan.rows for facing in row.facings)


if __name__ == "__main__":
    main()
