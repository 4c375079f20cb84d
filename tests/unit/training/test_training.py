"""Everything around the training, with a trainer that needs no torch: freezing, leaving out, comparing, installing."""

import datetime as dt
import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from core.hashing import sha256_of
from core.weights import own
from storepatrol.training import trainer as trainers
from storepatrol.training.data import lay_out, photos_of
from storepatrol.training.run import START, Place, Wish, current_gap_file, train
from storepatrol.training.trainer import Job, SubprocessTrainer, Trained, TrainingError, find_python
from vision.metrics import Sample
from vision.render import render_shelf
from vision.shelf import GAP_FILE, ROW_FILE, SHIPPED_WEIGHTS
from vision.train.compare_models import compare, objections
from vision.train.frozen import LEAST, FrozenError, draw, exclude, freeze, load
from vision.train.prepare import yolo_line

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class FakeTrainer:
    """Trains nothing: brings the file it was told to, and remembers what it was to learn from."""

    def __init__(self, result: str = GAP_FILE) -> None:
        self.result = SHIPPED_WEIGHTS / result
        self.jobs: list[Job] = []

    def train(self, job: Job) -> Trained:
        self.jobs.append(job)
        weights = job.out / "best.pt"
        weights.write_bytes(b"weights after " + job.start.read_bytes())
        return Trained(self.result, weights)


