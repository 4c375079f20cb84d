"""Whatever a phone sends is heard, or ends in an empty transcript or an error that says why; nothing is made up."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from speech.audio import SAMPLE_RATE, decode, sniff
from speech.errors import AudioError
from speech.transcriber import Transcriber
from speech.transcript import EMPTY_REASONS
from tests.unit.speech.conftest import Encode, encoded, filmed, tone

SAID = "the chiller is at"


@pytest.fixture(scope="module")
def note(demo_notes: Path) -> NDArray[np.float32]:
    return decode((demo_notes / "en-shelf-chiller-floor.ogg").read_bytes())


def resampled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    at = np.arange(0, len(samples), SAMPLE_RATE / rate)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


def refusal(data: bytes, transcriber: Transcriber) -> str:
    with pytest.raises(AudioError) as caught:
        transcriber.transcribe(data)
    return caught.value.code


@pytest.mark.parametrize(
    ("form", "rate", "channels"), [("amr", 8_000, 1), ("wav", 8_000, 1), ("m4a", 48_000, 2), ("wav", 48_000, 2)]
)
def test_a_telephone_and_a_studio_are_both_understood(
    form: str, rate: int, channels: int, note: NDArray[np.float32], transcriber: Transcriber
) -> None:
    data = encoded(resampled(note, rate), form, rate=rate, channels=channels)
    transcript = transcriber.transcribe(data)
    assert SAID in transcript.text.lower()
    assert transcript.duration_s == pytest.approx(len(note) / SAMPLE_RATE, abs=0.3)


def test_amr_is_known_by_its_first_bytes(encode: Encode) -> None:
    assert sniff(encode(tone(1, 8_000), "amr", rate=8_000)[:64]) == "audio/amr"


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_of_a_video_the_sound_is_heard(form: str, note: NDArray[np.float32], transcriber: Transcriber) -> None:
    assert SAID in transcriber.transcribe(filmed(note, form)).text.lower()


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_a_silent_film_is_refused_with_its_reason(form: str, transcriber: Transcriber) -> None:
    assert refusal(filmed(None, form), transcriber) == "audio.no_sound_track"


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_a_video_in_which_nobody_speaks_has_no_words(form: str, transcriber: Transcriber) -> None:
    transcript = transcriber.transcribe(filmed(np.zeros(3 * SAMPLE_RATE, np.float32), form))
    assert (transcript.text, transcript.empty_reason) == ("", "no_speech")


def test_music_has_no_words(transcriber: Transcriber, encode: Encode) -> None:
    transcript = transcriber.transcribe(encode(music(8), "m4a"))
    assert (transcript.text, transcript.segments) == ("", ())
    assert transcript.empty_reason in EMPTY_REASONS


def music(seconds: int) -> NDArray[np.float32]:
    """Two chords a second, each dying away."""
    at = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    roots = np.random.default_rng(7).choice([220.0, 247.0, 294.0, 330.0], size=2 * seconds)
    chords = [sum(np.sin(2 * np.pi * root * step * at) for step in (1, 1.25, 1.5)) * np.exp(-3 * at) for root in roots]
    return np.asarray(0.2 * np.concatenate(chords), np.float32)


@pytest.mark.needs_data
def test_a_crowd_of_ten_is_nobodys_note(transcriber: Transcriber, shared_data: Path) -> None:
    voices = [decode(file.read_bytes()) for file in sorted((shared_data / "speech" / "real").rglob("*.wav"))[::4]]
    crowd = sum(np.resize(voice / voice.std(), 10 * SAMPLE_RATE) for voice in voices[:10])
    transcript = transcriber.transcribe_samples(np.asarray(crowd / np.abs(crowd).max() / 2, np.float32))
    assert transcript.text == ""
    assert transcript.empty_reason in EMPTY_REASONS


def test_each_window_is_listened_to_once(
    note: NDArray[np.float32], transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[int] = []
    encode = transcriber._model.encode

    def counted(features: NDArray[np.float32]) -> object:
        windows.append(features.shape[1])
        return encode(features)

    monkeypatch.setattr(transcriber._model, "encode", counted)
    for cut in range(6):  # wherever the sound ends, a last word is not sought behind it
        transcriber.transcribe_samples(note[: len(note) - cut * SAMPLE_RATE // 4])
    assert len(windows) == 6


def test_a_language_nobody_asked_for_is_not_turned_into_one_that_was(transcriber: Transcriber) -> None:
    spanish = (Path(__file__).parent / "es-floor-fridge-tags.ogg").read_bytes()  # synthesised
    transcript = transcriber.transcribe(spanish, expected="zh")
    assert (transcript.text, transcript.empty_reason) == ("", "other_language")


def test_a_note_in_the_other_language_of_the_company_is_heard_in_it(transcriber: Transcriber, demo_notes: Path) -> None:
    for name, other in (("en-shelf-chiller-floor.ogg", "zh"), ("zh-shelf-chiller-floor.webm", "en")):
        transcript = transcriber.transcribe((demo_notes / name).read_bytes(), expected=other)
        assert transcript.language == name[:2]
        assert transcript.text
