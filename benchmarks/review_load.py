"""How many photos of a folder open an issue, are asked about, or drop, by the product's own thresholds.

    python -m benchmarks.review_load ../shared/data/shelf_gaps/val

Photos on which no row is seen are counted apart: of them the gaps alone decide.
"""

import argparse
from collections import Counter
from pathlib import Path

from core.settings import Settings
from vision.photo import open_photo
from vision.shelf import ShelfReader
from workflows.review.policy import DEFAULT, rule


def main() -> None:
    """Print a line for photos with rows and one for those without."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder with photos, or with a folder images/")
    folder: Path = parser.parse_args().folder
    images = folder / "images"
    reader, counted = ShelfReader.load(threads=1), Counter[tuple[str, str]]()
    for file in sorted((images if images.is_dir() else folder).iterdir()):
        reading = reader.read(open_photo(file.read_bytes()))
        kind = "no row seen" if reading.oos_rate is None else "rows seen"
        counted[kind, "photos"] += 1
        counted[kind, "with gaps" if reading.gaps else "without gaps"] += 1
        counted[kind, rule(reading, Settings().gap_limit, DEFAULT).outcome] += bool(reading.gaps)
    columns = ("photos", "with gaps", "open", "ask", "drop")
    print(f"{reader.model}\n{'':<14}" + "".join(f"{column:>11}" for column in columns))
    for kind in ("rows seen", "no row seen"):
        print(f"{kind:<14}" + "".join(f"{counted[kind, column]:>11}" for column in columns))


if __name__ == "__main__":
    main()
