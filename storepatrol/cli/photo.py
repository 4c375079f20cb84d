"""`storepatrol photo analyze`, `verify`, `promo`, `prices` and `evidence`: the machine's eye without the server."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.text import Text
from storepatrol.cli import evidence, prices, promo
from storepatrol.cli.language import say
from vision.errors import PhotoError

if TYPE_CHECKING:  # the detectors load onnxruntime and OpenCV: only when a command needs them
    from vision.compare import Comparison
    from vision.geometry import Box
    from vision.photo import Photo
    from vision.shelf import ShelfReader, ShelfReading

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

    promo.add_parser(commands, _open_file)
    prices.add_parser(commands, _open_file)
    evidence.add_parser(commands, _open_file)


def run_analyze(args: argparse.Namespace) -> int:
    """Analyse each file; an unreadable one gets an error object and the rest go on."""
    from vision.overlay import draw

    reader = _load_reader()
    code = DONE
    if args.overlay:
        try:
            args.overlay.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            print(f"storepatrol photo analyze: --overlay {args.overlay}: {error.strerror}", file=sys.stderr)
            return WRONG_USAGE
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
            partial(_reading_words, file, reading),
        )
        if args.overlay:
            (args.overlay / f"{file.stem}.overlay.jpg").write_bytes(draw(photo, reading))
    return code


def run_verify(args: argparse.Namespace) -> int:
    """Compare one pair of photos."""
    from vision.compare import compare

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
    comparison = compare(before, after, args.box, _load_reader())
    answer: dict[str, object] = {
        "verdict": comparison.verdict,
        "reasons": comparison.reasons,
        "score": comparison.score,
    }
    if args.overlay and comparison.overlay:
        try:
            args.overlay.parent.mkdir(parents=True, exist_ok=True)
            args.overlay.write_bytes(comparison.overlay)
        except OSError as error:
            print(f"storepatrol photo verify: --overlay {args.overlay}: {error.strerror}", file=sys.stderr)
            return WRONG_USAGE
        answer["overlay"] = str(args.overlay)
    _tell(args.json, answer, lambda: _comparison_words(comparison))
    return DONE


def _load_reader() -> "ShelfReader":
    """Load the detectors; without them no photo can be looked at, so the command ends, naming the file."""
    from vision.errors import ModelFileError
    from vision.shelf import ShelfReader

    try:
        return ShelfReader.load()
    except ModelFileError as error:
        raise SystemExit(f"storepatrol photo: {error}") from error


def _open(file: Path) -> "Photo":
    return _open_file(file)[0]


def _open_file(file: Path) -> "tuple[Photo, bytes]":
    from vision.errors import photo_error
    from vision.photo import MAX_BYTES, open_photo

    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise photo_error("photo.no_such_file") from error
    return open_photo(data), data


def _tell(as_json: bool, answer: dict[str, object], words: Callable[[], str]) -> None:
    print(msgspec.json.encode(answer).decode() if as_json else words())


def _tell_problem(file: Path, problem: PhotoError, as_json: bool) -> None:
    if as_json:
        error = {"code": problem.code, "detail": problem.detail.en}
        print(msgspec.json.encode({"file": str(file), "error": error}).decode())
    else:
        print(f"{file}: {say(problem.detail)}", file=sys.stderr)


def _reading_words(file: Path, reading: "ShelfReading") -> str:
    from vision.quality import REASONS

    lines = [f"{file}: {say(_summary(reading))}"]
    lines += [f"  {say(REASONS[reason])}" for reason in reading.quality.reasons]
    for gap in reading.gaps:
        place = "" if gap.row is None else f" {gap.row + 1}"
        where = Text("不在货架排上", "off the rows") if gap.row is None else Text(f"第{place} 排", f"row{place}")
        lines.append(f"  {say(where)}  {','.join(map(str, gap.box))}  {gap.score:.2f}")
    return "\n".join(lines)


def _summary(reading: "ShelfReading") -> Text:
    from vision.overlay import outermost

    gaps, rows = len(outermost(reading.gaps)), len(reading.rows)
    if reading.oos_rate is None:
        return Text(f"未见货架，空位 {gaps} 个", f"no shelf row seen, {_count(gaps, 'gap')}")
    share = f"{reading.oos_rate:.1%}"
    return Text(
        f"{rows} 排货架，空位 {gaps} 个，缺货率 {share}",
        f"{_count(gaps, 'gap')} on {_count(rows, 'row')}, {share} of the shelf empty",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _comparison_words(comparison: "Comparison") -> str:
    from vision.compare import REASONS, VERDICTS

    lines = [f"{say(VERDICTS[comparison.verdict])} ({comparison.score:.2f})"]
    lines += [f"  {say(REASONS[code])}" for code in comparison.reasons]
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
