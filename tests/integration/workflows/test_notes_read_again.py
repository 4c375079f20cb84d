"""A note of a visit, read again by a language model: a proposal for a person, or no difference at all."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core.settings import load
from storepatrol import note_readers
from tests.integration.chat_server import ChatServer, hangs, says, streams_for_ever
from tests.integration.workflows.world import LIBRARY, Shop, job
from workflows.issues.model import Finding, Issue
from workflows.visits.model import VoiceNote

NOTE = "三号冷柜九度，入口的地垫边翘起来了，差点绊一跤"
CHILLER, SLIP = "equipment.chiller_temperature", "safety.slip"
MAT = {"checkpoint": SLIP, "polarity": "problem", "quote": "地垫边翘起来了", "where": "入口", "confidence": 1}


@pytest.fixture
def server(shop: Shop, tmp_path: Path) -> Iterator[ChatServer]:
    """A language model that this shop's workers ask."""
    with ChatServer() as server:
        settings = {"DATA_DIR": str(tmp_path / "s"), "LANGUAGE_MODEL_NAME": "test", "LANGUAGE_MODEL_TIMEOUT": "PT1S"}
        chosen = load({f"STOREPATROL_{k}": v for k, v in {**settings, "LANGUAGE_MODEL_URL": server.url}.items()})
        rules = note_readers.rules(chosen, LIBRARY)  # what they find is known
        reader = note_readers.with_language_model(chosen, LIBRARY, rules)
        shop.tools = msgspec.structs.replace(shop.tools, notes=reader)
        yield server


def test_what_the_model_alone_finds_is_shown_and_opens_nothing(shop: Shop, server: ChatServer) -> None:
    server.will(says(MAT))
    shop.note(shop.visit(), NOTE)
    shop.work()
    assert {finding.checkpoint: finding.raises for finding in shop.rows(Finding)} == {CHILLER: True, SLIP: False}
    assert shop.one(Issue).checkpoint == CHILLER
    mat = shop.one(Finding, Finding.checkpoint == SLIP)
    assert mat.text.zh == "语音: “地垫边翘起来了”"
    assert mat.model == shop.one(VoiceNote).read_by == "rules, language-model test"


@pytest.mark.parametrize("behaviour", [hangs, streams_for_ever])
def test_a_model_that_does_not_answer_neither_holds_nor_fails_the_job(
    behaviour: object, shop: Shop, server: ChatServer
) -> None:
    server.will(behaviour)  # type: ignore[arg-type]
    shop.note(shop.visit(), NOTE)
    shop.work()
    assert (job(shop, "read_note").state, job(shop, "read_note").attempts) == ("done", 1)
    assert shop.one(VoiceNote).state == "transcribed"
    assert shop.one(VoiceNote).read_by == "rules"  # the other gave no answer
    assert shop.one(Issue).checkpoint == CHILLER
