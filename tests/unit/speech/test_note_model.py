"""The shipped model of notes: what it knows, and how well it understands notes whose author knew nothing of it."""

from pathlib import Path

import pytest

from benchmarks import notes as labelled
from checklists.library import load
from core.errors import ModelFileError
from core.weights.manifest import shipped_dir
from speech.note_model import MODEL_FILE, NoteModel
from speech.notes.clauses import clauses
from speech.notes.plain import plain
from speech.notes.reader import ModelReader
from workflows.lexicon import lexicon


@pytest.fixture(scope="module")
def model() -> NoteModel:
    return NoteModel.load(shipped_dir(), threads=2)


@pytest.fixture(scope="module")
def reader(model: NoteModel) -> ModelReader:
    return ModelReader(model.judge, model.version, lexicon(load()), model.checkpoints)


def told(reader: ModelReader, text: str) -> set[str]:
    return {f"{issue.checkpoint}:{issue.polarity}" for issue in reader.issues(text)}


def test_it_knows_every_checkpoint_of_the_library(model: NoteModel) -> None:
    assert set(model.checkpoints) == set(load().checkpoints)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_notes_are_understood_whose_author_knew_neither_it_nor_its_lessons(language: str, reader: ModelReader) -> None:
    found = labelled.score(lambda note: reader.issues(note.text), labelled.notes("dev", language))
    assert found.f1 >= 0.75


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("三号货架缺货，冷藏柜九度", {"availability.on_shelf:problem", "equipment.chiller_temperature:problem"}),
        ("地上有水", {"safety.slip:problem"}),
        ("地面没有积水，灭火器也都正常", {"safety.slip:ok", "safety.extinguishers:ok"}),
        ("The fire exit is blocked by boxes. The restroom is clean.", {"safety.exits:problem", "hygiene.restroom:ok"}),
        ("我先去三号货架那边看看，天气不错", set()),
    ],
)
def test_plain_words_are_understood(text: str, issues: set[str], reader: ModelReader) -> None:
    assert told(reader, text) == issues


def test_a_note_of_minutes_is_read_in_parts(model: NoteModel, reader: ModelReader) -> None:
    text = "我在这边看了一圈，还可以。" * 120 + "地上有水。"
    assert len(model.judge(plain(text), clauses(plain(text)))) == len(clauses(plain(text)))
    assert "safety.slip:problem" in told(reader, text)


@pytest.mark.parametrize("text", ["", "。，。", "𠮷", "🙂🙂", "a" * 3000, "\x00\x01", " \n\t "])
def test_odd_texts_do_no_harm(text: str, reader: ModelReader) -> None:
    assert isinstance(reader.issues(text), tuple)


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_file_that_is_no_model_is_told_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(content)
    with pytest.raises(ModelFileError, match=MODEL_FILE):
        NoteModel.load(tmp_path)
