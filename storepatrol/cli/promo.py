"""`storepatrol photo promo`: is this artwork on that photo?"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.text import Text
from storepatrol.cli.language import say
from vision.errors import PhotoError

if TYPE_CHECKING:  # loads OpenCV: only when the command runs
    from vision.photo import Photo
    from vision.promo import Artwork, Look, Sighting

DONE, UNREADABLE = 0, 1
Open = Callable[[Path], "tuple[Photo, bytes]"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", open_file: Open) -> None:
    """Add the command below `storepatrol photo`; `open_file` reads a file or raises PhotoError."""
    promo = commands.add_parser("promo", help="look for promotion material on photos")
    promo.add_argument("files", nargs="+", type=Path, metavar="FILE")
    promo.add_argument(
        "--artwork", nargs="+", action="extend", required=True, type=Path, metavar="FILE",
        help="the campaign's artwork; give every edition that may hang there, to tell them apart",
    )  # fmt: skip
    promo.add_argument("--json", action="store_true", help="print one JSON object a line")
    promo.set_defaults(run=lambda args: run(args, open_file))


def run(args: argparse.Namespace, open_file: Open) -> int:
    """Look for every piece on each photo; what cannot be used gets an error object and the rest go on."""
    from vision.promo import ArtworkIndex, look

    known, refused = _artworks(args.artwork, open_file)
    index = ArtworkIndex(known)
    code = UNREADABLE if refused else DONE
    for file in args.files:
        try:
            photo, _ = open_file(file)
        except PhotoError as problem:
            _tell(args.json, {"file": str(file), "error": _error(problem)}, f"{file}: {say(problem.detail)}", bad=True)
            code = UNREADABLE
            continue
        seen = look(photo, index)
        answer = {"file": str(file), "artworks": _entries(args.artwork, seen, refused), "features": seen.features,
                  "telling": seen.telling, "model": seen.model}  # fmt: skip
        _tell(args.json, answer, _words(file, seen))
    if not args.json:
        for name, reason in refused.items():
            print(f"{name}: {say(reason.detail)}", file=sys.stderr)
    return code


def _artworks(files: list[Path], open_file: Open) -> "tuple[dict[str, Artwork], dict[str, PhotoError]]":
    from vision.promo import make

    known: dict[str, Artwork] = {}
    refused: dict[str, PhotoError] = {}
    for file in files:
        try:
            known[str(file)] = make(*open_file(file))
        except PhotoError as problem:
            refused[str(file)] = problem
    return known, refused


def _entries(files: list[Path], seen: "Look", refused: dict[str, PhotoError]) -> list[dict[str, Any]]:
    """Return one entry for each piece asked for, in the order it was asked for."""
    by_name: dict[str, Any] = {one.artwork: msgspec.to_builtins(one) for one in seen.sightings}
    nothing = {"found": False, "corners": None, "visible": 0.0, "score": 0.0}
    for name, problem in refused.items():
        by_name[name] = {"artwork": name, **nothing, "error": _error(problem)}
    return [by_name[name] for name in dict.fromkeys(str(file) for file in files)]


def _error(problem: PhotoError) -> dict[str, str]:
    return {"code": problem.code, "detail": problem.detail.en}


def _tell(as_json: bool, answer: dict[str, Any], words: str, *, bad: bool = False) -> None:
    if as_json:
        print(msgspec.json.encode(answer).decode())
    else:
        print(words, file=sys.stderr if bad else sys.stdout)


def _words(file: Path, seen: "Look") -> str:
    lines = [f"{file}:"]
    if not seen.telling:
        lines.append("  " + say(Text("照片细节太少，无法判断", "too little detail on this photo to tell")))
    lines += [f"  {one.artwork}: {say(_summary(one))}" for one in seen.sightings]
    return "\n".join(lines)


def _summary(one: "Sighting") -> Text:
    if not one.found:
        return Text("没有找到", "not found")
    zh, en = [f"有 ({one.score:.2f})"], [f"there ({one.score:.2f})"]
    if one.visible < 0.9:
        zh.append(f"可见 {one.visible:.0%}")
        en.append(f"{one.visible:.0%} of it seen")
    if not one.upright and one.angle is not None:
        zh.append(f"转了 {one.angle:.0f}°")
        en.append(f"turned by {one.angle:.0f}°")
    if one.rivals:
        zh.append("无法与其他版本区分：" + "、".join(one.rivals))
        en.append("cannot be told from " + ", ".join(one.rivals))
    return Text("，".join(zh), ", ".join(en))
