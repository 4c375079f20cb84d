"""What a note says about checkpoints: with a small lexicon, so that each statement shows one rule."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.notes import CheckpointWords, Lexicon, Limits, NoteIssue, Value, extract
from speech.notes.clauses import clauses
from speech.notes.cues import cues
from speech.notes.matching import stem
from speech.notes.places import places
from speech.notes.plain import plain
from speech.notes.values import values

LEXICON = Lexicon(
    (
        CheckpointWords("availability.on_shelf", "availability", "major", ("缺货", "货架空"), ("out of stock", "gap")),
        CheckpointWords("safety.slip", "safety", "major", ("积水", "地上有水"), ("puddle", "water on the floor")),
        CheckpointWords(
            "equipment.chiller", "equipment", "critical", ("冷藏柜",), ("fridge", "chiller"), Limits("°C", 0, 6)
        ),
        CheckpointWords(
            "equipment.freezer", "equipment", "critical", ("冷冻柜",), ("freezer",), Limits("°C", None, -18)
        ),
        CheckpointWords("equipment.tills", "equipment", "major", ("收银机",), ("till", "card reader")),
        CheckpointWords("hygiene.floor", "hygiene", "minor", ("地面", "地板脏"), ("floor", "dirty floor")),
        CheckpointWords("hygiene.pests", "hygiene", "critical", ("老鼠", "蟑螂"), ("mouse", "cockroach")),
        CheckpointWords("safety.extinguishers", "safety", "critical", ("灭火器", "灭火器过期"), ("extinguisher",)),
        CheckpointWords("pricing.tag", "pricing", "minor", ("价签", "没有价签"), ("price tag",)),
    )
)


def found(text: str) -> list[tuple[str, str]]:
    return [(issue.checkpoint, issue.polarity) for issue in extract(text, LEXICON)]


def only(text: str) -> NoteIssue:
    (issue,) = extract(text, LEXICON)
    return issue


class TestPolarity:
    @pytest.mark.parametrize(
        "text",
        [
            "门口有积水",
            "积水还没处理",
            "请马上清理积水",
            "there is a puddle",
            "Please mop up the puddle.",
            "a puddle again",
        ],
    )
    def test_a_problem_is_a_problem(self, text: str) -> None:
        assert found(text) == [("safety.slip", "problem")]

    @pytest.mark.parametrize(
        "text",
        [
            "没有积水",
            "没有发现任何积水",
            "积水已经清理干净了",
            "昨天有积水，今天已经处理好了",
            "no puddle",
            "I did not see any puddle",
            "The puddle has been mopped up.",
            "There was a puddle. It has been cleaned up.",
        ],
    )
    def test_absent_or_settled_it_is_in_order(self, text: str) -> None:
        assert found(text) == [("safety.slip", "ok")]

    @pytest.mark.parametrize(
        "text", ["收银机坏了", "收银机不正常", "收银机还没修好", "The till is not working", "till is down"]
    )
    def test_a_thing_is_a_problem_by_the_words_around_it(self, text: str) -> None:
        assert found(text) == [("equipment.tills", "problem")]

    @pytest.mark.parametrize(
        "text", ["收银机正常", "收银机没坏", "收银机修好了", "The till works", "No problem with the till"]
    )
    def test_a_thing_is_in_order_by_the_words_around_it(self, text: str) -> None:
        assert found(text) == [("equipment.tills", "ok")]

    @pytest.mark.parametrize("text", ["我在收银机这里", "I am standing at the till", "今天天气不错", "", "，。！"])
    def test_a_thing_of_which_nothing_is_said_is_no_issue(self, text: str) -> None:
        assert found(text) == []

    def test_one_negation_holds_for_what_and_joins(self) -> None:
        assert found("没有老鼠和蟑螂") == [("hygiene.pests", "ok")]
        assert found("no mice or cockroaches") == [("hygiene.pests", "ok")]

    def test_a_judging_word_belongs_to_the_nearest_thing(self) -> None:
        assert found("收银机旁边有积水") == [("safety.slip", "problem")]

    def test_an_issue_between_two_languages(self) -> None:
        assert found("收银台的 card reader 坏了") == [("equipment.tills", "problem")]


class TestValues:
    @pytest.mark.parametrize(
        "text", ["冷藏柜九度", "冷藏柜温度是九度", "fridge at nine degrees", "Fridge: 9 °C", "冷藏柜，温度９度"]
    )
    def test_a_value_over_the_limit_is_a_problem(self, text: str) -> None:
        issue = only(text)
        assert (issue.polarity, issue.value) == ("problem", Value(9, "°C"))

    @pytest.mark.parametrize("text", ["冷藏柜四度", "fridge at four degrees", "all fridges below five degrees"])
    def test_a_value_within_the_limit_is_in_order(self, text: str) -> None:
        assert only(text).polarity == "ok"

    def test_a_value_counts_for_more_than_the_word_beside_it_but_is_less_sure(self) -> None:
        assert only("冷藏柜九度，正常").polarity == "problem"
        assert only("冷藏柜九度正常").confidence < only("冷藏柜九度").confidence

    @pytest.mark.parametrize(("text", "polarity"), [("冷冻柜零下十二度", "problem"), ("冷冻柜零下二十度", "ok")])
    def test_below_zero(self, text: str, polarity: str) -> None:
        assert only(text).polarity == polarity

    def test_eighteen_of_a_freezer_means_minus_eighteen(self) -> None:
        assert only("冷冻柜十八度").value == Value(-18, "°C")
        assert only("冷冻柜十八度").polarity == "ok"
        assert only("The freezer is at ten degrees").polarity == "problem"

    def test_the_number_of_a_shelf_is_no_value(self) -> None:
        issue = only("三号货架缺货")
        assert (issue.where, issue.value) == ("三号货架", None)

    @pytest.mark.parametrize(
        ("text", "number", "unit"),
        [
            ("五块九", 5.9, "yuan"),
            ("十二块五毛", 12.5, "yuan"),
            ("三个", 3, ""),
            ("两盒", 2, ""),
            ("七八个人", 8, ""),
            ("一百二十厘米", 120, "cm"),
            ("零点五米", 0.5, "m"),
            ("三天", 3, "days"),
            ("两个小时", 2, "hours"),
            ("八十%", 80, "%"),
            ("minus twelve degrees", -12, "°C"),
            ("seven point five degrees", 7.5, "°C"),
            ("twenty-five degrees", 25, "°C"),
            ("two days", 2, "days"),
            ("three boxes", 3, ""),
        ],
    )
    def test_numbers_as_people_say_them(self, text: str, number: float, unit: str) -> None:
        assert [item.value for item in values(text)] == [Value(number, unit)]


class TestWhereAndHowBad:
    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ("三号货架第二层缺货", "三号货架第二层"),
            ("门口有积水", "门口"),
            ("三号货架，可乐缺货", "三号货架"),
            ("Aisle four has a gap", "Aisle four"),
            ("There is a puddle near the entrance.", "entrance"),
            ("缺货", None),
        ],
    )
    def test_where(self, text: str, where: str | None) -> None:
        assert only(text).where == where

    def test_strong_words_raise_the_severity_and_hedges_lower_it(self) -> None:
        assert only("有积水").severity == "major"
        assert only("积水很严重").severity == "critical"
        assert only("严重积水").severity == "critical"
        assert only("稍微有点积水").severity == "minor"
        assert only("稍微有点老鼠屎，有老鼠").severity == "critical"


class TestSeveral:
    def test_each_has_its_own_stretch_of_text(self) -> None:
        text = "三号货架缺货，冷藏柜九度，门口还有积水"
        issues = extract(text, LEXICON)
        assert [(issue.checkpoint, text[slice(*issue.span)]) for issue in issues] == [
            ("availability.on_shelf", "三号货架缺货"),
            ("equipment.chiller", "冷藏柜九度"),
            ("safety.slip", "还有积水"),
        ]

    def test_said_twice_is_one_and_surer(self) -> None:
        twice = extract("有积水。真的有积水", LEXICON)
        assert len(twice) == 1
        assert twice[0].confidence > only("有积水").confidence

    def test_two_places_are_two(self) -> None:
        assert [issue.where for issue in extract("三号货架缺货，五号货架缺货", LEXICON)] == ["三号货架", "五号货架"]

    def test_of_two_minds_it_is_a_problem_less_surely(self) -> None:
        issue = only("没有积水。有积水")
        assert issue.polarity == "problem"
        assert issue.confidence < only("有积水").confidence

    def test_was_bad_is_fine_now(self) -> None:
        assert only("The fridge was warm yesterday but the fridge is fine now.").polarity == "ok"


class TestMisheard:
    """As Whisper base really writes it."""

    @pytest.mark.parametrize(
        ("text", "checkpoint"),
        [
            ("火架的酸奶缺乎了", "availability.on_shelf"),
            ("门口有接水", "safety.slip"),
            ("灭火器国企了", "safety.extinguishers"),
            ("能藏贵温度十二度", "equipment.chiller"),
        ],
    )
    def test_known_by_its_sound(self, text: str, checkpoint: str) -> None:
        issue = only(text)
        assert (issue.checkpoint, issue.polarity) == (checkpoint, "problem")
        assert issue.confidence < 0.7

    def test_a_misheard_numeral(self) -> None:
        assert only("冷藏柜温度酒度").value == Value(9, "°C")

    def test_a_half_heard_numeral_is_no_value(self) -> None:
        assert found("冷藏柜温度学二度") == []

    @pytest.mark.parametrize("text", ["这件事过去了", "我觉得很好", "货价谈好了", "去国外", "喝水的地方", "祸不单行"])
    def test_ordinary_words_that_sound_a_little_alike_are_left_alone(self, text: str) -> None:
        assert found(text) == []


spoken = st.text(
    alphabet=st.one_of(
        st.sampled_from("三号货架缺货，。！有没积水冷藏柜温度零下十二度修好了坏百点块"),
        st.sampled_from(string.printable),
    ),
    max_size=80,
)


@given(spoken)
def test_every_span_lies_in_the_text_and_is_not_empty(text: str) -> None:
    for issue in extract(text, LEXICON):
        start, end = issue.span
        assert 0 <= start < end <= len(text)
        assert 0 < issue.confidence <= 1
        assert issue.where is None or issue.where in text


@given(st.text(max_size=60))
def test_any_text_at_all_is_taken(text: str) -> None:
    extract(text, LEXICON)


@given(spoken)
def test_clauses_follow_each_other_and_lose_nothing_but_marks(text: str) -> None:
    simple = plain(text)
    at = 0
    for clause in clauses(simple):
        assert at <= clause.start < clause.end <= len(text)
        assert not any(character.isalnum() for character in simple[at : clause.start])
        at = clause.end
    assert not any(character.isalnum() for character in simple[at:])


@given(spoken)
def test_simpler_text_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)


@given(spoken)
def test_what_is_found_never_overlaps(text: str) -> None:
    for items in (values(plain(text)), cues(plain(text)), places(plain(text))):
        for before, after in pairwise(items):
            assert before.end <= after.start


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("leaks", "leaking"),
        ("mice", "mouse"),
        ("shelves", "shelf"),
        ("boxes", "box"),
        ("missing", "missing"),
        ("tags", "tag"),
    ],
)
def test_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("苹果3块5一斤", 3.5),
        ("价格12块9一份", 12.9),
        ("三块五一斤", 3.5),
        ("8 point five degrees", 8.5),
        ("12点五度", 12.5),
    ],
)
def test_figures_and_numerals_in_one_number(text: str, number: float) -> None:
    assert [found.value.number for found in values(text)][:1] == [number]


@given(
    st.text(
        alphabet="零一二两三四五六七八九十百半0123456789٣.点块元毛斤份个度°c％%天分钟 pointofdegrsh-minus零下负",
        max_size=20,
    )
)
def test_whatever_is_said_numbers_do_no_harm(text: str) -> None:
    assert all(0 <= found.start < found.end <= len(text) for found in values(text))
