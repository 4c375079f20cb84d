"""What the `storepatrol photo` commands do alike: files in; sentences or JSON objects out; the exit code."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from storepatrol.cli.language import say
from vision.errors import PhotoError, photo_error

if TYPE_CHECKING:  # loads OpenCV: only when a command runs
    from vision.photo import Photo

DONE, UNREADABLE, WRONG_USAGE = 0, 1, 2
Found = tuple[dict[str, Any], str]
"""What was found on a photo: as others script against it, and as people read it."""


def add_files(command: argparse.ArgumentParser) -> None:
    """Add the arguments of a command that looks at one photo after the other."""
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_json(command)


def add_json(command: argparse.ArgumentParser) -> None:
    """Add the switch from sentences to objects."""
    command.add_argument("--json", action="store_true", help="print one JSON object a line")


def read_file(file: Path) -> bytes:
    """Return the file's bytes, of one that is too large no more than it takes to tell.

    Raises:
        PhotoError: `photo.no_such_file`.

    """
    from vision.photo import MAX_BYTES

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise photo_error("photo.no_such_file") from error


def open_file(file: Path) -> "Photo":
    """Return the photo in a file.

    Raises:
        PhotoError: it is none, or none that can be used.

    """
    from vision.photo import open_photo

    return open_photo(read_file(file))


def for_each(args: argparse.Namespace, look: Callable[[Path], Found]) -> int:
    """Tell what `look` finds on each file; an unreadable one gets an error object and the rest go on."""
    code = DONE
    for file in args.files:
        try:
            answer, words = look(file)
        except PhotoError as problem:
            tell_problem(file, problem, as_json=args.json)
            code = UNREADABLE
        else:
            tell({"file": str(file), **answer}, words, as_json=args.json)
    return code


def tell(answer: dict[str, Any], words: str, *, as_json: bool) -> None:
    """Print what was found."""
    print(msgspec.json.encode(answer).decode() if as_json else words)


def tell_problem(file: Path, problem: PhotoError, *, as_json: bool) -> None:
    """Print why a file cannot be used: in its place among the objects, or apart from the sentences."""
    if as_json:
        print(msgspec.json.encode({"file": str(file), "error": error_object(problem)}).decode())
    else:
        print(f"{file}: {say(problem.detail)}", file=sys.stderr)


def error_object(problem: PhotoError) -> dict[str, str]:
    """Return the error as every JSON object tells it."""
    return {"code": problem.code, "detail": problem.detail.en}
