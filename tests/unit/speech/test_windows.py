"""The model listens as long as there is something to hear, and a little longer."""

import numpy as np
import pytest

from speech.transcriber import CLEARLY, chosen
from speech.windows import FRAMES_PER_SECOND, TAIL_S, shortened

MOST = 30 * FRAMES_PER_SECOND


def sound(seconds: float, filled_to: float = 0.0) -> np.ndarray:
    features = np.zeros((80, round(max(seconds, filled_to) * FRAMES_PER_SECOND)), np.float32)
    features[:, : round(seconds * FRAMES_PER_SECOND)] = 0.5
    return features


@pytest.mark.parametrize("filled_to", [0, 30])
def test_a_short_note_is_not_listened_to_for_thirty_seconds(filled_to: float) -> None:
    assert shortened(sound(5, filled_to), MOST).shape == (80, (5 + TAIL_S) * FRAMES_PER_SECOND)


def test_no_window_is_longer_than_the_model_takes() -> None:
    assert shortened(sound(29), MOST).shape == (80, MOST)
    assert shortened(sound(30), MOST).shape == (80, MOST)


def test_nothing_that_sounds_is_lost() -> None:
    heard = shortened(sound(7.33, 30), MOST)
    assert heard.sum() == sound(7.33).sum()
    assert heard.shape[1] % 2 == 0


def test_silence_is_a_window_too() -> None:
    assert shortened(sound(0, 30), MOST).shape == (80, TAIL_S * FRAMES_PER_SECOND)


def test_the_language_of_the_profile_stands_unless_another_is_clearly_spoken() -> None:
    both = ("zh", "en")
    assert chosen({"zh": 0.04, "en": 0.04 * CLEARLY * 0.9}, both, "zh") == "zh"
    assert chosen({"zh": 0.04, "en": 0.04 * CLEARLY * 1.1}, both, "zh") == "en"
    assert chosen({"zh": 0.9, "en": 0.1}, both, "zh") == "zh"


def test_without_a_profile_the_likeliest_of_those_asked_for_is_taken() -> None:
    assert chosen({"ja": 0.8, "zh": 0.15, "en": 0.05}, ("en", "zh"), None) == "zh"
    assert chosen({}, ("en", "zh"), None) == "en"
    assert chosen({"zh": 0.1, "en": 0.9}, ("en",), "zh") == "en"
