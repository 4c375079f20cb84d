"""`storepatrol photo evidence`: what a file tells of its own origin, without the server."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.text import Text
from storepatrol.cli import photo_files
from storepatrol.cli.language import say

if TYPE_CHECKING:  # loads OpenCV: only when the command runs
    from vision.integrity.prints import Position, Print
    from vision.photo import Photo


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command below `storepatrol photo`."""
    evidence = commands.add_parser("evidence", help="hashes, prints, signs of a screen and what EXIF says")
    photo_files.add_files(evidence)
    evidence.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look at each file, and name files among them that are alike."""
    from vision.integrity.prints import asked_prints
    from vision.photo import open_photo

    seen: list[tuple[str, Print]] = []

    def look(file: Path) -> photo_files.Found:
        data = photo_files.read_file(file)
        photo = open_photo(data)
        asked = asked_prints(photo)
        like = _alike(asked, seen)
        if "as_is" in asked:
            seen.append((str(file), asked["as_is"]))
        answer = {**_facts(photo, asked, data), "like": like}
        return answer, _words(file, answer)

    return photo_files.for_each(args, look)


def _alike(asked: "Mapping[Position, Print]", seen: "list[tuple[str, Print]]") -> list[dict[str, Any]]:
    from vision.integrity.prints import SURE_DISTANCE

    return [
        {"file": earlier, "position": position, "distance": distance}
        for earlier, kept in seen
        for distance, position in [min(((m.distance(kept), p) for p, m in asked.items()), default=(64, "as_is"))]
        if distance <= SURE_DISTANCE
    ]


def _facts(photo: "Photo", asked: "Mapping[Position, Print]", data: bytes) -> dict[str, Any]:
    from vision.integrity.file_facts import read_facts
    from vision.integrity.screen import screen_signs

    return {
        "sha256": photo.sha256,
        "prints": {position: f"{mark.bits:016x}" for position, mark in asked.items()},
        "screen": msgspec.to_builtins(screen_signs(photo)),
        "exif": msgspec.to_builtins(read_facts(data)),
    }


def _words(file: Path, answer: dict[str, Any]) -> str:
    lines = [f"{file}: {answer['sha256'][:16]}…  {answer['prints'].get('as_is', '-')}"]
    screen = answer["screen"]["suspicion"]
    if screen >= 0.5:
        lines.append(f"  {say(Text('可能翻拍自屏幕', 'perhaps a photo of a screen'))} ({screen:.2f})")
    lines += [f"  {say(Text('相同于', 'alike:'))} {one['file']} ({one['position']})" for one in answer["like"]]
    lines += [f"  {key}: {value}" for key, value in answer["exif"].items() if value is not None]
    return "\n".join(lines)
