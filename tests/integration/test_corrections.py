"""Corrections as a data set: complete photos only, with where every label comes from."""

import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from core.parts import Parts
from reports.corrections import corrected, data_set, labels_of, zipped
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.test_review import DOUBTFUL, say, see
from tests.integration.workflows.world import Shop
from vision.photo import open_photo
from vision.train.evaluate import labelled_photos, read_labels
from workflows.review.model import ReviewItem
from workflows.review.policy import BoxAnswer, Given, Mark

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADJUSTED, MISSED = (18, 6, 31, 40), (40, 5, 50, 40)
COMPLETE = Given(
    (BoxAnswer("gap", 0), BoxAnswer("adjusted", 1, ADJUSTED), BoxAnswer("missed", None, MISSED)), complete=True
)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def unpacked(shop: Shop, target: Path, person: str = "hq") -> list[dict[str, object]]:
    with shop.parts.database.snapshot(shop.caller(person)) as session:
        packed = b"".join(zipped(data_set(corrected(session), shop.parts.blobs.read)))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        archive.extractall(target)
    return [json.loads(line) for line in (target / "manifest.jsonl").read_text().splitlines()]


def test_a_complete_photo_comes_with_its_labels_and_who_decided(shop: Shop, tmp_path: Path) -> None:
    photo_id = see(shop, 0.4, 0.5)
    say(shop, COMPLETE, person="north_manager")
    (entry,) = unpacked(shop, tmp_path)
    ((image, label),) = labelled_photos(tmp_path)
    picture = open_photo(image.read_bytes())
    assert sorted(read_labels(label, picture.width, picture.height)) == sorted([DOUBTFUL[0], ADJUSTED, MISSED])
    assert (entry["photo_id"], entry["decided_by"], entry["model"]) == (str(photo_id), "north_manager", "doubting 1")
    assert [(one["by"], one["verdict"], one["score"]) for one in entry["labels"]] == [  # type: ignore[attr-defined]
        ("person", "gap", 0.4), ("person", "adjusted", 0.5), ("person", "missed", None),
    ]  # fmt: skip
    assert "names: [gap]" in (tmp_path / "data.yaml").read_text()


def test_an_answer_that_leaves_the_rest_of_the_photo_open_teaches_nothing(shop: Shop, tmp_path: Path) -> None:
    see(shop, 0.4, 0.5)
    say(shop, Given(COMPLETE.boxes, complete=False))
    assert unpacked(shop, tmp_path) == []


def test_a_photo_without_a_shelf_is_a_lesson_too(shop: Shop, tmp_path: Path) -> None:
    see(shop, 0.4, 0.5)
    say(shop, Given(no_shelf=True))
    (entry,) = unpacked(shop, tmp_path)
    ((_, label),) = labelled_photos(tmp_path)
    assert (label.read_text(), entry["no_shelf"], entry["labels"]) == ("", True, [])


def test_a_sure_box_that_was_left_alone_is_a_label_and_an_unsure_one_is_not(shop: Shop) -> None:
    marks = tuple(Mark((n, 0, n + 9, 9), score, None, asked=n == 20) for n, score in ((0, 0.9), (10, 0.2), (20, 0.5)))
    item = ReviewItem(marks=marks, open_from=0.6)
    labels = labels_of(item, Given((BoxAnswer("not_gap", 2),), complete=True))
    assert [(label.box, label.by, label.verdict, label.score) for label in labels] == [
        ((0, 0, 9, 9), "model", "left", 0.9)
    ]


def test_only_the_answer_that_holds_counts(shop: Shop, tmp_path: Path) -> None:
    see(shop, 0.4, 0.5)
    say(shop, COMPLETE)
    say(shop, Given((BoxAnswer("not_gap", 0), BoxAnswer("not_gap", 1)), complete=True), person="hq")
    (entry,) = unpacked(shop, tmp_path)
    assert (entry["labels"], entry["decided_by"]) == ([], "hq")


def test_the_same_corrections_make_the_same_file(shop: Shop) -> None:
    see(shop, 0.4, 0.5)
    say(shop, COMPLETE)
    with shop.parts.database.snapshot(shop.caller("hq")) as session:
        first, second = (b"".join(zipped(data_set(corrected(session), shop.parts.blobs.read))) for _ in range(2))
    assert first == second


def test_the_zip_never_lies_in_memory_as_a_whole(database_url: str) -> None:
    megabyte = 1 << 20
    tracemalloc.start()
    total = sum(len(piece) for piece in zipped((f"images/{n}.jpg", bytes(megabyte)) for n in range(40)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 40 * megabyte
    assert peak < 8 * megabyte


@pytest.mark.parametrize(
    ("person", "status"), [("hq", 200), ("admin", 200), ("north_manager", 403), ("supervisor", 403), ("manager_a", 403)]
)
def test_who_may_take_the_corrections(shop: Shop, sign_in: SignIn, company: Company, person: str, status: int) -> None:
    see(shop, 0.4, 0.5)
    say(shop, COMPLETE)
    answer = sign_in(company, person).get("/api/v1/review/export")
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert len(archive.namelist()) == 4


def test_another_company_takes_nothing(shop: Shop, sign_in: SignIn, other_company: Company) -> None:
    see(shop, 0.4, 0.5)
    say(shop, COMPLETE)
    answer = sign_in(other_company, "hq").get("/api/v1/review/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["data.yaml", "manifest.jsonl"]
