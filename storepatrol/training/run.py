"""One training from data to a decision: lay out, train, measure beside the current model, install if not worse."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.errors import ModelFileError
from core.text import counted
from core.weights import own
from storepatrol.training.data import Laid, lay_out, photos_of
from storepatrol.training.trainer import Job, Trainer, TrainingError
from vision.detector import Detector
from vision.shelf import GAP_FILE, SHIPPED_WEIGHTS
from vision.train.compare_models import Comparison, compare, objections
from vision.train.evaluate import collect
from vision.train.frozen import FrozenSet, draw, freeze, load, pair_of

START = "start.pt"
"""In a version's folder: the weights from which the next training goes on."""


class Wish(msgspec.Struct, frozen=True):
    """What a person asked for. `test` is a YOLO folder to freeze at first use; else a share of the photos is."""

    data: tuple[Path, ...]
    start: Path | None = None
    test: Path | None = None
    test_share: float = 0.2
    epochs: int | None = None
    rendered: int | None = None
    threads: int = 2


class Place(msgspec.Struct, frozen=True):
    """Where things lie: the company's own models, the frozen set, and the folder of runs."""

    models: Path
    frozen: Path
    runs: Path


class Outcome(msgspec.Struct, frozen=True):
    """How a training ended: the card of the new version, and what spoke against installing it."""

    card: own.Card
    comparison: Comparison
    objections: tuple[str, ...]

    @property
    def installed(self) -> bool:
        """Tell whether the new version is in use now."""
        return not self.objections


def train(wish: Wish, place: Place, trainer: Trainer, now: dt.datetime, tell: Callable[[str], None]) -> Outcome:
    """Train, measure, decide; the candidate is kept as a version in either case.

    Raises:
        TrainingError: nothing to train on, nothing to start from, or the training failed.
        FrozenError: the frozen test set was changed, or would be too small.
        WeightsError: the current model is damaged.

    """
    start = wish.start or _last_start(place.models)
    pairs = [pair for folder in wish.data for pair in photos_of(folder)]
    frozen = test_set(wish, place, now, tell)
    name = f"own-{now:%Y%m%d-%H%M%S}"
    out = place.runs / name
    laid = lay_out(pairs, frozen, out / "data")
    tell(
        f"{counted(laid.train, 'photo')} to train on, {laid.val} to choose on; "
        f"{len(laid.excluded)} left out as like a test photo"
    )
    trained = trainer.train(Job(laid.folder, start, out, name, wish.epochs, wish.rendered, wish.threads))
    current = current_gap_file(place.models)
    comparison = measure(current, trained.onnx, place.frozen, frozen)
    against = tuple(objections(comparison))
    record = _record(wish, laid, frozen, own.read_state(place.models).current, comparison, against, start)
    card = own.add(place.models, name, {GAP_FILE: trained.onnx, START: trained.weights}, record, now)
    if not against:
        own.install(place.models, name, now, "not worse on the frozen test set")
    return Outcome(card, comparison, against)


def test_set(wish: Wish, place: Place, now: dt.datetime, tell: Callable[[str], None]) -> FrozenSet:
    """Return the frozen set; at first use freeze the folder named, or a share of the photos."""
    frozen = load(place.frozen)
    if frozen is not None:
        if wish.test is not None:
            tell(f"the test set was frozen on {frozen.made_at:%Y-%m-%d}; --test is left aside")
        return frozen
    source = [wish.test] if wish.test else wish.data
    pairs = [pair for folder in source for pair in photos_of(folder)]
    chosen = pairs if wish.test else draw(pairs, wish.test_share)
    place.frozen.parent.mkdir(parents=True, exist_ok=True)
    named = ", ".join(folder.name for folder in source)
    frozen = freeze(chosen, place.frozen, named, now)
    tell(f"{len(frozen.photos)} photos are the test set from now on ({place.frozen}, {frozen.sha256[:12]})")
    return frozen


def measure(current: Path, candidate: Path, folder: Path, frozen: FrozenSet) -> Comparison:
    """Run both detectors over the frozen set and compare them.

    Raises:
        TrainingError: the candidate is no detector.

    """
    pairs = [pair_of(folder, photo) for photo in frozen.photos]
    old = Detector.load(current)
    try:
        new = Detector.load(candidate)
    except ModelFileError as error:
        raise TrainingError(f"the training's result cannot be used: {error}") from error
    return compare(collect(old, pairs), collect(new, pairs), (old.min_score, new.min_score))


def current_gap_file(models: Path) -> Path:
    """Return the gap detector in use, after reading every byte of an own one."""
    name = own.read_state(models).current
    file = own.whole(models, name) / GAP_FILE if name else None
    return file if file and file.is_file() else SHIPPED_WEIGHTS / GAP_FILE


def _last_start(models: Path) -> Path:
    name = own.read_state(models).current
    file = models / own.VERSIONS / name / START if name else None
    if file and file.is_file():
        return file
    raise TrainingError(
        "nothing to start from: the shipped detector is for running only. Name weights with --start FILE.pt "
        "(an ultralytics detection model, such as yolov8n.pt); later trainings go on from the installed one"
    )


def _record(
    wish: Wish,
    laid: Laid,
    frozen: FrozenSet,
    current: str | None,
    comparison: Comparison,
    against: Sequence[str],
    start: Path,
) -> dict[str, Any]:
    """Return what the model card holds."""
    found: dict[str, Any] = msgspec.to_builtins(
        {
            "task": "gap",
            "data": [str(folder) for folder in wish.data],
            "start": start.name,
            "epochs": wish.epochs,
            "train_photos": laid.train,
            "val_photos": laid.val,
            "excluded": [{"photo": one.image.name, "like": one.like, "bits": one.bits} for one in laid.excluded],
            "test_set": {"sha256": frozen.sha256, "photos": len(frozen.photos), "frozen_at": frozen.made_at},
            "compared_with": current or "shipped",
            "comparison": comparison,
            "objections": list(against),
            "decision": "refused" if against else "installed",
            "licence": "AGPL-3.0 (ultralytics and its weights); and that of the photos it was trained on",
        }
    )
    return found
