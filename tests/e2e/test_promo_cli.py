"""The command-line contract of `storepatrol photo promo`, on rendered shelves with rendered artwork."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storepatrol.cli import photo
from storepatrol.demo.history import PHOTOGRAPHED
from storepatrol.demo.pictures import Pictures
from storepatrol.demo.promotion import promotion_files
from tests.conftest import ROOT
from vision.photo import encode_jpeg, open_photo
from vision.promo.render import Hanging, hang, render_artwork
from vision.render import render_shelf

CORNERS = np.array([[420, 300], [800, 320], [790, 830], [410, 800]], dtype=np.float32)


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with this month's artwork and last month's, a shelf with the first, and a shelf with none."""
    folder = tmp_path_factory.mktemp("wall")
    for month in (0, 1):
        Image.fromarray(render_artwork(71, month)).save(folder / f"month{month}.png")
    Image.fromarray(render_artwork(72)).save(folder / "other.png")
    shelf = open_photo(render_shelf(9).jpeg)
    (folder / "bare.jpg").write_bytes(encode_jpeg(Image.fromarray(shelf.pixels)))
    shown = hang(shelf.pixels, render_artwork(71, 0), Hanging(CORNERS, light=0.85, bend=0.004))
    (folder / "shown.jpg").write_bytes(encode_jpeg(Image.fromarray(shown)))
    Image.new("RGB", (900, 1200), (200, 30, 30)).save(folder / "plain.png")
    (folder / "report.png").write_bytes(b"%PDF-1.7 not a picture")
    return folder


def storepatrol(*words: object) -> int:
    parser = argparse.ArgumentParser(prog="storepatrol")
    photo.add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    code: int = args.run(args)
    return code


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_hangs_there_is_found_and_last_months_is_not(wall: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [wall / "month0.png", wall / "month1.png", wall / "other.png"]
    assert storepatrol("photo", "promo", wall / "shown.jpg", "--artwork", *pieces, "--json") == 0
    (answer,) = answers(capsys)
    assert list(answer)[:2] == ["file", "artworks"]
    assert [one["artwork"] for one in answer["artworks"]] == [str(piece) for piece in pieces]
    this_month, last_month, other = answer["artworks"]
    assert list(this_month)[:5] == ["artwork", "found", "corners", "visible", "score"]
    assert this_month["found"]
    assert np.abs(np.array(this_month["corners"]) - CORNERS).max() < 12
    assert this_month["visible"] > 0.9
    assert this_month["score"] > 0.9
    for absent in (last_month, other):
        assert (absent["found"], absent["corners"], absent["score"]) == (False, None, 0.0)


def test_a_bare_shelf_shows_none(wall: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert storepatrol("photo", "promo", wall / "bare.jpg", "--artwork", wall / "month0.png", "--json") == 0
    (answer,) = answers(capsys)
    assert [one["found"] for one in answer["artworks"]] == [False]
    assert answer["telling"]


def test_what_cannot_be_used_says_why_and_the_rest_go_on(wall: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [wall / "plain.png", wall / "report.png", wall / "month0.png"]
    files = [wall / "report.png", wall / "shown.jpg"]
    assert storepatrol("photo", "promo", *files, "--artwork", *pieces, "--json") == 1
    bad, good = answers(capsys)
    assert bad["error"]["code"] == "photo.not_a_photo"
    plain, report, poster = good["artworks"]
    assert plain["error"]["code"] == "artwork.too_plain"
    assert report["error"]["code"] == "photo.not_a_photo"
    assert (plain["found"], poster["found"]) == (False, True)


def test_artwork_that_is_not_there_is_an_error_and_no_bare_heading(
    wall: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    missing = wall / "november.png"
    assert storepatrol("photo", "promo", wall / "shown.jpg", "--artwork", missing) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"{missing}: There is no such file, or it cannot be read.\n"
    assert storepatrol("photo", "promo", wall / "shown.jpg", "--artwork", missing, "--json") == 1
    (answer,) = answers(capsys)
    assert [one["error"]["code"] for one in answer["artworks"]] == ["photo.no_such_file"]


def test_without_artwork_it_is_wrong_usage(wall: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        storepatrol("photo", "promo", wall / "shown.jpg")
    assert stopped.value.code == 2
    assert "--artwork" in capsys.readouterr().err


def test_the_example_in_the_docs_prints_what_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = Pictures(None)
    (tmp_path / "shelf.jpg").write_bytes(pictures.before(len(PHOTOGRAPHED)))
    for file, content in promotion_files(pictures).items():
        (tmp_path / file).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    _, command, _, printed, *_ = (ROOT / "docs" / "promotion.md").read_text("utf-8").split("```")
    assert storepatrol(*command.split()[1:]) == 0
    assert capsys.readouterr().out.strip() == printed.strip()


def test_a_person_can_read_it(wall: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    storepatrol("photo", "promo", wall / "shown.jpg", "--artwork", wall / "month0.png", wall / "plain.png")
    told = capsys.readouterr()
    assert "month0.png: 有" in told.out
    assert "纯色" in told.err
