"""Models that a company trained itself: which versions there are, which one works, and which one only looks on.

`<folder>/versions/<name>/` holds the files of one version with `card.json`, their checksums and what was measured; it
never changes. `<folder>/state.json` says which one is in use; it is replaced whole, so that a reader sees the old or
the new one and nothing in between. What a version does not hold (it may be the gap detector alone) is the shipped one.
"""

import contextlib
import datetime as dt
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from core.text import Text
from core.weights.manifest import WeightsError
from core.weights.store import sha256_of

CARD, STATE, VERSIONS = "card.json", "state.json", "versions"


class Card(msgspec.Struct, frozen=True):
    """What is known of a version: SHA-256 by file name, and the record of its training and measurement."""

    name: str
    made_at: dt.datetime
    files: dict[str, str]
    record: dict[str, Any] = {}


class Change(msgspec.Struct, frozen=True):
    """One change of what is in use; None is the shipped model."""

    at: dt.datetime
    before: str | None
    after: str | None
    why: str


class Shadow(msgspec.Struct, frozen=True):
    """A version that looks at a share of the live photos and changes nothing."""

    name: str
    share: float


class State(msgspec.Struct, frozen=True):
    """What is in use (None: the shipped model), what runs in its shadow, and how it came to this."""

    current: str | None = None
    shadow: Shadow | None = None
    history: tuple[Change, ...] = ()


def read_state(folder: Path) -> State:
    """Return the state; a folder without one uses the shipped model.

    Raises:
        WeightsError: `weights.bad_state`.

    """
    try:
        return msgspec.json.decode((folder / STATE).read_bytes(), type=State)
    except FileNotFoundError:
        return State()
    except (OSError, msgspec.DecodeError) as error:
        raise WeightsError(
            "weights.bad_state",
            Text(f"{folder / STATE} 无法读取: {error}", f"{folder / STATE} cannot be read: {error}"),
        ) from error


def cards(folder: Path) -> tuple[Card, ...]:
    """Return every version, the latest last."""
    found = sorted((folder / VERSIONS).glob(f"*/{CARD}")) if folder.is_dir() else []
    return tuple(sorted((_read_card(file) for file in found), key=lambda card: (card.made_at, card.name)))


def card_of(folder: Path, name: str) -> Card:
    """Return one version's card.

    Raises:
        WeightsError: `weights.unknown`.

    """
    file = folder / VERSIONS / name / CARD
    if Path(name).name != name or not file.is_file():
        known = ", ".join(card.name for card in cards(folder)) or "-"
        raise WeightsError(
            "weights.unknown",
            Text(
                f"没有名为 {name} 的自有模型; 可用的有: {known}", f"No own model is called {name}; there are: {known}"
            ),
        )
    return _read_card(file)


def add(folder: Path, name: str, files: Mapping[str, Path], record: Mapping[str, Any], now: dt.datetime) -> Card:
    """Keep the files as a version; it is there whole or not at all, and is not in use yet.

    Raises:
        WeightsError: `weights.exists`.

    """
    target = folder / VERSIONS / name
    if target.exists():
        raise WeightsError("weights.exists", Text(f"版本 {name} 已存在", f"There is a version {name} already"))
    draft = target.with_name(f".{name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        for file, source in files.items():
            shutil.copyfile(source, draft / file)
        card = Card(name, now, {file: sha256_of(draft / file) for file in files}, dict(record))
        (draft / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card)))
        for path in draft.iterdir():
            _sync(path)
        draft.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return card


def whole(folder: Path, name: str) -> Path:
    """Return the folder of a version after reading every byte of it.

    Raises:
        WeightsError: `weights.unknown`, or `weights.damaged` with the file and both checksums.

    """
    place = folder / VERSIONS / name
    for file, wanted in card_of(folder, name).files.items():
        found = sha256_of(place / file) if (place / file).is_file() else "missing"
        if found != wanted:
            raise WeightsError(
                "weights.damaged",
                Text(
                    f"自有模型 {name} 的文件 {file} 已损坏: SHA-256 应为 {wanted}, 实为 {found}",
                    f"{file} of the own model {name} is damaged: its SHA-256 should be {wanted} and is {found}",
                ),
            )
    return place


def install(folder: Path, name: str, now: dt.datetime, why: str) -> State:
    """Put a version to use; a shadow of the same version ends.

    Raises:
        WeightsError: as `whole`.

    """
    whole(folder, name)
    return _change(folder, lambda state: _to(state, name, now, why))


def rollback(folder: Path, now: dt.datetime) -> State:
    """Go back to what was in use before the latest change that is not itself a way back.

    Raises:
        WeightsError: `weights.nothing_before`, or the earlier version is damaged.

    """

    def back(state: State) -> State:
        before = _before(state)
        if before is not None:
            whole(folder, before)
        return _to(state, before, now, f"{ROLLBACK} from {state.current}")

    return _change(folder, back)


ROLLBACK = "rollback"


def _before(state: State) -> str | None:
    """Undo the history's installs one after the other: a rollback takes the latest one off the pile."""
    pile: list[str | None] = []
    for change in state.history:
        if change.why.startswith(ROLLBACK):
            pile.pop()
        else:
            pile.append(change.before)
    if not pile:
        raise WeightsError(
            "weights.nothing_before", Text("没有可以退回的版本", "There is no earlier model to go back to")
        )
    return pile[-1]


def set_shadow(folder: Path, shadow: Shadow | None) -> State:
    """Let a version look on, or none.

    Raises:
        WeightsError: as `whole`.

    """
    if shadow is not None:
        whole(folder, shadow.name)
    return _change(folder, lambda state: msgspec.structs.replace(state, shadow=shadow))


def _to(state: State, name: str | None, now: dt.datetime, why: str) -> State:
    shadow = None if state.shadow and state.shadow.name == name else state.shadow
    return State(name, shadow, (*state.history, Change(now, state.current, name, why)))


def _change(folder: Path, change: Callable[[State], State]) -> State:
    with _alone(folder):
        state = change(read_state(folder))
        draft = folder / f".{STATE}.{os.getpid()}"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
        _sync(draft)
        draft.replace(folder / STATE)
        _sync(folder)
    return state


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_card(file: Path) -> Card:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise WeightsError(
            "weights.damaged", Text(f"{file} 无法读取: {error}", f"{file} cannot be read: {error}")
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
