"""The labelled notes against the shipped library: what may be tuned on, and what is only measured."""

import tomllib
from pathlib import Path
from typing import Literal

import pytest

from checklists.library import load
from speech.notes import Lexicon, extract
from workflows.lexicon import lexicon

Split = Literal["dev", "test"]


@pytest.fixture(scope="module")
def words() -> Lexicon:
    return lexicon(load())


def f1(split: Split, words: Lexicon) -> float:
    right = missed = invented = 0
    notes = tomllib.loads((Path(__file__).parent / "notes.toml").read_text("utf-8"))
    for labelled in notes[split].values():
        for text, labels in labelled:
            expected = [set(label.split("|")) for label in labels]
            got = {f"{issue.checkpoint}:{issue.polarity}" for issue in extract(text, words)}
            hits = sum(bool(choices & got) for choices in expected)
            right += hits
            missed += len(expected) - hits
            invented += sum(not any(issue in choices for choices in expected) for issue in got)
    return 2 * right / (2 * right + missed + invented)


@pytest.mark.parametrize(("split", "at_least"), [("dev", 0.97), ("test", 0.90)])
def test_labelled_notes_are_understood(split: Split, at_least: float, words: Lexicon) -> None:
    assert f1(split, words) >= at_least


def test_every_checkpoint_of_the_library_has_words_and_its_limits(words: Lexicon) -> None:
    library = load()
    assert {entry.code for entry in words.checkpoints} == set(library.checkpoints)
    chiller = next(entry for entry in words.checkpoints if entry.code == "equipment.chiller_temperature")
    assert chiller.limits
    assert (chiller.limits.unit, chiller.limits.max) == ("°C", 6)


@pytest.mark.needs_data
def test_speech_that_is_no_note_names_no_problem(words: Lexicon, shared_data: Path) -> None:
    lines = (shared_data / "speech" / "manifest.tsv").read_text("utf-8").splitlines()[1:]
    assert [line for line in lines if extract(line.split("\t")[2], words)] == []
