"""`storepatrol photo analyze` and `storepatrol photo verify`: the machine's eye without the server."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from vision.errors import PhotoError

if TYPE_CHECKING:  # the detectors load onnxruntime and OpenCV: only when a command needs them
    from vision.compare import Comparison
    from vision.geometry import Box
    from vision.photo import Photo
    from vision.shelf import ShelfReading

DONE, UNREADABLE, WRONG_USAGE = 0, 1, 2


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `photo` commands; each sets `run`, a function from the arguments to the exit code."""
    photo = subparsers.add_parser("photo", help="look at shelf photos")
    commands = photo.add_subparsers(dest="photo_command", required=True)

    analyze = commands.add_parser("analyze", help="find gaps and shelf rows on photos")
    analyze.add_argument("files", nargs="+", type=Path, metavar="FILE")
    analyze.add_argument("--min-score", type=_share, help="report gaps from this score on (0 to 1)")
    analyze.add_argument("--overlay", type=Path, metavar="FOLDER", help="write a picture of each reading here")
    analyze.add_argument("--json", action="store_true", help="print one JSON object a line")
    analyze.set_defaults(run=run_analyze)

    verify = commands.add_parser("verify", help="compare an after photo with the photo of the problem")
    verify.add_argument("before", type=Path, metavar="BEFORE")
    verify.add_argument("after", type=Path, metavar="AFTER")
    verify.add_argument(
        "--box", action="append", default=[], type=_box, metavar="x0,y0,x1,y1",
        help="where the gap was on BEFORE, in its upright pixels; without it, every gap found there",
    )  # fmt: skip
    verify.add_argument("--overlay", type=Path, metavar="FILE", help="write the side-by-side picture here")
    verify.add_argument("--json", action="store_true", help="print one JSON object a line")
    verify.set_defaults(run=run_verify)


def run_analyze(args: argparse.Namespace) -> int:
    """Analyse each file; an unreadable one gets an error object and the rest go on."""
    from vision.overlay import draw
    from vision.shelf import ShelfReader

    reader = ShelfReader.load()
    code = DONE
    for file in args.files:
        try:
            photo = _open(file)
        except PhotoError as problem:
            _tell_problem(file, problem, args.json)
            code = UNREADABLE
            continue
        reading = reader.read(photo, args.min_score)
        _tell(
            args.json,
            {"file": str(file), **msgspec.to_builtins(reading)},
            lambda r=reading, f=file: _reading_words(f, r),
        )
        if args.overlay:
            args.overlay.mkdir(parents=True, exist_ok=True)
            (args.overlay / f"{file.stem}.overlay.jpg").write_bytes(draw(photo, reading))
    return code


def run_verify(args: argparse.Namespace) -> int:
    """Compare one pair of photos."""
    from vision.compare import compare
    from vision.shelf import ShelfReader

    photos = []
    for file in (args.before, args.after):
        try:
            photos.append(_open(file))
        except PhotoError as problem:
            _tell_problem(file, problem, args.json)
    if len(photos) < 2:
        return UNREADABLE
    before, after = photos
    outside = [box for box in args.box if box[2] > before.width or box[3] > before.height]
    if outside:
        print(f"storepatrol photo verify: --box {outside[0]} lies outside BEFORE", file=sys.stderr)
        return WRONG_USAGE
    comparison = compare(before, after, args.box, ShelfReader.load())
    answer = {"verdict": comparison.verdict, "reasons": comparison.reasons, "score": comparison.score}
    if args.overlay and comparison.overlay:
        args.overlay.write_bytes(comparison.overlay)
        answer["overlay"] = str(args.overlay)
    _tell(args.json, answer, lambda: _comparison_words(comparison))
    return DONE


def _open(file: Path) -> "Photo":
    from vision.errors import photo_error
    from vision.photo import MAX_BYTES, open_photo

    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise photo_error("photo.no_such_file") from error
    return open_photo(data)


def _tell(as_json: bool, answer: dict[str, object], words: Callable[[], str]) -> None:
    print(msgspec.json.encode(answer).decode() if as_json else words())


def _tell_problem(file: Path, problem: PhotoError, as_json: bool) -> None:
    if as_json:
        error = {"code": problem.code, "detail": problem.detail.en}
        print(msgspec.json.encode({"file": str(file), "error": error}).decode())
    else:
        print(f"{file}: {problem.detail.en} {problem.detail.zh}", file=sys.stderr)


def _reading_words(file: Path, reading: "ShelfReading") -> str:
    share = "no shelf row seen" if reading.oos_rate is None else f"{reading.oos_rate:.1%} of the shelf empty"
    lines = [f"{file}: {len(reading.gaps)} gaps on {len(reading.rows)} rows, {share} ({reading.ms:.0f} ms)"]
    lines += [f"  photo is {reason.replace('_', ' ')}" for reason in reading.quality.reasons]
    for gap in reading.gaps:
        where = "off the rows" if gap.row is None else f"row {gap.row + 1}"
        lines.append(f"  {where:>12}  {','.join(map(str, gap.box)):<22} score {gap.score:.2f}")
    return "\n".join(lines)


def _comparison_words(comparison: "Comparison") -> str:
    from vision.compare import REASONS

    lines = [f"{comparison.verdict.replace('_', ' ')} (score {comparison.score:.2f})"]
    lines += [f"  {REASONS[code].en} {REASONS[code].zh}" for code in comparison.reasons]
    return "\n".join(lines)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _box(text: str) -> "Box":
    try:
        x0, y0, x1, y1 = (int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not x0,y0,x1,y1") from error
    if not (0 <= x0 < x1 and 0 <= y0 < y1):
        raise argparse.ArgumentTypeError(f"{text} is not a box with x0 < x1 and y0 < y1")
    return x0, y0, x1, y1
