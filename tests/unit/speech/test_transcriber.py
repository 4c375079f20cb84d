"""The real model on real sound: speech becomes text, anything else becomes nothing and says why."""

from pathlib import Path

import numpy as np
import pytest

from speech.audio import SAMPLE_RATE
from speech.errors import AudioError
from speech.transcriber import Transcriber
from tests.unit.speech.conftest import Encode, tone


def words(text: str) -> set[str]:
    return {word.strip(".,!?").lower() for word in text.split()}


def test_an_english_note_is_written_down(transcriber: Transcriber, demo_notes: Path) -> None:
    transcript = transcriber.transcribe((demo_notes / "en-shelf-chiller-floor.ogg").read_bytes())
    assert transcript.language == "en"
    assert transcript.duration_s == pytest.approx(9.3, abs=0.2)
    assert {"shelf", "out", "of", "stock", "chiller", "degrees", "water", "floor", "entrance"} <= words(transcript.text)
    assert transcript.model == "whisper-base-1.0.0"
    assert transcript.empty_reason is None


def test_a_chinese_note_is_written_down_in_simplified_characters(transcriber: Transcriber, demo_notes: Path) -> None:
    transcript = transcriber.transcribe((demo_notes / "zh-shelf-chiller-floor.webm").read_bytes())
    assert transcript.language == "zh"
    for heard in ("酸奶卖完了", "温度", "地面有水"):
        assert heard in transcript.text
    assert "，" in transcript.text


def test_segments_stand_in_order_within_the_recording(transcriber: Transcriber, demo_notes: Path) -> None:
    transcript = transcriber.transcribe((demo_notes / "en-exit-tags-restroom.m4a").read_bytes())
    edges = [edge for segment in transcript.segments for edge in (segment.start, segment.end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= transcript.duration_s + 1
    assert all(0 < segment.confidence <= 1 for segment in transcript.segments)


def test_a_place_in_the_text_leads_back_to_the_second(transcriber: Transcriber, demo_notes: Path) -> None:
    transcript = transcriber.transcribe((demo_notes / "en-exit-tags-restroom.m4a").read_bytes())
    at = transcript.text.lower().index("restroom")
    start, end = transcript.seconds_of((at, at + len("restroom")))
    assert 5 < start < end < 9


def test_the_language_is_chosen_among_those_asked_for(transcriber: Transcriber, demo_notes: Path) -> None:
    data = (demo_notes / "en-shelf-chiller-floor.ogg").read_bytes()
    assert transcriber.transcribe(data, ("zh",)).language == "zh"
    assert transcriber.transcribe(data, ("de", "en")).language == "en"


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(3 * SAMPLE_RATE, np.float32),
        np.random.default_rng(1).normal(0, 0.1, 5 * SAMPLE_RATE).astype(np.float32),
        tone(4),
        np.zeros(SAMPLE_RATE // 5, np.float32),
    ],
    ids=["silence", "noise", "hum", "a fifth of a second"],
)
def test_where_nobody_speaks_nothing_is_invented(sound: object, transcriber: Transcriber, encode: Encode) -> None:
    transcript = transcriber.transcribe(encode(sound, "webm"))
    assert transcript.text == ""
    assert transcript.segments == ()
    assert transcript.empty_reason == "no_speech"


def test_a_file_that_is_no_recording_is_an_audio_error(transcriber: Transcriber) -> None:
    with pytest.raises(AudioError, match="not_audio"):
        transcriber.transcribe(b"%PDF-1.7")


def test_after_a_bad_file_the_next_note_is_heard(transcriber: Transcriber, demo_notes: Path) -> None:
    with pytest.raises(AudioError):
        transcriber.transcribe(b"")
    assert transcriber.transcribe((demo_notes / "en-shelf-chiller-floor.ogg").read_bytes()).text


@pytest.mark.needs_data
def test_real_noise_stays_without_words(transcriber: Transcriber, shared_data: Path) -> None:
    for file in sorted((shared_data / "speech" / "noise").iterdir()):
        transcript = transcriber.transcribe(file.read_bytes())
        assert transcript.text == "", file.name
        assert transcript.empty_reason, file.name


@pytest.mark.needs_data
def test_the_language_of_real_speech_is_told(transcriber: Transcriber, shared_data: Path) -> None:
    speech = shared_data / "speech"
    for line in (speech / "manifest.tsv").read_text("utf-8").splitlines()[1::6]:
        file, language, *_ = line.split("\t")
        assert transcriber.transcribe((speech / file).read_bytes()).language == language, file
