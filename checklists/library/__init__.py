"""The standards library: one TOML file for each dimension, read and checked by `load`.

An entry that is wrong stops the load with an error that names the file and the checkpoint.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from checklists.checkpoint import DIMENSIONS, Checkpoint, Dimension, Library, Words
from checklists.kinds import Choice, Number, Scale, flaws
from core.errors import Invalid
from core.text import Text

CODE = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")
LONGEST_CODE = 64


class _DimensionEntry(msgspec.Struct, forbid_unknown_fields=True):
    title: Text
    purpose: Text


class _Entry(Checkpoint, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A checkpoint as written: its dimension is the file's."""

    dimension: str = ""


def load(folder: Traversable | None = None) -> Library:
    """Read every `<dimension>.toml` of `folder` (the shipped library without one).

    Raises:
        Invalid: `library.invalid`, naming the file and the code: not TOML, a missing language or field, an unknown
            dimension or field, a code twice, limits that no answer can meet, a phrase of another checkpoint.

    """
    folder = folder or resources.files(__name__)
    files = {f.name.removesuffix(".toml"): f for f in folder.iterdir() if f.name.endswith(".toml")}
    for name in sorted(files.keys() - set(DIMENSIONS)):
        raise _error(f"{name}.toml", None, f"unknown dimension {name!r}")
    dimensions: dict[str, Dimension] = {}
    checkpoints: dict[str, Checkpoint] = {}
    phrases: dict[str, str] = {}
    for name in (d for d in DIMENSIONS if d in files):
        content = _parse(files[name])
        dimensions[name] = _dimension(name, content)
        for checkpoint in _checkpoints(name, content):
            if checkpoint.code in checkpoints:
                raise _error(f"{name}.toml", checkpoint.code, "this code is used twice")
            _claim(phrases, checkpoint)
            checkpoints[checkpoint.code] = checkpoint
    return Library(dimensions=dimensions, checkpoints=checkpoints)


def _error(file: str, code: str | None, why: str) -> Invalid:
    where = file if code is None else f"{file}: {code}"
    return Invalid("library.invalid", Text(f"标准库有误:{where}:{why}", f"{where}: {why}"), file=file, checkpoint=code)


def _parse(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError both are
        raise _error(file.name, None, f"cannot be read: {error}") from error


def _dimension(name: str, content: dict[str, Any]) -> Dimension:
    for key in sorted(content.keys() - {"dimension", "checkpoint"}):
        raise _error(f"{name}.toml", None, f"unknown table {key!r}")
    try:
        entry = msgspec.convert(content.get("dimension", {}), _DimensionEntry)
    except msgspec.ValidationError as error:
        raise _error(f"{name}.toml", None, f"dimension: {error}") from error
    for why in _blank("title", entry.title) + _blank("purpose", entry.purpose):
        raise _error(f"{name}.toml", None, f"dimension: {why}")
    return Dimension(name, entry.title, entry.purpose)


def _checkpoints(name: str, content: dict[str, Any]) -> Iterator[Checkpoint]:
    file = f"{name}.toml"
    entries = content.get("checkpoint", [])
    if not isinstance(entries, list) or not entries:
        raise _error(file, None, "has no [[checkpoint]]")
    for number, entry in enumerate(entries, 1):
        code = str(entry.get("code", f"checkpoint {number}"))
        try:
            read = msgspec.convert(entry, _Entry)
        except msgspec.ValidationError as error:
            raise _error(file, code, str(error)) from error
        fields = {f: getattr(read, f) for f in read.__struct_fields__}
        checkpoint = Checkpoint(**{**fields, "dimension": name})
        for why in _wrong(checkpoint):
            raise _error(file, code, why)
        yield checkpoint


def _wrong(checkpoint: Checkpoint) -> Iterator[str]:
    if not CODE.fullmatch(checkpoint.code) or len(checkpoint.code) > LONGEST_CODE:
        yield f"a code is <dimension>.<name> in lower case, at most {LONGEST_CODE} characters"
    elif checkpoint.code.partition(".")[0] != checkpoint.dimension:
        yield f"the code does not begin with this file's dimension {checkpoint.dimension!r}"
    for field in ("title", "standard", "check", "fix"):
        yield from _blank(field, getattr(checkpoint, field))
    for text in _texts_of(checkpoint):
        yield from _blank("answer", text)
    yield from flaws(checkpoint.answer)
    if (checkpoint.sees is None) != (checkpoint.limit is None):
        yield "sees and limit come together"
    yield from _wrong_words(checkpoint.words)


def _blank(field: str, text: Text) -> list[str]:
    return [
        f"{field}.{language} is empty" for language, value in (("zh", text.zh), ("en", text.en)) if not value.strip()
    ]


def _texts_of(checkpoint: Checkpoint) -> tuple[Text, ...]:
    match checkpoint.answer:
        case Number(unit=unit):
            return (unit,)
        case Scale(anchors=anchors):
            return anchors
        case Choice(choices=choices):
            return tuple(option.label for option in choices)
        case _:
            return ()


def _wrong_words(words: Words) -> Iterator[str]:
    for language, phrases in (("zh", words.zh), ("en", words.en)):
        if not phrases:
            yield f"words.{language} is empty"
        for phrase in phrases:
            if len(phrase.strip()) < 2 or phrase != phrase.strip():
                yield f"words.{language}: {phrase!r} is too short or padded"


def _claim(phrases: dict[str, str], checkpoint: Checkpoint) -> None:
    """Let each phrase belong to one checkpoint only, or a note could not be told apart."""
    for phrase in (*checkpoint.words.zh, *checkpoint.words.en):
        owner = phrases.setdefault(phrase.casefold(), checkpoint.code)
        if owner != checkpoint.code:
            raise _error(f"{checkpoint.dimension}.toml", checkpoint.code, f"the phrase {phrase!r} belongs to {owner}")
