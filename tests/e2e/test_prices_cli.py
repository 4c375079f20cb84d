"""The command-line contract of `storepatrol photo prices`, with the real models on a rendered shelf."""

import argparse
import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from storepatrol.cli import photo
from vision.price_tags.render import TaggedShelf, render_tags

SEED = 30
ANSWER = {"file", "tags", "dates", "model", "ms", "cut_short"}
TAG = {"box", "text", "price", "currency", "unit", "unit_quantity", "confidence", "readable"}


@pytest.fixture(scope="module")
def shelf() -> TaggedShelf:
    return render_tags(SEED, rows=3, gaps=1, size=(2400, 1800))


def storepatrol(*words: object) -> int:
    parser = argparse.ArgumentParser(prog="storepatrol")
    photo.add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    code: int = args.run(args)
    return code


def test_tags_of_a_shelf_are_read_as_the_contract_says_and_none_wrong(
    shelf: TaggedShelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shelf.jpg").write_bytes(shelf.jpeg)
    (tmp_path / "report.jpg").write_bytes(b"%PDF-1.7 not a photo")
    assert storepatrol("photo", "prices", tmp_path / "report.jpg", tmp_path / "shelf.jpg", "--json") == 1
    bad, answer = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert bad["error"]["code"] == "photo.not_a_photo"
    assert answer.keys() >= ANSWER
    right = {tag.minor for tag in shelf.tags}
    read = [tag for tag in answer["tags"] if tag["readable"]]
    assert len(read) >= len(shelf.tags) / 2
    for tag in answer["tags"]:
        assert tag.keys() >= TAG
        assert (tag["price"] is not None) == tag["readable"]
    assert {round(tag["price"] * 100) for tag in read} <= right


def test_a_date_on_a_pack_is_read_with_its_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = Image.new("RGB", (900, 500), (225, 228, 230))
    pen = ImageDraw.Draw(picture)
    pen.text((120, 120), "KIRO FRESH MILK", fill=(20, 60, 120), font=ImageFont.load_default(60))
    pen.text((140, 300), "EXP 2026-11-30", fill=(20, 20, 20), font=ImageFont.load_default(48))
    picture.save(tmp_path / "pack.jpg", quality=92)
    assert storepatrol("photo", "prices", tmp_path / "pack.jpg", "--today", "2026-11-22", "--json") == 0
    (answer,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [date["best_before"] for date in answer["dates"] if date["confidence"] >= 0.8] == ["2026-11-30"]


def test_a_black_frame_and_a_tiny_picture_have_no_tags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (800, 600)).save(tmp_path / "black.jpg")
    Image.new("RGB", (40, 30), "white").save(tmp_path / "tiny.png")
    assert storepatrol("photo", "prices", tmp_path / "black.jpg", tmp_path / "tiny.png", "--json") == 0
    for line in capsys.readouterr().out.splitlines():
        assert json.loads(line)["tags"] == []