def write(folder: Path, seeds: range) -> Path:
    """A YOLO folder of rendered shelves."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        shelf = render_shelf(seed, rows=3, gaps=2)
        (folder / "images" / f"shelf{seed}.jpg").write_bytes(shelf.jpeg)
        lines = [yolo_line(box, shelf.width, shelf.height) for box in shelf.gap_boxes]
        (folder / "labels" / f"shelf{seed}.txt").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="session")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shelves"), range(50, 50 + LEAST + 10))


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A YOLO folder of photos that have nothing in common."""
    folder = tmp_path_factory.mktemp("scenes")
    for part in ("images", "labels"):
        (folder / part).mkdir()
    rng = np.random.default_rng(7)
    for number in range(LEAST + 10):
        blocks = Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8))
        blocks.resize((320, 240)).save(folder / "images" / f"scene{number:02d}.jpg", quality=92)
        (folder / "labels" / f"scene{number:02d}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "own-models", tmp_path / "training" / "frozen", tmp_path / "training" / "runs")


@pytest.fixture
def start(tmp_path: Path) -> Path:
    file = tmp_path / "yolov8n.pt"
    file.write_bytes(b"start")
    return file


# --- the frozen set


def test_the_frozen_set_is_the_same_whenever_it_is_read(scenes: Path, tmp_path: Path) -> None:
    pairs = photos_of(scenes)
    frozen = freeze(draw(pairs, 0.2), tmp_path / "frozen", "scenes", NOW)
    assert len(frozen.photos) == LEAST
    assert load(tmp_path / "frozen") == frozen
    assert draw(list(reversed(pairs)), 0.2) == draw(pairs, 0.2)
    with pytest.raises(FrozenError, match="never changed"):
        freeze(pairs, tmp_path / "frozen", "scenes", NOW)


def test_too_few_photos_are_told_in_their_number(scenes: Path, tmp_path: Path) -> None:
    pairs = photos_of(scenes)
    with pytest.raises(FrozenError, match=r"^1 photo is too few"):
        freeze(pairs[:1], tmp_path / "frozen", "scenes", NOW)
    frozen = freeze(pairs[:LEAST], tmp_path / "frozen", "scenes", NOW)
    with pytest.raises(TrainingError, match=r"only 1 photo is left to train on, after 2 photos like"):
        lay_out([*pairs[:2], pairs[LEAST]], frozen, tmp_path / "data")


@pytest.mark.parametrize("part", ["images/00003.jpg", "labels/00003.txt", "frozen.json"])
def test_a_changed_byte_is_noticed(scenes: Path, tmp_path: Path, part: str) -> None:
    folder = tmp_path / "frozen"
    freeze(photos_of(scenes), folder, "scenes", NOW)
    file = folder / part
    file.write_bytes(file.read_bytes().replace(b"0", b"1", 1) if part != "images/00003.jpg" else b"")
    with pytest.raises(FrozenError):
        load(folder)


def test_too_few_photos_are_no_test_set(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(FrozenError, match="too few"):
        freeze(photos_of(scenes)[: LEAST - 1], tmp_path / "frozen", "scenes", NOW)
    assert load(tmp_path / "frozen") is None


def saved_anew(image: Path, target: Path, change: str) -> Path:
    picture = Image.open(image)
    width, height = picture.size
    match change:
        case "jpeg":
            pass
        case "smaller":
            picture = picture.resize((width // 2, height // 2))
        case "cropped":
            picture = picture.crop((width // 100, height // 100, width - width // 100, height - height // 100))
        case "mirrored":
            picture = ImageOps.mirror(picture)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=60)
    target.write_bytes(buffer.getvalue())
    return target


@pytest.mark.parametrize("change", ["jpeg", "smaller", "cropped", "mirrored"])
def test_what_looks_like_a_test_photo_is_left_out(scenes: Path, tmp_path: Path, change: str) -> None:
    pairs = photos_of(scenes)
    frozen = freeze(pairs[:LEAST], tmp_path / "frozen", "scenes", NOW)
    twin = saved_anew(pairs[3][0], tmp_path / "twin.jpg", change)
    kept, excluded = exclude(frozen, [(twin, tmp_path / "twin.txt"), *pairs[LEAST:]])
    assert [(one.image, one.like) for one in excluded] == [(twin, "00003.jpg")]
    assert kept == pairs[LEAST:], "other scenes are no twins"


def test_the_test_photos_themselves_are_left_out_under_any_name(scenes: Path, tmp_path: Path) -> None:
    pairs = photos_of(scenes)
    frozen = freeze(pairs[:LEAST], tmp_path / "frozen", "scenes", NOW)
    laid = lay_out([*pairs, *pairs], frozen, tmp_path / "data")
    assert (laid.train + laid.val, len(laid.excluded)) == (len(pairs) - LEAST, 2 * LEAST)
    linked = {file.resolve() for file in (tmp_path / "data").rglob("*.jpg")}
    assert linked == {image.resolve() for image, _ in pairs[LEAST:]}


# --- data


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no YOLO folder"):
        photos_of(tmp_path)


@pytest.mark.parametrize("line", ["1 0.5 0.5 0.1 0.1", "0 0.5 0.5 0.1", "0 12 0.5 0.1 0.1", "gap", "0 nan 0 0 0"])
def test_a_label_that_is_none_is_named_with_its_line(scenes: Path, tmp_path: Path, line: str) -> None:
    shutil.copytree(scenes, tmp_path / "copy")
    (tmp_path / "copy" / "labels" / "scene01.txt").write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(TrainingError, match=r"scene01\.txt:2"):
        photos_of(tmp_path / "copy")


def test_a_photo_that_is_none_is_named(scenes: Path, tmp_path: Path) -> None:
    shutil.copytree(scenes, tmp_path / "copy")
    (tmp_path / "copy" / "images" / "scene02.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(TrainingError, match=r"scene02\.jpg"):
        photos_of(tmp_path / "copy")


def test_data_that_were_cut_keep_their_test_part_out(scenes: Path, tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        shutil.copytree(scenes, tmp_path / "cut" / split)
    assert {image.parts[-3] for image, _ in photos_of(tmp_path / "cut")} == {"train", "val"}


# --- the comparison

LABELS = [[(0, 0, 10, 10)], [(20, 0, 30, 10), (40, 0, 50, 10)]] * 30
GOOD = [Sample(labels, [0.9] * len(labels), labels) for labels in LABELS]
BLIND = [Sample([], [], labels) for labels in LABELS]
RASH = [Sample([*labels, (70, 0, 80, 10)], [0.9] * len(labels) + [0.8], labels) for labels in LABELS]


def test_a_model_is_not_worse_than_itself() -> None:
    same = compare(GOOD, GOOD, (0.5, 0.5))
    assert (same.slot_ap50.value, same.slot_ap50.low, same.slot_ap50.high) == (0, 0, 0)
    assert objections(same) == []
    assert (same.candidate.slot_ap50, same.candidate.precision, same.candidate.recall) == (1, 1, 1)


def test_a_blind_one_is_refused_and_a_seeing_one_is_not() -> None:
    assert len(objections(compare(GOOD, BLIND, (0.5, 0.5)))) == 3
    better = compare(BLIND, GOOD, (0.5, 0.5))
    assert better.slot_ap50.value == 1
    assert objections(better) == []


def test_one_that_cries_wolf_is_refused_for_its_precision() -> None:
    (words,) = objections(compare(GOOD, RASH, (0.5, 0.5)))
    assert "precision" in words


def test_a_gain_that_few_photos_cannot_show_is_refused() -> None:
    labels = [(0, 0, 10, 10)]
    hit, miss = Sample(labels, [0.9], labels), Sample([], [], labels)
    few = compare([hit, miss, miss, hit], [miss, hit, hit, hit], (0.5, 0.5))
    assert few.slot_ap50.value > 0
    (words,) = objections(few)
    assert "interval" in words


def test_models_measured_on_different_photos_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same photos"):
        compare(GOOD, GOOD[:-1], (0.5, 0.5))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.lists(st.booleans(), min_size=1, max_size=8))
def test_the_two_directions_mirror_each_other(one: list[bool], two: list[bool]) -> None:
    size = min(len(one), len(two))
    label = [(0, 0, 10, 10)]
    a, b = (
        [Sample(label if seen else [], [0.9] if seen else [], label) for seen in seens[:size]] for seens in (one, two)
    )
    there, back = (compare(x, y, (0.5, 0.5), resamples=50) for x, y in ((a, b), (b, a)))
    assert there.slot_ap50.value == -back.slot_ap50.value
    assert there.slot_ap50.low <= there.slot_ap50.high


# --- the whole


def quietly(_words: str) -> None:
    pass


def test_a_model_that_is_not_worse_is_installed_and_there_is_a_way_back(
    shelves: Path, place: Place, start: Path
) -> None:
    trainer = FakeTrainer()
    outcome = train(Wish((shelves,), start), place, trainer, NOW, quietly)
    assert outcome.installed
    assert own.read_state(place.models).current == outcome.card.name == "own-20261102-013000"
    assert current_gap_file(place.models) == place.models / "versions" / outcome.card.name / GAP_FILE
    (job,) = trainer.jobs
    seen = {file.resolve().name for file in job.data.rglob("*.jpg")}
    frozen = load(place.frozen)
    assert frozen is not None
    tested = {photo.image_sha256 for photo in frozen.photos}
    assert seen
    assert not tested & {sha256_of((shelves / "images" / name).read_bytes()) for name in seen}
    assert own.rollback(place.models, NOW).current is None
    assert current_gap_file(place.models) == SHIPPED_WEIGHTS / GAP_FILE


def test_the_card_says_what_was_learned_from_measured_and_decided(shelves: Path, place: Place, start: Path) -> None:
    outcome = train(Wish((shelves,), start, epochs=3), place, FakeTrainer(), NOW, quietly)
    record = json.loads((place.models / "versions" / outcome.card.name / "card.json").read_text())["record"]
    frozen = load(place.frozen)
    assert frozen is not None
    assert record["test_set"]["sha256"] == frozen.sha256
    assert record["train_photos"] + record["val_photos"] + len(record["excluded"]) == LEAST + 10
    assert (len(record["excluded"]) >= LEAST, record["epochs"]) == (True, 3)
    assert (record["compared_with"], record["decision"]) == ("shipped", "installed")
    assert set(record["comparison"]["slot_ap50"]) == {"value", "low", "high"}


def test_a_worse_one_is_kept_but_not_installed(shelves: Path, place: Place, start: Path) -> None:
    outcome = train(Wish((shelves,), start), place, FakeTrainer(ROW_FILE), NOW, quietly)
    assert not outcome.installed
    assert own.read_state(place.models).current is None
    assert own.card_of(place.models, outcome.card.name).record["decision"] == "refused"
    assert own.set_shadow(place.models, own.Shadow(outcome.card.name, 0.1)).shadow is not None


def test_the_next_training_goes_on_from_the_installed_one_on_the_same_test_set(
    shelves: Path, place: Place, start: Path
) -> None:
    first = train(Wish((shelves,), start), place, FakeTrainer(), NOW, quietly)
    trainer = FakeTrainer()
    second = train(Wish((shelves,), test=shelves), place, trainer, NOW + HOUR, quietly)
    assert trainer.jobs[0].start == place.models / "versions" / first.card.name / START
    assert second.card.record["test_set"]["sha256"] == first.card.record["test_set"]["sha256"]
    assert second.card.record["compared_with"] == first.card.name
    assert own.rollback(place.models, NOW).current == first.card.name


def test_without_a_start_it_says_what_to_do(shelves: Path, place: Place) -> None:
    with pytest.raises(TrainingError, match="--start"):
        train(Wish((shelves,)), place, FakeTrainer(), NOW, quietly)
    assert load(place.frozen) is None, "nothing was frozen for a training that could not begin"


def test_a_result_that_is_no_detector_changes_nothing(shelves: Path, place: Place, start: Path, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    trainer.result = tmp_path / "broken.onnx"
    trainer.result.write_bytes(b"no model")
    with pytest.raises(TrainingError, match="cannot be used"):
        train(Wish((shelves,), start), place, trainer, NOW, quietly)
    assert own.cards(place.models) == ()


# --- the Python that trains


def stand_in(folder: Path, script: str) -> Path:
    """A Python that does what the script says."""
    file = folder / "python"
    file.write_text(f"#!{sys.executable}\n{script}")
    file.chmod(0o755)
    return file


def test_without_ultralytics_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = stand_in(tmp_path, "raise SystemExit(1)")
    with pytest.raises(TrainingError, match="make train-env"):
        find_python(none)
    monkeypatch.setattr(trainers, "can_train", lambda _python: False)
    with pytest.raises(TrainingError, match="make train-env"):
        find_python(None)


def test_the_named_python_is_asked_and_used(tmp_path: Path) -> None:
    able = stand_in(tmp_path, "raise SystemExit(0)")
    assert find_python(able) == able


TRAINS = """
import pathlib, sys
asked = dict(zip(sys.argv[3::1], sys.argv[4::1]))
out = pathlib.Path(asked["--out"]) / "gap"
(out / "run" / "weights").mkdir(parents=True)
(out / "gap.onnx").write_text(" ".join(sys.argv[1:4]))
(out / "run" / "weights" / "best.pt").write_text(asked["--version"])
assert asked["--epochs"] == "1" and "--rendered" not in asked
"""


def test_training_is_a_process_of_its_own(tmp_path: Path, start: Path) -> None:
    job = Job(tmp_path / "data", start, tmp_path / "out", "own-1", epochs=1)
    trained = SubprocessTrainer(stand_in(tmp_path, TRAINS)).train(job)
    assert trained.onnx.read_text() == "-m vision.train gap"
    assert trained.weights.read_text() == "own-1"


def test_a_training_that_fails_shows_the_end_of_what_it_said(tmp_path: Path, start: Path) -> None:
    failing = stand_in(tmp_path, "print('out of memory'); raise SystemExit(3)")
    with pytest.raises(TrainingError, match=r"(?s)code 3.*out of memory"):
        SubprocessTrainer(failing).train(Job(tmp_path, start, tmp_path / "out", "own-1"))
