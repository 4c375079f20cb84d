"""What a language model says is held against the note: it selects among the checkpoints, and nothing more."""

import pytest

from speech.notes import CheckpointWords, Lexicon, Limits, Value
from speech.notes.answers import ASKED, MOST_ANSWERS, checked
from speech.notes.chat import Answer

LEXICON = Lexicon(
    (
        CheckpointWords("safety.slip", "safety", "major"),
        CheckpointWords("hygiene.floor", "hygiene", "minor"),
        CheckpointWords("equipment.chiller_temperature", "equipment", "critical", limits=Limits("°C", 0, 6)),
        CheckpointWords("equipment.freezer_temperature", "equipment", "critical", limits=Limits("°C", None, -18)),
        CheckpointWords("service.queue_length", "service", "major", limits=Limits("", None, 5)),
    )
)
CHILLER, FREEZER = "equipment.chiller_temperature", "equipment.freezer_temperature"


def answer(checkpoint: str, quote: str, polarity: str = "problem", **more: object) -> Answer:
    return Answer(checkpoint, polarity, quote, **{"confidence": 0.9, **more})  # type: ignore[arg-type]


def test_an_answer_that_stands_in_the_note_is_kept_with_its_place_in_the_text() -> None:
    text = "今天三号货架前面的地上都是水，小心"
    [issue] = checked([answer("safety.slip", "地上都是水", where="三号货架", what="水")], text, LEXICON)
    assert text[slice(*issue.span)] == "地上都是水"
    assert (issue.dimension, issue.polarity, issue.where, issue.what) == ("safety", "problem", "三号货架", "水")


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("地上有积水", "地上都是水"),
        ("the floor is very wet", "the floor is wet"),
        ("", "the floor is wet"),
        ("。", "地上都是水。"),
        ("9 degrees", "the fridge is at 19 degrees"),
        ("we", "the floor is wet"),
    ],
)
def test_words_that_were_not_said_are_dropped(quote: str, text: str) -> None:
    assert checked([answer("safety.slip", quote)], text, LEXICON) == ()


def test_case_width_and_the_full_stop_of_a_quote_do_not_matter() -> None:
    text = "The FLOOR is wet，again"
    [issue] = checked([answer("safety.slip", "the floor is WET,again.")], text, LEXICON)
    assert issue.span == (0, len(text))


@pytest.mark.parametrize("code", ["safety.invented", "", "safety.slip; drop table", "SAFETY.SLIP"])
def test_a_checkpoint_outside_the_library_is_dropped(code: str) -> None:
    assert checked([answer(code, "floor is wet")], "the floor is wet", LEXICON) == ()


def test_a_place_or_a_product_that_was_not_named_is_left_out() -> None:
    text = "the floor is wet"
    [issue] = checked([answer("safety.slip", text, where="aisle 4", what="milk")], text, LEXICON)
    assert (issue.where, issue.what) == (None, None)


def test_a_place_is_no_essay() -> None:
    text = "the floor is wet " * 10
    [issue] = checked([answer("safety.slip", "floor is wet", where=text.strip())], text, LEXICON)
    assert issue.where is None


