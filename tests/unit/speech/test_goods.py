"""What an issue is about."""

import pytest

from speech.notes import NoteIssue
from speech.notes.goods import with_goods
from speech.vocabulary import Term
from speech.vocabulary.forms import Vocabulary


def issue(text: str, dimension: str = "availability", what: str | None = None) -> NoteIssue:
    return NoteIssue(f"{dimension}.x", dimension, "problem", "major", (0, len(text)), None, None, 0.9, what)


def named(text: str, dimension: str = "availability", *terms: Term) -> str | None:
    (found,) = with_goods([issue(text, dimension)], text, Vocabulary.of(terms).goods)
    return found.what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("三号货架的低脂酸奶缺货", "低脂酸奶"),
        ("纸巾那个地堆一米五", "纸巾"),
        ("手撕面包卖完了", "手撕面包"),
        ("出风口边上霜有八毫米", None),
        ("The planogram is wrong, Fernhollow granola has taken over", "Fernhollow granola"),
        ("Little Marl pickles are one ninety", "Little Marl pickles"),
        ("Frozen peas were still by the till", "Frozen peas"),
        ("raw mince above the ready salads", "raw mince"),
        ("there is nothing on it", None),
    ],
)
def test_goods_are_named_as_they_were_said(text: str, what: str | None) -> None:
    assert named(text) == what


@pytest.mark.parametrize("text", ["酸奶柜脏了", "饮料区没人", "the yoghurt fridge is dirty", "cereal bay is dirty"])
def test_goods_that_name_a_place_are_none(text: str) -> None:
    assert named(text) is None


def test_a_product_of_the_company_goes_before_a_kind_of_goods() -> None:
    text = "牛奶旁边的云麓高山缺货"
    assert named(text) == "牛奶"
    assert named(text, "availability", Term("product", "云麓高山")) == "云麓高山"


def test_a_fixture_of_the_company_is_no_product() -> None:
    assert named("七号岛柜空了", "availability", Term("fixture", "七号岛柜")) is None


def test_material_is_what_promotions_are_about_and_nothing_else_is() -> None:
    text = "海报头版那款糯米糍没有了"
    assert named(text, "promotion") == "海报"
    assert named(text) == "糯米糍"


def test_the_soap_a_washroom_lacks_is_not_what_the_issue_is_about() -> None:
    assert named("纸和洗手液都没有", "hygiene") is None


def test_what_a_reader_knows_already_stays() -> None:
    text = "酸奶空了"
    (found,) = with_goods([issue(text, what="酸奶那层")], text)
    assert found.what == "酸奶那层"


def test_only_what_stands_in_the_words_of_the_issue_counts() -> None:
    text = "牛奶很新鲜。货架空了"
    said = NoteIssue("availability.x", "availability", "problem", "major", (6, 10), None, None, 0.9)
    assert with_goods([said], text)[0].what is None
