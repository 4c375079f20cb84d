"""A note that names a product: the company's words put it right before anything is understood in it."""

import pytest

from core.ids import new_id
from tests.integration.workflows.world import Shop, queries_of
from workflows.issues.model import Finding
from workflows.visits.model import VoiceNote
from workflows.vocabulary import service
from workflows.vocabulary.service import NewTerm

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
HEARD = "云路高山酸乃缺货了，风木贵也坏了"


def add(shop: Shop, kind: str, text: str) -> None:
    with shop.parts.database.transaction(shop.caller("hq")) as session:
        service.put(session, shop.parts.clock.now(), new_id(), NewTerm(kind, text))  # type: ignore[arg-type]


def test_a_misheard_product_is_put_right_and_what_was_heard_is_kept(shop: Shop) -> None:
    add(shop, "product", "云麓高山酸奶")
    add(shop, "fixture", "风幕柜")
    shop.note(shop.visit(), HEARD)
    shop.work()
    transcript = shop.one(VoiceNote).transcript
    assert transcript is not None
    assert (transcript["text"], transcript["heard"]) == ("云麓高山酸奶缺货了，风幕柜也坏了", HEARD)
    assert [(one["heard"], one["term"], one["at"]) for one in transcript["corrections"]] == [
        ("云路高山酸乃", "云麓高山酸奶", [0, 6]),
        ("风木贵", "风幕柜", [10, 13]),
    ]
    assert transcript["segments"][0]["text"] == HEARD
    said = {finding.text.en for finding in shop.rows(Finding, Finding.source == "speech")}
    assert "Said: “云麓高山酸奶缺货了”" in said


def test_a_statement_keeps_its_second_where_a_longer_term_was_written_before_it(shop: Shop) -> None:
    with shop.parts.database.transaction(shop.caller("hq")) as session:
        term = NewTerm("brand", "Lumiora and the daughters", ("露米欧拉",))
        service.put(session, shop.parts.clock.now(), new_id(), term)
    visit, other = shop.visit(), shop.visit("store_b")
    shop.note(visit, "露米欧拉都在，货架空了")
    shop.note(other, "云米欧勒都在，货架空了")
    shop.work()
    seconds = {finding.visit_id: finding.place["second"] for finding in shop.rows(Finding)}
    assert seconds[visit] == seconds[other] > 0


def test_without_a_vocabulary_the_text_is_what_was_heard(shop: Shop) -> None:
    shop.note(shop.visit(), HEARD)
    shop.work()
    transcript = shop.one(VoiceNote).transcript
    assert transcript is not None
    assert (transcript["text"], transcript["heard"], transcript["corrections"]) == (HEARD, HEARD, [])


def test_a_vocabulary_is_built_again_only_when_something_of_it_changed(shop: Shop) -> None:
    shelf, lexicon = shop.tools.vocabularies, shop.tools.lexicon
    assert lexicon is not None

    def load() -> object:
        with shop.parts.database.snapshot(shop.company.system()) as session:
            return shelf.of(session, lexicon)

    first = load()
    assert load() is first
    assert queries_of(shop.parts.database, load) == 3
    add(shop, "product", "云麓高山酸奶")
    assert load() is not first
