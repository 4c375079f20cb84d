"""`storepatrol photo evidence`: what a file tells of its own origin, without the server."""

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
    from vision.integrity.prints import Print
    from vision.photo import Photo

DONE, UNREADABLE = 0, 1
Open = Callable[[Path], "tuple[Photo, bytes]"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", open_file: Open) -> None:
    """Add the command below `storepatrol photo`; `open_file` reads a file or raises PhotoError."""
    evidence = commands.add_parser("evidence", help="hashes, prints, signs of a screen and what EXIF says")
    evidence.add_argument("files", nargs="+", type=Path, metavar="FILE")
    evidence.add_argument("--json", action="store_true", help="print one JSON object a line")
    evidence.set_defaults(run=lambda args: run(args, open_file))


def run(args: argparse.Namespace, open_file: Open) -> int:
    """Look at each file, and name files among them that are alike; an unreadable one gets an error object."""
    from vision.integrity.prints import SURE_DISTANCE, asked_prints

    code = DONE
    seen: list[tuple[str, Print]] = []
    for file in args.files:
        try:
            photo, data = open_file(file)
        except PhotoError as problem:
            error = {"file": str(file), "error": {"code": problem.code, "detail": problem.detail.en}}
            _tell(error, args.json, f"{file}: {say(problem.detail)}", bad=True)
            code = UNREADABLE
            continue
        asked = asked_prints(photo)
        answer = _facts(file, photo, data)
        like = [
            {"file": earlier, "position": position, "distance": distance}
            for earlier, kept in seen
            for distance, position in [min(((m.distance(kept), p) for p, m in asked.items()), default=(64, "as_is"))]
            if distance <= SURE_DISTANCE
        ]
        if "as_is" in asked:
            seen.append((str(file), asked["as_is"]))
        _tell({**answer, "like": like}, args.json, _words(answer, like))
    return code


def _facts(file: Path, photo: "Photo", data: bytes) -> dict[str, Any]:
    from vision.integrity.file_facts import read_facts
    from vision.integrity.prints import asked_prints
    from vision.integrity.screen import screen_signs

    return {
        "file": str(file),
        "sha256": photo.sha256,
        "prints": {position: f"{mark.bits:016x}" for position, mark in asked_prints(photo).items()},
        "screen": msgspec.to_builtins(screen_signs(photo)),
        "exif": msgspec.to_builtins(read_facts(data)),
    }


def _words(answer: dict[str, Any], like: list[dict[str, Any]]) -> str:
    lines = [f"{answer['file']}: {answer['sha256'][:16]}…  {answer['prints'].get('as_is', '-')}"]
    screen = answer["screen"]["suspicion"]
    if screen >= 0.5:
        lines.append(f"  {say(Text('可能翻拍自屏幕', 'perhaps a photo of a screen'))} ({screen:.2f})")
    lines += [f"  {say(Text('相同于', 'alike:'))} {one['file']} ({one['position']})" for one in like]
    lines += [f"  {key}: {value}" for key, value in answer["exif"].items() if value is not None]
    return "\n".join(lines)


def _tell(answer: dict[str, Any], as_json: bool, words: str, *, bad: bool = False) -> None:
    if as_json:
        print(msgspec.json.encode(answer).decode())
    else:
        print(words, file=sys.stderr if bad else sys.stdout)
