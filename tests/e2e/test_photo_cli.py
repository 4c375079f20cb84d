"""The command-line contract of `storepatrol photo`, on rendered shelves and on real photos."""

import argparse
import json
from pathlib import Path

import pytest

from storepatrol.cli import photo
from vision.render import render_pair, render_shelf

READING = {"file", "width", "height", "quality", "gaps", "rows", "oos_rate", "model", "ms"}


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one shelf before, after it was filled, left as it was, and another shelf."""
    folder = tmp_path_factory.mktemp("shelves")
    before, filled = render_pair(3)
    (folder / "before.jpg").write_bytes(before.jpeg)
    (folder / "filled.jpg").write_bytes(filled.jpeg)
    (folder / "empty.jpg").write_bytes(render_pair(3, filled=False)[1].jpeg)
    (folder / "other.jpg").write_bytes(render_shelf(8).jpeg)
    (folder / "report.jpg").write_bytes(b"%PDF-1.7 not a photo")
    return folder


def storepatrol(*words: object) -> int:
    parser = argparse.ArgumentParser(prog="storepatrol")
    photo.add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    code: int = args.run(args)
    return code


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_photo_is_analysed_as_the_contract_says(shelves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert storepatrol("photo", "analyze", shelves / "before.jpg", "--json") == 0
    (reading,) = answers(capsys)
    assert reading.keys() >= READING
    assert (reading["width"], reading["height"]) == (1600, 1200)
    assert reading["quality"] == {"ok": True, "reasons": []}
    assert reading["gaps"]
    for gap in reading["gaps"]:
        assert gap.keys() >= {"box", "score", "row"}
        x0, y0, x1, y1 = gap["box"]
        assert 0 <= x0 < x1 <= 1600
        assert 0 <= y0 < y1 <= 1200
    for row in reading["rows"]:
        assert row.keys() >= {"box", "score"}
    assert 0 < reading["oos_rate"] < 0.2
    assert isinstance(reading["model"], str)


def test_rows_are_counted_from_0_for_programs_and_from_1_for_people(
    shelves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storepatrol("photo", "analyze", shelves / "before.jpg", "--json")
    (reading,) = answers(capsys)
    tops = [row["box"][1] for row in reading["rows"]]
    assert tops == sorted(tops)
    gap = next(gap for gap in reading["gaps"] if gap["row"] is not None)
    _, top, _, bottom = reading["rows"][gap["row"]]["box"]
    assert top <= (gap["box"][1] + gap["box"][3]) / 2 <= bottom
    storepatrol("photo", "analyze", shelves / "before.jpg")
    assert f"{gap['row'] + 1}  {','.join(map(str, gap['box']))}" in capsys.readouterr().out


def test_an_unreadable_file_has_an_error_and_the_rest_go_on(shelves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [shelves / "report.jpg", shelves / "missing.jpg", shelves / "filled.jpg"]
    assert storepatrol("photo", "analyze", *files, "--json") == 1
    refused, missing, good = answers(capsys)
    assert refused["error"]["code"] == "photo.not_a_photo"
    assert missing["error"]["code"] == "photo.no_such_file"
    assert refused["error"].keys() == {"code", "detail"}
    assert refused["file"] == str(files[0])
    assert good["gaps"] == []


def test_a_score_of_ones_own_replaces_the_working_point(shelves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    storepatrol("photo", "analyze", shelves / "before.jpg", "--json", "--min-score", "0.01")
    (many,) = answers(capsys)
    best = max(gap["score"] for gap in many["gaps"])
    storepatrol("photo", "analyze", shelves / "before.jpg", "--json", "--min-score", str(best - 0.001))
    storepatrol("photo", "analyze", shelves / "before.jpg", "--json", "--min-score", "1")
    few, none = answers(capsys)
    assert len(many["gaps"]) >= 3
    kept = [gap["score"] for gap in few["gaps"]]
    assert best in kept
    assert min(kept) >= best - 0.001
    assert len(kept) < len(many["gaps"])
    assert none["gaps"] == []


@pytest.mark.parametrize(
    ("after", "verdict"), [("filled.jpg", "fixed"), ("empty.jpg", "not_fixed"), ("other.jpg", "different_place")]
)
def test_an_after_photo_is_verified(
    shelves: Path, capsys: pytest.CaptureFixture[str], after: str, verdict: str
) -> None:
    assert storepatrol("photo", "verify", shelves / "before.jpg", shelves / after, "--json") == 0
    (answer,) = answers(capsys)
    assert answer["verdict"] == verdict
    assert answer["reasons"]
    assert 0 <= answer["score"] <= 1


def test_a_box_names_the_gap_in_question(shelves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = ",".join(map(str, render_pair(3)[0].gap_boxes[0]))
    picture = tmp_path / "pair.jpg"
    pair = shelves / "before.jpg", shelves / "filled.jpg"
    assert storepatrol("photo", "verify", *pair, "--box", box, "--overlay", picture, "--json") == 0
    (answer,) = answers(capsys)
    assert (answer["verdict"], answer["overlay"]) == ("fixed", str(picture))
    assert picture.read_bytes().startswith(b"\xff\xd8")


def test_verifying_an_unreadable_photo_says_which(shelves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert storepatrol("photo", "verify", shelves / "before.jpg", shelves / "report.jpg", "--json") == 1
    (answer,) = answers(capsys)
    assert answer["file"].endswith("report.jpg")
    assert answer["error"]["code"] == "photo.not_a_photo"


def test_evidence_names_files_that_are_alike_and_goes_on_after_one_it_cannot_read(
    shelves: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [shelves / name for name in ("before.jpg", "report.jpg", "other.jpg", "before.jpg")]
    assert storepatrol("photo", "evidence", *files, "--json") == 1
    first, refused, other, again = answers(capsys)
    assert first.keys() == {"file", "sha256", "prints", "screen", "exif", "like"}
    assert refused["error"]["code"] == "photo.not_a_photo"
    assert first["like"] == other["like"] == []
    assert again["like"] == [{"file": str(files[0]), "position": "as_is", "distance": 0}]


@pytest.mark.parametrize(
    "words",
    [
        ("analyze",),
        ("analyze", "x.jpg", "--min-score", "2"),
        ("verify", "one.jpg"),
        ("verify", "a.jpg", "b.jpg", "--box", "1,2,3"),
        ("verify", "a.jpg", "b.jpg", "--box", "9,9,1,1"),
    ],
)
def test_wrong_usage_exits_with_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        storepatrol("photo", *words)
    assert stopped.value.code == 2
    assert capsys.readouterr().err


def test_a_box_outside_the_photo_is_wrong_usage(shelves: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = shelves / "before.jpg", shelves / "filled.jpg"
    assert storepatrol("photo", "verify", *pair, "--box", "1500,10,1700,90") == 2
    assert "outside" in capsys.readouterr().err


def test_without_json_a_person_can_read_it(
    shelves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    pair = shelves / "before.jpg", shelves / "empty.jpg"
    assert storepatrol("photo", "analyze", pair[0], shelves / "report.jpg", "--overlay", tmp_path / "seen") == 1
    told = capsys.readouterr()
    assert "缺货率" in told.out
    assert "不是照片" in told.err
    assert (tmp_path / "seen" / "before.overlay.jpg").is_file()
    assert storepatrol("photo", "verify", *pair) == 0
    assert "空位还在" in capsys.readouterr().out


@pytest.mark.needs_data
def test_real_photos_are_analysed(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = sorted((shared_data / "shelf_gaps" / "test" / "images").iterdir())[:12]
    assert storepatrol("photo", "analyze", *photos, "--json") == 0
    readings = answers(capsys)
    assert [reading["file"] for reading in readings] == [str(photo) for photo in photos]
    assert sum(bool(reading["gaps"]) for reading in readings) >= 8
    assert sum(reading["oos_rate"] is not None for reading in readings) >= 8


def test_a_picture_that_cannot_be_written_is_told_in_a_sentence_and_the_rest_go_on(
    shelves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "before.overlay.jpg"
    taken.mkdir()  # a folder of that name: not even root can write a file there
    files = (shelves / "before.jpg", shelves / "other.jpg")
    assert storepatrol("photo", "analyze", *files, "--overlay", tmp_path, "--json") == photo.WRONG_USAGE
    told = capsys.readouterr()
    assert told.err == f"storepatrol photo analyze: --overlay {taken}: Is a directory\n"
    assert [json.loads(line)["file"] for line in told.out.splitlines()] == [str(file) for file in files]
    assert (tmp_path / "other.overlay.jpg").is_file()


def test_a_folder_for_pictures_that_is_a_file_is_wrong_usage(
    shelves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "report.jpg"
    taken.touch()
    assert storepatrol("photo", "analyze", shelves / "before.jpg", "--overlay", taken) == photo.WRONG_USAGE
    assert capsys.readouterr().err == f"storepatrol photo analyze: --overlay {taken}: File exists\n"
