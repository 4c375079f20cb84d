"""`storepatrol photo promo`: is this artwork on that photo?"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.text import Text
from storepatrol.cli import photo_files
from storepatrol.cli.language import say
from vision.errors import PhotoError

if TYPE_CHECKING:  # loads OpenCV: only when the command runs
    from vision.promo import Artwork, Look, Sighting


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command below `storepatrol photo`."""
    promo = commands.add_parser("promo", help="look for promotion material on photos")
    photo_files.add_files(promo)
    promo.add_argument(
        "--artwork", nargs="+", action="extend", required=True, type=Path, metavar="FILE",
        help="the campaign's artwork; give every edition that may hang there, to tell them apart",
    )  # fmt: skip
    promo.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look for every piece on each photo; what cannot be used is told and the rest go on."""
    from vision.promo import ArtworkIndex, look

    known, refused = _artworks(args.artwork)
    if not args.json:
        for file, problem in refused.items():
            photo_files.tell_problem(file, problem, as_json=False)
        if not known:
            return photo_files.UNREADABLE
    index = ArtworkIndex({str(file): artwork for file, artwork in known.items()})

    def found(file: Path) -> photo_files.Found:
        seen = look(photo_files.open_file(file), index)
        answer = {"artworks": _entries(args.artwork, seen, refused), "features": seen.features,
                  "telling": seen.telling, "model": seen.model}  # fmt: skip
        return answer, _words(file, seen)

    code = photo_files.for_each(args, found)
    return photo_files.UNREADABLE if refused else code


def _artworks(files: list[Path]) -> "tuple[dict[Path, Artwork], dict[Path, PhotoError]]":
    from vision.photo import open_photo
    from vision.promo import make

    known: dict[Path, Artwork] = {}
    refused: dict[Path, PhotoError] = {}
    for file in files:
        try:
            data = photo_files.read_file(file)
            known[file] = make(open_photo(data), data)
        except PhotoError as problem:
            refused[file] = problem
    return known, refused


def _entries(files: list[Path], seen: "Look", refused: dict[Path, PhotoError]) -> list[dict[str, Any]]:
    """Return one entry for each piece asked for, in the order it was asked for."""
    by_name: dict[str, Any] = {one.artwork: msgspec.to_builtins(one) for one in seen.sightings}
    nothing = {"found": False, "corners": None, "visible": 0.0, "score": 0.0}
    for file, problem in refused.items():
        by_name[str(file)] = {"artwork": str(file), **nothing, "error": photo_files.error_object(problem)}
    return [by_name[name] for name in dict.fromkeys(str(file) for file in files)]


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
