"""The shipped detectors on shelves nobody trained them with, and model files that cannot be used."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ModelFileError
from tests.unit.vision.bad_photos import encoded
from vision.detector import Detector, letterbox
from vision.geometry import same_slot
from vision.overlay import draw
from vision.photo import Photo, open_photo
from vision.render import RenderedShelf, render_shelf
from vision.shelf import GAP_FILE, SHIPPED_WEIGHTS, ShelfReader


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_rendered_gap_is_found(reader: ShelfReader, seed: int) -> None:
    shelf = render_shelf(seed)
    found = reader.read(open_photo(shelf.jpeg)).gaps
    for truth in shelf.gap_boxes:
        touching = [gap for gap in found if _same_place(gap.box, truth)]
        assert touching, f"gap {truth} of shelf {seed} was not found"


def test_a_full_shelf_has_no_gap(reader: ShelfReader, after: Photo) -> None:
    reading = reader.read(after)
    assert reading.gaps == ()
    assert reading.oos_rate == 0


def test_the_rate_is_near_the_truth(reader: ShelfReader, restocked: tuple[RenderedShelf, RenderedShelf]) -> None:
    shelf = restocked[0]
    truth = sum(box[2] - box[0] for box in shelf.gap_boxes) / sum(box[2] - box[0] for box in shelf.row_boxes)
    rate = reader.read(open_photo(shelf.jpeg)).oos_rate
    assert rate == pytest.approx(truth, abs=0.04)


def test_rows_are_found(reader: ShelfReader, restocked: tuple[RenderedShelf, RenderedShelf], before: Photo) -> None:
    rows = reader.read(before).rows
    for truth in restocked[0].row_boxes:
        assert any(same_slot(row.box, truth) for row in rows)


def test_a_black_frame_holds_nothing(reader: ShelfReader) -> None:
    reading = reader.read(open_photo(encoded(Image.new("RGB", (800, 600)))))
    assert (reading.gaps, reading.rows, reading.oos_rate) == ((), (), None)
    assert not reading.quality.ok


def test_boxes_are_in_pixels_of_the_full_photo(reader: ShelfReader, before: Photo) -> None:
    large = open_photo(encoded(Image.fromarray(before.pixels).resize((4800, 3600)), quality=80))
    assert large.scale < 1
    reading = reader.read(large)
    truth = [tuple(3 * v for v in gap.box) for gap in reader.read(before).gaps if gap.score > 0.5]
    assert truth
    for box in truth:
        assert any(_same_place(gap.box, box) for gap in reading.gaps)


def test_a_lower_score_finds_no_less(reader: ShelfReader, before: Photo) -> None:
    assert len(reader.read(before, 0.05).gaps) >= len(reader.read(before).gaps)
    assert reader.read(before, 1.0).gaps == ()


def test_the_model_is_named_with_its_version(reader: ShelfReader, before: Photo) -> None:
    assert reader.read(before).model == reader.model
    assert "gap-yolov8n" in reader.model
    assert "row-yolov8n" in reader.model


def test_the_overlay_is_a_jpeg_of_at_most_1600_pixels(reader: ShelfReader, before: Photo) -> None:
    picture = open_photo(draw(before, reader.read(before)))
    assert picture.media_type == "image/jpeg"
    assert max(picture.width, picture.height) <= 1600


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (3000, 200), (7, 5)])
def test_the_network_sees_the_photos_shape_in_steps_of_32(size: tuple[int, int]) -> None:
    width, height = size
    blob, scale = letterbox(np.zeros((height, width, 3), dtype=np.uint8), 320)
    assert blob.shape[2] % 32 == blob.shape[3] % 32 == 0
    assert 0 <= blob.shape[3] - width * scale <= 33
    assert 0 <= blob.shape[2] - height * scale <= 33


def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"gap\.onnx is missing"):
        ShelfReader.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a model", "half"])
def test_a_damaged_model_file_is_named(tmp_path: Path, content: bytes | str) -> None:
    whole = (SHIPPED_WEIGHTS / GAP_FILE).read_bytes()
    file = tmp_path / "gap.onnx"
    file.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    with pytest.raises(ModelFileError, match=r"gap\.onnx cannot be used"):
        Detector.load(file)


@pytest.mark.needs_data
def test_real_gaps_are_found(reader: ShelfReader, shared_data: Path) -> None:
    """A floor well under the model card's figures: it falls when boxes, scales or the file are wrong."""
    from vision.metrics import slot_ap50
    from vision.train.evaluate import collect, in_stretches, labelled_photos
    from vision.train.labels import read_corrections

    pairs = list(labelled_photos(shared_data / "shelf_gaps" / "val"))[::4]
    samples = collect(Detector.load(SHIPPED_WEIGHTS / GAP_FILE), pairs, corrections=read_corrections())
    assert slot_ap50(in_stretches(samples, 0.2)) > 0.7


def _same_place(found: tuple[int, ...], truth: tuple[int, ...]) -> bool:
    shared = min(found[2], truth[2]) - max(found[0], truth[0])
    middle = (truth[1] + truth[3]) / 2
    return shared > 0.3 * (truth[2] - truth[0]) and found[1] < middle < found[3]