class TestValues:
    @pytest.mark.parametrize(
        ("checkpoint", "text", "number", "polarity"),
        [
            (CHILLER, "冷藏柜九度", 9, "problem"),
            (CHILLER, "冷藏柜四度", 4, "ok"),
            (CHILLER, "冷藏柜零下二度", -2, "problem"),
            (CHILLER, "the fridge is at nine degrees", 9, "problem"),
            (FREEZER, "冷冻柜零下二十度", -20, "ok"),
            (FREEZER, "the freezer is at eighteen degrees", -18, "ok"),
            (FREEZER, "the freezer is at minus ten degrees", -10, "problem"),
        ],
    )
    @pytest.mark.parametrize("claimed", ["problem", "ok"])
    def test_limits_decide_and_not_the_model(
        self, checkpoint: str, text: str, number: float, polarity: str, claimed: str
    ) -> None:
        for value in (Value(number, "°C"), None):
            [issue] = checked([answer(checkpoint, text, claimed, value=value)], text, LEXICON)
            assert (issue.polarity, issue.value) == (polarity, Value(number, "°C"))

    @pytest.mark.parametrize(
        ("quote", "value"),
        [("冷藏柜", Value(9, "°C")), ("冷藏柜九度", Value(4, "°C")), ("冷藏柜九度", Value(9, "days"))],
    )
    def test_a_value_is_never_the_models_own(self, quote: str, value: Value) -> None:
        found = checked([answer(CHILLER, quote, "ok", value=value)], "冷藏柜九度", LEXICON)
        assert [(issue.polarity, issue.value) for issue in found] in ([], [("problem", Value(9, "°C"))])

    def test_an_answer_whose_measurement_is_not_in_its_quote_is_dropped(self) -> None:
        assert checked([answer(CHILLER, "冷藏柜", value=Value(9, "°C"))], "冷藏柜，一共九度", LEXICON) == ()

    def test_part_of_a_number_is_not_that_number(self) -> None:
        assert checked([answer(CHILLER, "三度", "ok", value=Value(3, "°C"))], "冷藏柜十三度", LEXICON) == ()

    def test_of_several_the_one_that_was_meant_counts(self) -> None:
        text = "冷藏柜早上九度现在四度"
        [issue] = checked([answer(CHILLER, text, "ok", value=Value(4, "°C"))], text, LEXICON)
        assert (issue.polarity, issue.value) == ("ok", Value(4, "°C"))
        [issue] = checked([answer(CHILLER, text, "ok")], text, LEXICON)
        assert (issue.polarity, issue.value) == ("problem", Value(9, "°C"))

    def test_a_count_is_held_against_limits_only_where_it_was_meant(self) -> None:
        text = "收银台排队8个人"
        [issue] = checked([answer("service.queue_length", text, "ok", value=Value(8, ""))], text, LEXICON)
        assert (issue.polarity, issue.value) == ("problem", Value(8, ""))
        [issue] = checked([answer("service.queue_length", text, "ok")], text, LEXICON)
        assert issue.polarity == "ok"

    def test_a_value_that_was_not_said_is_left_out_where_there_are_no_limits(self) -> None:
        [issue] = checked([answer("safety.slip", "地上都是水", value=Value(3, "m"))], "地上都是水", LEXICON)
        assert issue.value is None

    def test_the_number_of_a_shelf_is_no_value(self) -> None:
        text = "queue at checkout 8 is fine"
        assert checked([answer("service.queue_length", text, "ok", value=Value(8, ""))], text, LEXICON) == ()


class TestHowSureAndHowBad:
    @pytest.mark.parametrize(
        ("claimed", "kept"), [(0.3, 0.3), (1.0, ASKED), (1e300, ASKED), (float("inf"), ASKED), (-5, 0)]
    )
    def test_confidence_is_capped(self, claimed: float, kept: float) -> None:
        [issue] = checked([answer("safety.slip", "地上都是水", confidence=claimed)], "地上都是水", LEXICON)
        assert issue.confidence == kept

    def test_severity_is_that_of_the_checkpoint_and_of_the_words(self) -> None:
        for text, severity in (("地上有水", "major"), ("地上到处是水", "critical"), ("地上稍微有水", "minor")):
            [issue] = checked([answer("safety.slip", text)], text, LEXICON)
            assert issue.severity == severity


class TestSaidTwice:
    def test_one_matter_is_one_issue(self) -> None:
        text = "入口地上有水，对，地上很湿"
        [issue] = checked(
            [answer("safety.slip", "地上很湿"), answer("safety.slip", "地上有水", where="入口")], text, LEXICON
        )
        assert issue.where == "入口"

    def test_two_places_are_two(self) -> None:
        text = "入口地上有水，仓库地上有水"
        answers = [
            answer("safety.slip", "仓库地上有水", where="仓库"),
            answer("safety.slip", "入口地上有水", where="入口"),
        ]
        assert [issue.where for issue in checked(answers, text, LEXICON)] == ["入口", "仓库"]

    def test_of_two_minds_the_problem_counts(self) -> None:
        text = "地上有水，地面干净"
        answers = [answer("safety.slip", "地面干净", "ok"), answer("safety.slip", "地上有水", confidence=0.1)]
        assert [issue.polarity for issue in checked(answers, text, LEXICON)] == ["problem"]

    def test_a_model_that_goes_on_and_on_is_cut(self) -> None:
        text = "，".join(f"{number}号货架地上有水" for number in range(100))
        answers = [answer("safety.slip", "地上有水", where=f"{number}号货架") for number in range(100)]
        assert len(checked(answers, text, LEXICON)) == MOST_ANSWERS
