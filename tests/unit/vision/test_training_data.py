"""The training folder: real photos by link, splits that do not leak, rendered shelves with their truth."""

from pathlib import Path

import pytest

from tests.unit.vision.bad_photos import encoded, picture
from vision.train.evaluate import read_labels
from vision.train.prepare import prepare, yolo_line


@pytest.fixture
def unsplit(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    for folder in ("images", "labels"):
        (source / folder).mkdir(parents=True)
    for number in range(206):
        (source / "images" / f"{number:03}.jpg").write_bytes(b"")
        (source / "labels" / f"{number:03}.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    return source


def stems(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.iterdir())


def test_a_folder_without_splits_is_cut_in_file_order(unsplit: Path, tmp_path: Path) -> None:
    prepare("row", unsplit, tmp_path / "out", rendered=0)
    parts = [stems(tmp_path / "out" / split / "images") for split in ("train", "val", "test")]
    assert [len(part) for part in parts] == [156, 25, 25]
    assert [stem for part in parts for stem in part] == stems(unsplit / "images")
    assert stems(tmp_path / "out" / "val" / "labels") == parts[1]


def test_rendered_shelves_join_training_alone(unsplit: Path, tmp_path: Path) -> None:
    yaml = prepare("gap", unsplit, tmp_path / "out", rendered=2)
    assert "names: [gap]" in yaml.read_text()
    rendered = list((tmp_path / "out").rglob("rendered_*.jpg"))
    assert {file.parent.parent.name for file in rendered} == {"train"}
    assert len(rendered) == 2
    assert all((file.parent.parent / "labels" / f"{file.stem}.txt").exists() for file in rendered)


def test_a_box_survives_the_label_file(tmp_path: Path) -> None:
    file = tmp_path / "photo.txt"
    file.write_text(yolo_line((40, 30, 120, 90), 400, 300))
    assert read_labels(file, 400, 300) == [(40, 30, 120, 90)]


def test_a_photo_without_a_label_file_has_no_objects(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(encoded(picture()))
    assert read_labels(tmp_path / "photo.txt", 400, 300) == []
