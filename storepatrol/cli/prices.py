"""`storepatrol photo prices`: read the price tags and dates on photos."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.clock import SystemClock
from core.text import Text
from storepatrol.cli.language import say
from vision.errors import ModelFileError, PhotoError

if TYPE_CHECKING:  # loads OpenCV and onnxruntime: only when the command runs
    from vision.photo import Photo
    from vision.price_tags.model import Price, Tag, TagsReading

DONE, UNREADABLE = 0, 1
Open = Callable[[Path], "tuple[Photo, bytes]"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", open_file: Open) -> None:
    """Add the command below `storepatrol photo`; `open_file` reads a file or raises PhotoError."""
    prices = commands.add_parser("prices", help="read price tags and best-before dates on photos")
    prices.add_argument("files", nargs="+", type=Path, metavar="FILE")
    prices.add_argument("--today", type=_date, metavar="YYYY-MM-DD", help="the day dates are judged from")
    prices.add_argument(
        "--day-order", choices=("ymd", "dmy", "mdy"), help="how dates are written where the photo is from"
    )
    prices.add_argument("--whole", action="store_true", help="look at the whole photo, not only along shelf edges")
    prices.add_argument("--json", action="store_true", help="print one JSON object a line")
    prices.set_defaults(run=lambda args: run(args, open_file))


def run(args: argparse.Namespace, open_file: Open) -> int:
    """Read each file; an unreadable one gets an error object and the rest go on."""
    from vision.photo import open_photo
    from vision.price_tags.reader import TAG_SIDE, TagReader
    from vision.shelf import ShelfReader

    try:
        shelves, tags = ShelfReader.load(), TagReader()
        tags.load()
    except ModelFileError as error:
        raise SystemExit(f"storepatrol photo: {error}") from error
    today = args.today or SystemClock().now().astimezone().date()
    code = DONE
    for file in args.files:
        try:
            photo = open_photo(open_file(file)[1], working_side=TAG_SIDE)
        except PhotoError as problem:
            answer = {"file": str(file), "error": {"code": problem.code, "detail": problem.detail.en}}
            _tell(args.json, answer, f"{file}: {say(problem.detail)}", bad=True)
            code = UNREADABLE
            continue
        reading = tags.read(photo, shelves.read(photo), today=today, order=args.day_order, whole=args.whole)
        _tell(args.json, {"file": str(file), **as_json(reading)}, _words(file, reading))
    return code


def as_json(reading: "TagsReading") -> dict[str, Any]:
    """Return what others script against: amounts as numbers, dates as YYYY-MM-DD, null where not read."""
    return {
        "tags": [
            {
                "box": tag.box,
                "text": tag.text,
                "price": tag.price.minor / 100 if tag.price else None,
                "currency": tag.price.currency if tag.price else None,
                "unit": tag.price.unit if tag.price else None,
                "unit_quantity": tag.price.quantity if tag.price else None,
                "confidence": tag.confidence,
                "readable": tag.readable,
                "codes": tag.codes,
            }
            for tag in reading.tags
        ],
        "dates": msgspec.to_builtins(reading.dates),
        "cut_short": reading.cut_short,
        "model": reading.model,
        "ms": reading.ms,
    }


def _words(file: Path, reading: "TagsReading") -> str:
    read = sum(tag.readable for tag in reading.tags)
    found = len(reading.tags)
    lines = [f"{file}: {say(Text(f'价签 {found} 张，读出 {read} 张', f'{found} price tags, {read} read'))}"]
    lines += [f"  {_price_words(tag)}  {','.join(map(str, tag.box))}  {tag.confidence:.2f}" for tag in reading.tags]
    for date in reading.dates:
        day = date.best_before.isoformat() if date.best_before else say(Text("日期不明", "date unsure"))
        lines.append(f"  {say(Text('到期', 'best before'))} {day}  {date.text}  {date.confidence:.2f}")
    if reading.cut_short:
        lines.append(f"  {say(Text('时间不够，未看完整张照片', 'time was up before all of it was looked at'))}")
    return "\n".join(lines)


def _price_words(tag: "Tag") -> str:
    return _amount(tag.price) if tag.price else say(Text("读不出", "unreadable"))


def _amount(price: "Price") -> str:
    per = f" / {price.quantity:g} {price.unit}" if price.unit else ""
    return f"{price.currency or ''} {price.minor / 100:.2f}{per}".strip()


def _tell(as_json: bool, answer: dict[str, Any], words: str, *, bad: bool = False) -> None:
    if as_json:
        print(msgspec.json.encode(answer).decode())
    else:
        print(words, file=sys.stderr if bad else sys.stdout)


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
