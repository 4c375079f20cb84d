"""The noise of a shop, made here: it is synthetic, and every figure measured in it says so.

Voices all around, a fridge, music from the ceiling, tills and clatter; the same for the same seed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples per second, of everything in this module."""

VOICES = 6
LEVELS_DB = {"voices": 0.0, "fridge": -4.0, "music": -6.0, "tills": -8.0, "clatter": -6.0}
"""How loud each part is over the whole recording, beside the voices."""

ACTIVE_DB, FRAME = 35.0, 480
"""A frame of 30 ms counts as speech where it is at most so much below the loudest one."""

Samples = NDArray[np.float32]


def in_a_shop(speech: Samples, snr_db: float, seed: int, voices: Sequence[Samples]) -> Samples:
    """Return speech with the noise of a shop, `snr_db` below it where somebody speaks.

    `voices` are recordings of other people, who all talk at once. The result is at most as loud as a recording can be.
    """
    noise = shop(len(speech), seed, voices)
    active = speaking(speech)
    ratio = _power(speech[active]) / max(_power(noise[active]), 1e-12)
    mixed = speech + noise * np.sqrt(ratio / 10 ** (snr_db / 10))
    return np.asarray(mixed / max(1.0, np.abs(mixed).max() / 0.99), np.float32)


def speaking(speech: Samples) -> NDArray[np.bool_]:
    """Tell of each sample whether somebody speaks there."""
    frames = np.pad(speech, (0, -len(speech) % FRAME)).reshape(-1, FRAME)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    return np.repeat(level > level.max() - ACTIVE_DB, FRAME)[: len(speech)]


def shop(length: int, seed: int, voices: Sequence[Samples]) -> Samples:
    """Return the noise alone."""
    luck = np.random.default_rng(seed)
    parts = {
        "voices": _babble(luck, length, voices),
        "fridge": _fridge(luck, length),
        "music": _music(luck, length),
        "tills": _tills(luck, length),
        "clatter": _clatter(luck, length),
    }
    loud = {name: part / np.sqrt(max(_power(part), 1e-12)) for name, part in parts.items()}
    return np.asarray(sum(part * 10 ** (LEVELS_DB[name] / 20) for name, part in loud.items()), np.float32)


def _power(samples: Any) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0


def _babble(luck: np.random.Generator, length: int, voices: Sequence[Samples]) -> Any:
    mixed = np.zeros(length)
    for voice in luck.choice(len(voices), min(VOICES, len(voices)), replace=False):
        said = voices[voice] / np.sqrt(max(_power(voices[voice]), 1e-12))
        start = int(luck.integers(len(said)))
        mixed += np.resize(np.roll(said, -start), length) * 10 ** (luck.uniform(-6, 0) / 20)
    return mixed


def _fridge(luck: np.random.Generator, length: int) -> Any:
    seconds = np.arange(length) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * n * seconds + luck.uniform(0, 6)) / n for n in (1, 2, 3, 4, 6, 8))
    rush = np.fft.irfft(np.fft.rfft(luck.normal(size=length)) / (1 + np.fft.rfftfreq(length, 1 / RATE) / 200), length)
    return hum * 0.5 + rush / rush.std()


def _music(luck: np.random.Generator, length: int) -> Any:
    """Return chords of three decaying tones with overtones, about two a second."""
    music = np.zeros(length)
    for start in range(0, length, int(RATE * luck.uniform(0.4, 0.6))):
        seconds = np.arange(min(RATE, length - start)) / RATE
        root = 220 * 2 ** (luck.integers(12) / 12)
        for step in (0, 4, 7):
            for overtone in (1, 2, 3):
                tone = np.sin(2 * np.pi * root * 2 ** (step / 12) * overtone * seconds)
                music[start : start + len(seconds)] += tone * np.exp(-3 * seconds) / overtone**2
    return music


def _tills(luck: np.random.Generator, length: int) -> Any:
    """Return a beep of 90 ms every second or two."""
    beeps, at = np.zeros(length), int(luck.integers(RATE))
    while at < length:
        seconds = np.arange(min(int(0.09 * RATE), length - at)) / RATE
        beeps[at : at + len(seconds)] += np.sign(np.sin(2 * np.pi * luck.choice((1900, 2300, 2700)) * seconds))
        at += int(RATE * luck.uniform(0.8, 2.2))
    return beeps


def _clatter(luck: np.random.Generator, length: int) -> Any:
    """Return bangs of trolleys and crates: noise that dies away within a tenth of a second."""
    bangs = np.zeros(length)
    for at in luck.integers(length, size=max(1, length // (2 * RATE))):
        decay = np.exp(-np.arange(min(RATE // 5, length - at)) / (0.03 * RATE))
        bangs[at : at + len(decay)] += luck.normal(size=len(decay)) * decay * luck.uniform(0.3, 1)
    return bangs
