"""The labelled notes against the shipped library: what may be tuned on, and what is only measured."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from checklists.library import load
from core.settings import load as load_settings
from speech.notes import Lexicon, NoteIssue, RuleReader, extract
from storepatrol import note_readers
from workflows.lexicon import lexicon

Split = Literal["dev", "test"]
Read = Callable[[str], tuple[NoteIssue, ...]]


@pytest.fixture(scope="module")
def words() -> Lexicon:
    return lexicon(load())


@pytest.fixture(scope="module", params=["rules", "language-model"])
def read(request: pytest.FixtureRequest, words: Lexicon) -> Read:
    """How a note is read; a note that the language model does not answer fails the test."""
    if request.param == "rules":
        return RuleReader(words).issues
    chosen = load_settings(os.environ)
    if not chosen.language_model_url:
        pytest.skip("no language model: set STOREPATROL_LANGUAGE_MODEL_URL and STOREPATROL_LANGUAGE_MODEL_NAME")
    return note_readers.with_language_model(chosen, load()).both


def f1(split: Split, read: Read) -> float:
    right = missed = invented = 0
    notes = tomllib.loads((Path(__file__).parent / "notes.toml").read_text("utf-8"))
    for labelled in notes[split].values():
        for text, labels in labelled:
            expected = [set(label.split("|")) for label in labels]
            got = {f"{issue.checkpoint}:{issue.polarity}" for issue in read(text)}
            hits = sum(bool(choices & got) for choices in expected)
            right += hits
            missed += len(expected) - hits
            invented += sum(not any(issue in choices for choices in expected) for issue in got)
    return 2 * right / (2 * right + missed + invented)


@pytest.mark.parametrize(("split", "at_least"), [("dev", 0.97), ("test", 0.90)])
def test_labelled_notes_are_understood(split: Split, at_least: float, read: Read) -> None:
    assert f1(split, read) >= at_least


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
