"""A note that names a product: the company's words put it right before anything is understood in it."""

import time
from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from core.ids import new_id
from speech.vocabulary import Term, Vocabulary
from tests.builders import Company
from tests.integration.workflows.world import Shop, at_once, queries_of
from workflows.issues.model import Finding
from workflows.visits.model import VoiceNote
from workflows.vocabulary import service
from workflows.vocabulary.current import VocabularyShelf
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

    def load() -> Vocabulary:
        return shelf.of(shop.parts.database, shop.company.system(), lexicon)

    first = load()
    assert load() is first
    assert queries_of(shop.parts.database, load) == 3
    add(shop, "product", "云麓高山酸奶")
    assert load() is not first


class Builder:
    """Builds slowly; tells how often, and how many connections were held meanwhile."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.built = engine, 0
        self.held: list[str] = []

    def __call__(self, terms: Iterable[Term], kept: Iterable[str]) -> Vocabulary:
        self.built += 1
        self.held.append(self.engine.pool.status().split("Checked out connections: ")[-1])
        time.sleep(0.2)
        return Vocabulary.of(terms, kept)


def test_many_who_ask_at_once_wait_for_one_who_builds_and_who_holds_no_connection(shop: Shop) -> None:
    add(shop, "product", "云麓高山酸奶")
    database, lexicon = shop.parts.database, shop.tools.lexicon
    assert lexicon is not None
    builder = Builder(database.engine)
    VocabularyShelf(build=builder).of(database, shop.company.system(), lexicon)
    assert (builder.built, builder.held) == (1, ["0"])
    shelf, builder.built = VocabularyShelf(build=builder), 0
    made = at_once(*(lambda: shelf.of(database, shop.company.system(), lexicon) for _ in range(4)))
    assert builder.built == 1
    assert len({id(one) for one in made}) == 1
    add(shop, "fixture", "风幕柜")
    assert len(shelf.of(database, shop.company.system(), lexicon).forms) > len(made[0].forms)
    assert builder.built == 2


def test_one_who_fails_to_build_does_not_leave_the_others_waiting(shop: Shop) -> None:
    database, lexicon = shop.parts.database, shop.tools.lexicon
    assert lexicon is not None
    tries = iter([True, False])

    def build(terms: Iterable[Term], kept: Iterable[str]) -> Vocabulary:
        if next(tries):
            raise ValueError("no")
        return Vocabulary.of(terms, kept)

    shelf = VocabularyShelf(build=build)
    with pytest.raises(ValueError, match="no"):
        shelf.of(database, shop.company.system(), lexicon)
    assert shelf.of(database, shop.company.system(), lexicon).forms


def test_what_is_kept_is_bounded_by_its_terms_and_what_was_used_last_stays(shop: Shop, other_company: Company) -> None:
    database, lexicon = shop.parts.database, shop.tools.lexicon
    assert lexicon is not None
    builder = Builder(database.engine)
    forms = len(VocabularyShelf().of(database, shop.company.system(), lexicon).forms)
    roomy, narrow = VocabularyShelf(10 * forms, builder), VocabularyShelf(1, builder)
    for shelf, built in ((roomy, 2), (narrow, 4)):
        builder.built = 0
        for _ in range(2):
            for company in (shop.company, other_company):
                shelf.of(database, company.system(), lexicon)
        assert builder.built == built
    narrow.of(database, other_company.system(), lexicon)
    assert builder.built == 4  # one company's own stays, however large
