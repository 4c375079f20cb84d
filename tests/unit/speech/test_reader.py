"""The model answers for what it was trained on, the rules for a company's own checkpoints."""

import msgspec

from speech.notes import CheckpointWords, Lexicon
from speech.notes.reader import ModelReader
from tests.unit.speech.test_understanding import LEXICON, SHELF, about, says

OWN = CheckpointWords("own.fish_tank", "freshness", "major", zh=("鱼缸水浑", "鱼缸"), en=("fish tank is cloudy",))
WITH_OWN = Lexicon((*LEXICON.checkpoints, OWN))
TRAINED = tuple(entry.code for entry in LEXICON.checkpoints)
JUDGE = says(货架=about(SHELF.code))


def found(text: str, lexicon: Lexicon, trained: tuple[str, ...] = TRAINED) -> list[tuple[str, str]]:
    issues = ModelReader(JUDGE, "a model", lexicon, trained).issues(text)
    return [(issue.checkpoint, issue.polarity) for issue in issues]


def test_a_checkpoint_that_the_model_was_never_trained_on_is_found_by_its_words() -> None:
    text = "鱼缸水浑，货架空了"
    assert found(text, WITH_OWN) == [(OWN.code, "problem"), (SHELF.code, "problem")]
    assert found(text, LEXICON) == [(SHELF.code, "problem")]


def test_what_the_model_knows_is_not_read_by_the_rules_as_well() -> None:
    known = msgspec.structs.replace(OWN, code=SHELF.code)
    assert found("鱼缸水浑", Lexicon((known, *LEXICON.checkpoints[:3]))) == []


def test_a_model_that_knows_all_leaves_nothing_to_the_rules() -> None:
    assert found("鱼缸水浑，货架空了", WITH_OWN, (*TRAINED, OWN.code)) == [(SHELF.code, "problem")]
