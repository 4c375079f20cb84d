"""Phrases that speech models make up are told from what a supervisor may really say."""

import pytest

from speech.guard import is_credit, is_loop
from speech.transcriber import believable
from speech.transcript import EMPTY_REASONS, Segment


@pytest.mark.parametrize(
    "text",
    [
        "作词 作曲 李宗盛",
        "作曲",
        "谢谢观看",
        "感谢大家收看",
        "字幕由Amara.org社区提供",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "See you in the next video.",
        "Thank you for watching!",
        "Thanks for watching, please subscribe.",
        "Subtitles by the community",
        "♪ (音乐) ♪",
    ],
)
def test_credits_are_known(text: str) -> None:
    assert is_credit(text)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢店长，地面有积水",
        "曲奇饼干没货了",
        "词条贴错了",
        "Thank you, the fridge is fine.",
        "The music is too loud at the entrance.",
        "You need to restock shelf three.",
    ],
)
def test_what_people_say_is_no_credit(text: str) -> None:
    assert not is_credit(text)


def test_endless_repetition_is_a_loop_and_emphasis_is_not() -> None:
    assert is_loop("有积水有积水有积水有积水有积水")
    assert is_loop("the the the the the")
    assert not is_loop("缺货，缺货")
    assert not is_loop("no no no no, the fridge is fine now and everything is good")


@pytest.mark.parametrize(
    ("text", "confidence", "reason"),
    [("谢谢观看", 0.9, "not_a_note"), ("好的好的好的好的好的", 0.9, "loop"), ("三号货架缺货", 0.1, "unclear")],
)
def test_what_nobody_said_is_dropped_with_its_reason(text: str, confidence: float, reason: str) -> None:
    assert believable([Segment(0, 1, text, confidence)]) == ((), reason)
    assert EMPTY_REASONS[reason].zh


def test_what_somebody_said_stays_beside_what_is_dropped() -> None:
    said = Segment(0, 2, "三号货架缺货", 0.7)
    assert believable([said, Segment(2, 3, "谢谢观看", 0.9)]) == ((said,), None)


def test_three_segments_that_say_the_same_are_a_loop() -> None:
    same = [Segment(second, second + 1, "我认识了你", 0.8) for second in range(3)]
    assert believable(same) == ((), "loop")
    assert believable(same[:2]) == (tuple(same[:2]), None)


def test_no_segments_mean_that_nobody_spoke() -> None:
    assert believable([]) == ((), "no_speech")
