"""The command-line contract of `storepatrol voice` and `storepatrol models`, on shipped and real recordings."""

import json
import shutil
from pathlib import Path

import pytest

from storepatrol.cli import main
from workflows.notes.policy import SURE

DEMO = Path(__file__).parents[2] / "speech" / "demo"
TRANSCRIPT = {"file", "language", "duration_s", "text", "segments", "model", "ms"}
HEARD = {"start", "end", "text", "confidence"}
ISSUE = {"checkpoint", "dimension", "polarity", "severity", "span", "where", "value", "confidence", "what"}
SPOKEN = {
    "en-shelf-chiller-floor.ogg": {
        ("availability.on_shelf", "problem"),
        ("equipment.chiller_temperature", "problem"),
        ("safety.slip", "problem"),
    },
    "en-exit-tags-restroom.m4a": {
        ("safety.exits", "problem"),
        ("pricing.tag_present", "problem"),
        ("hygiene.restroom", "ok"),
    },
    "zh-shelf-chiller-floor.webm": {
        ("availability.on_shelf", "problem"),
        ("equipment.chiller_temperature", "problem"),
        ("safety.slip", "problem"),
    },
}


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder of good and bad files."""
    for file in DEMO.glob("*.*[!d]"):
        shutil.copy(file, tmp_path)
    (tmp_path / "report.m4a").write_bytes(b"%PDF-1.7 not a note")
    (tmp_path / "nothing.wav").write_bytes(b"")
    whole = (DEMO / "en-shelf-chiller-floor.ogg").read_bytes()
    (tmp_path / "cut.ogg").write_bytes(whole[: len(whole) // 2])
    return tmp_path


def storepatrol(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[dict]]:
    """Run the command with `--json`; return its exit code and what it printed, one object a line."""
    code = main([*map(str, words), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", SPOKEN)
def test_a_spoken_note_becomes_its_issues(
    name: str, notes: Path, models_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, [transcript] = storepatrol(capsys, "voice", "transcribe", notes / name, "--models-dir", models_dir)
    assert code == 0
    assert set(transcript) == TRANSCRIPT
    assert transcript["language"] == name[:2]
    assert all(set(segment) == {*HEARD, "words"} for segment in transcript["segments"])
    assert all(set(word) == HEARD for segment in transcript["segments"] for word in segment["words"])

    code, [found] = storepatrol(capsys, "voice", "extract", "--text", transcript["text"])
    assert code == 0
    told = {(issue["checkpoint"], issue["polarity"]): issue["confidence"] for issue in found["issues"]}
    assert told.keys() >= SPOKEN[name]
    assert {one for one, confidence in told.items() if confidence >= SURE} <= SPOKEN[name], "the rest is asked"
    for issue in found["issues"]:
        assert set(issue) == ISSUE
        assert issue["checkpoint"].startswith(issue["dimension"] + ".")
        start, end = issue["span"]
        assert found["text"][start:end].strip()


def test_one_bad_file_does_not_stop_the_others(
    notes: Path, models_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["report.m4a", "nothing.wav", "cut.ogg", "not-there.wav", "en-exit-tags-restroom.m4a"]
    code, rows = storepatrol(
        capsys, "voice", "transcribe", *(notes / name for name in names), "--models-dir", models_dir
    )
    assert code == 1
    assert [Path(row["file"]).name for row in rows] == names
    assert [row["error"]["code"] for row in rows[:4]] == [
        "audio.not_audio",
        "audio.empty",
        "audio.truncated",
        "file.unreadable",
    ]
    assert all(row["error"]["detail"] for row in rows[:4])
    assert rows[4]["text"]


def test_without_the_model_it_says_how_to_get_it(
    notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = notes / "en-exit-tags-restroom.m4a"
    code, [row] = storepatrol(capsys, "voice", "transcribe", file, "--models-dir", tmp_path / "no-models")
    assert code == 1
    assert row["error"]["code"] == "weights.missing"
    assert "models fetch" in row["error"]["detail"]


def test_a_note_may_come_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.txt"
    note.write_text("三号货架缺货，冷藏柜九度", "utf-8")
    code, [found] = storepatrol(capsys, "voice", "extract", "--file", note)
    assert code == 0
    assert [(issue["checkpoint"], issue["where"], issue["value"]) for issue in found["issues"]] == [
        ("availability.on_shelf", "三号货架", None),
        ("equipment.chiller_temperature", "冷藏柜", {"number": 9, "unit": "°C"}),
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00\x00\x80"])
def test_a_file_that_is_no_text_is_an_error(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "note.txt"
    if content is not None:
        note.write_bytes(content)
    code, [row] = storepatrol(capsys, "voice", "extract", "--file", note)
    assert code == 1
    assert row["error"]["code"] in {"file.unreadable", "note.not_text"}


@pytest.mark.parametrize(
    "words", [["voice", "extract"], ["voice", "transcribe"], ["voice"], ["voice", "extract", "-x"]]
)
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_for_people_it_speaks_the_language_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["voice", "extract", "--text", "今天天气不错"]) == 0
    assert "没有提到任何检查点" in capsys.readouterr().out
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert main(["voice", "extract", "--text", "地上有积水"]) == 0
    assert "safety.slip  problem" in capsys.readouterr().out


class TestModels:
    def test_the_fetched_model_is_listed_and_whole(self, models_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, rows = storepatrol(capsys, "models", "list", "--models-dir", models_dir)
        assert code == 0
        whisper = next(row for row in rows if row["name"] == "whisper-base")
        assert whisper["present"]
        assert whisper["licence"] == "MIT"
        code, rows = storepatrol(capsys, "models", "verify", "--models-dir", models_dir)
        assert code == 0
        assert all(row["ok"] for row in rows)

    def test_fetching_what_is_there_says_where_it_is(
        self, models_dir: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, [row] = storepatrol(capsys, "models", "fetch", "whisper-base", "--models-dir", models_dir)
        assert code == 0
        assert Path(row["path"]).parent == models_dir

    def test_what_is_missing_or_unknown_is_exit_code_1(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, [row] = storepatrol(capsys, "models", "verify", "whisper-base", "--models-dir", tmp_path)
        assert code == 1
        assert row["error"]["code"] == "weights.not_whole"
        code, [row] = storepatrol(capsys, "models", "fetch", "whisper-gigantic", "--models-dir", tmp_path)
        assert code == 1
        assert row["error"]["code"] == "weights.unknown"


@pytest.mark.needs_data
def test_real_recordings_are_heard(shared_data: Path, models_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    speech = shared_data / "speech"
    files = [speech / "real" / "en" / "libri_2412.flac", speech / "real" / "zh" / "aishell1_7.wav"]
    code, rows = storepatrol(capsys, "voice", "transcribe", *files, "--models-dir", models_dir)
    assert code == 0
    assert "native country" in rows[0]["text"]
    assert rows[1]["text"].startswith("每日经济新闻")
