"""How many personal numbers in notes become unreadable, and how many other numbers are touched by mistake.

    python -m benchmarks.masking [--split dev|test] [--show] [--json]

The notes are those of `masking_notes.toml`: in brackets what has to go, in `clean` nothing has.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from speech.masking import mask

Split = Literal["dev", "test"]
_JOINING = re.compile(r"杠|转|加|嗯|呃|(?:dash|plus)\b", re.IGNORECASE)
"""Words between digits that tell nothing of them."""


class Counted(msgspec.Struct, frozen=True):
    """Notes of one split: how many personal numbers went wholly, which not, and texts touched by mistake."""

    personal: int
    caught: int
    clean: int
    touched: int
    missed: tuple[str, ...]
    wrongly: tuple[str, ...]


def measure(split: Split) -> Counted:
    """Mask every note of a split."""
    notes = tomllib.loads(Path(__file__).with_name("masking_notes.toml").read_text("utf-8"))[split]
    missed, beside, personal = [], [], 0
    for marked in notes["personal"]:
        text, spans = _unmarked(marked)
        masked, personal = mask(text).text, personal + len(spans)
        missed += [f"{marked} -> {masked}" for span in spans if _readable(masked[slice(*span)])]
        if _outside(masked, spans) != _outside(text, spans):
            beside.append(f"{marked} -> {masked}")
    touched = [f"{text} -> {mask(text).text}" for text in notes["clean"] if mask(text).text != text]
    return Counted(
        personal, personal - len(missed), len(notes["clean"]), len(touched), tuple(missed), (*touched, *beside)
    )


def _unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    text, spans = "", []
    for number, part in enumerate(re.split(r"[\[\]]", marked)):
        if number % 2:
            spans.append((len(text), len(text) + len(part)))
        text += part
    return text, spans


def _outside(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _readable(masked: str) -> bool:
    return any(letter.isalnum() for letter in _JOINING.sub("", masked))


def main() -> int:
    """Print what was counted, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "test"), action="append")
    parser.add_argument("--show", action="store_true", help="print the notes that went wrong")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    for split in args.split or ("dev", "test"):
        counted = measure(split)
        if args.json:
            print(json.dumps({"split": split, **msgspec.to_builtins(counted)}, ensure_ascii=False))
            continue
        print(
            f"{split}: caught {counted.caught} of {counted.personal} personal numbers;"
            f" touched {counted.touched} of {counted.clean} texts without any"
        )
        for line in (*counted.missed, "--", *counted.wrongly) if args.show else ():
            print(f"    {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
