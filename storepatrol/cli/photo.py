"""`storepatrol photo analyze`, `verify`, `promo`, `prices` and `evidence`: the machine's eye without the server."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.text import Text, counted
from storepatrol.cli import evidence, options, photo_files, prices, promo
from storepatrol.cli.language import say
from storepatrol.cli.photo_files import DONE, UNREADABLE, WRONG_USAGE
from vision.errors import PhotoError

if TYPE_CHECKING:  # the detectors load onnxruntime and OpenCV: only when a command needs them
    from vision.compare import Comparison
    from vision.shelf import ShelfReader, ShelfReading


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `photo` commands; each sets `run`, a function from the arguments to the exit code."""
    photo = subparsers.add_parser("photo", help="look at shelf photos")
    commands = photo.add_subparsers(dest="photo_command", required=True)

    analyze = commands.add_parser(
        "analyze", help="find gaps and shelf rows on photos", epilog="Rows are counted from the top: in words from 1; "
        "in JSON a gap's `row` is the index, from 0, of its row in `rows`, or null where it lies on none.",
    )  # fmt: skip
    photo_files.add_files(analyze)
    analyze.add_argument("--min-score", type=options.score, help="report gaps from this score on (0 to 1)")
    analyze.add_argument("--overlay", type=Path, metavar="FOLDER", help="write a picture of each reading here")
    analyze.set_defaults(run=run_analyze)

    verify = commands.add_parser("verify", help="compare an after photo with the photo of the problem")
    verify.add_argument("before", type=Path, metavar="BEFORE")
    verify.add_argument("after", type=Path, metavar="AFTER")
    verify.add_argument(
        "--box", action="append", default=[], type=options.box, metavar="x0,y0,x1,y1",
        help="where the gap was on BEFORE, in its upright pixels; without it, every gap found there",
    )  # fmt: skip
    verify.add_argument("--overlay", type=Path, metavar="FILE", help="write the side-by-side picture here")
    photo_files.add_json(verify)
    verify.set_defaults(run=run_verify)

    promo.add_parser(commands)
    prices.add_parser(commands)
    evidence.add_parser(commands)


def run_analyze(args: argparse.Namespace) -> int:
    """Analyse each file; an unreadable one gets an error object and the rest go on, as after a picture not written."""
    from vision.overlay import draw

    reader = _load_reader()
    written = True
    if args.overlay:
        try:
            args.overlay.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _tell_unwritten("analyze", args.overlay, error)
            return WRONG_USAGE

    def look(file: Path) -> photo_files.Found:
        nonlocal written
        photo = photo_files.open_file(file)
        reading = reader.read(photo, args.min_score)
        if args.overlay:
            written &= _write("analyze", args.overlay / f"{file.stem}.overlay.jpg", draw(photo, reading))
        return msgspec.to_builtins(reading), _reading_words(file, reading)

    code = photo_files.for_each(args, look)
    return code if written else WRONG_USAGE


def run_verify(args: argparse.Namespace) -> int:
    """Compare one pair of photos."""
    from vision.compare import compare

    photos = []
    for file in (args.before, args.after):
        try:
            photos.append(photo_files.open_file(file))
        except PhotoError as problem:
            photo_files.tell_problem(file, problem, as_json=args.json)
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
        if not _write("verify", args.overlay, comparison.overlay):
            return WRONG_USAGE
        answer["overlay"] = str(args.overlay)
    photo_files.tell(answer, _comparison_words(comparison), as_json=args.json)
    return DONE


def _write(command: str, target: Path, picture: bytes) -> bool:
    """Write a picture; tell, and return False, where that cannot be done."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture)
    except OSError as error:
        _tell_unwritten(command, target, error)
        return False
    return True


def _tell_unwritten(command: str, target: Path, error: OSError) -> None:
    print(f"storepatrol photo {command}: --overlay {target}: {error.strerror}", file=sys.stderr)


def _load_reader() -> "ShelfReader":
    """Load the detectors; without them no photo can be looked at, so the command ends, naming the file."""
    from core.errors import ModelFileError
    from vision.shelf import ShelfReader

    try:
        return ShelfReader.load()
    except ModelFileError as error:
        raise SystemExit(f"storepatrol photo: {error}") from error


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
        return Text(f"未见货架，空位 {gaps} 个", f"no shelf row seen, {counted(gaps, 'gap')}")
    share = f"{reading.oos_rate:.1%}"
    return Text(
        f"{rows} 排货架，空位 {gaps} 个，缺货率 {share}",
        f"{counted(gaps, 'gap')} on {counted(rows, 'row')}, {share} of the shelf empty",
    )


def _comparison_words(comparison: "Comparison") -> str:
    from vision.compare import REASONS, VERDICTS

    lines = [f"{say(VERDICTS[comparison.verdict])} ({comparison.score:.2f})"]
    lines += [f"  {say(REASONS[code])}" for code in comparison.reasons]
    return "\n".join(lines)
