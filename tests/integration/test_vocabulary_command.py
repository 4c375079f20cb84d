"""`storepatrol voice correct` and `storepatrol voice vocabulary`."""

import io
import json
from pathlib import Path

import pytest

from storepatrol.cli import main
from tests.integration.databases import SECRET

CSV = "kind,term,aliases\nproduct,云麓高山酸奶\nbrand,Lumiora,露米欧拉\n"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    file = tmp_path / "words.csv"
    file.write_text(CSV, "utf-8")
    return file


def test_a_text_is_corrected_without_a_server(words: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["voice", "correct", "--text", "露米欧拉和云路高山酸乃", "--vocabulary", str(words), "--json"]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["text"], told["heard"]) == ("Lumiora和云麓高山酸奶", "露米欧拉和云路高山酸乃")
    assert [(one["start"], one["end"], one["term"]) for one in told["corrections"]] == [
        (0, 4, "Lumiora"),
        (5, 11, "云麓高山酸奶"),
    ]


def test_a_bad_file_is_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("toy,木马\nproduct,云麓\n", "utf-8")
    assert main(["voice", "correct", "--text", "a", "--vocabulary", str(file), "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], [line["line"] for line in error["lines"]]) == ("vocabulary.bad_lines", [1])
    assert main(["voice", "correct", "--text", "a", "--vocabulary", str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err


def test_a_file_is_imported_and_listed(
    words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STOREPATROL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STOREPATROL_SECRET_KEY", SECRET)
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame 42\n"))
    new = ["company", "--name-zh", "甲", "--name-en", "One", "--login", "admin@one", "--password-stdin"]
    assert main(new) == 0
    capsys.readouterr()
    assert [main(["voice", "vocabulary", "import", str(words), "--json"]) for _ in range(2)] == [0, 0]
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"added')]
    assert told == [{"added": 2, "changed": 0, "same": 0}, {"added": 0, "changed": 0, "same": 2}]
    assert main(["voice", "vocabulary", "list", "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"kind')]
    assert [(term["text"], term["source"]) for term in listed] == [("Lumiora", "own"), ("云麓高山酸奶", "own")]
