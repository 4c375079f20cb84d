"""`storepatrol photo prices`: read the price tags and dates on photos."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.clock import SystemClock
from core.errors import ModelFileError
from core.text import Text, counted
from storepatrol.cli import options, photo_files
from storepatrol.cli.language import say

if TYPE_CHECKING:  # loads OpenCV and onnxruntime: only when the command runs
    from vision.price_tags.model import Price, Tag, TagsReading


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command below `storepatrol photo`."""
    prices = commands.add_parser("prices", help="read price tags and best-before dates on photos")
    photo_files.add_files(prices)
    prices.add_argument("--today", type=options.date, metavar="YYYY-MM-DD", help="the day dates are judged from")
    prices.add_argument(
        "--day-order", choices=("ymd", "dmy", "mdy"), help="how dates are written where the photo is from"
    )
    prices.add_argument("--whole", action="store_true", help="look at the whole photo, not only along shelf edges")
    prices.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
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

    def look(file: Path) -> photo_files.Found:
        photo = open_photo(photo_files.read_file(file), working_side=TAG_SIDE)
        reading = tags.read(photo, shelves.read(photo), today=today, order=args.day_order, whole=args.whole)
        return as_json(reading), _words(file, reading)

    return photo_files.for_each(args, look)


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
    summary = Text(f"价签 {found} 张，读出 {read} 张", f"{counted(found, 'price tag')}, {read} read")
    lines = [f"{file}: {say(summary)}"]
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
