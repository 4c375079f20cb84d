"""The noise that spoken notes are measured in is as loud as the table says, and the same each time."""

import numpy as np
import pytest

from benchmarks.shop_noise import RATE, in_a_shop, shop, speaking

LUCK = np.random.default_rng(1)
VOICES = [LUCK.normal(0, 0.1, 3 * RATE).astype(np.float32) for _ in range(7)]
SPEECH = np.concatenate([np.zeros(RATE), 0.05 * np.sin(np.arange(2 * RATE) / 9), np.zeros(RATE)]).astype(np.float32)


@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_speech_is_so_much_louder_than_the_noise_where_somebody_speaks(snr_db: float) -> None:
    noise = in_a_shop(SPEECH, snr_db, 3, VOICES) - SPEECH
    active = speaking(SPEECH)
    ratio = 10 * np.log10(np.mean(SPEECH[active] ** 2) / np.mean(noise[active] ** 2))
    assert ratio == pytest.approx(snr_db, abs=0.1)
    assert active.mean() == pytest.approx(0.5, abs=0.02)


def test_the_same_seed_is_the_same_noise_and_another_is_another() -> None:
    assert np.array_equal(shop(RATE, 3, VOICES), shop(RATE, 3, VOICES))
    assert not np.array_equal(shop(RATE, 3, VOICES), shop(RATE, 4, VOICES))


def test_nothing_is_louder_than_a_recording_can_be() -> None:
    assert np.abs(in_a_shop(SPEECH * 19, 0, 3, VOICES)).max() <= 1
