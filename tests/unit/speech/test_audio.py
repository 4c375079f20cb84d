"""A recording becomes samples, whatever a phone wrote it as; anything else is refused with the reason."""

import io
import os
import signal
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.audio import SAMPLE_RATE, decode, sniff
from speech.decoder import Decoder
from speech.errors import DETAILS, AudioError, DecoderDied
from tests.unit.speech.conftest import Encode, tone

TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "webm": "audio/webm",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
}


def refusal(data: bytes, **limits: float) -> str:
    with pytest.raises(AudioError) as caught:
        decode(data, **limits)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (48_000, 2)])
def test_every_form_a_phone_makes_is_read(form: str, rate: int, channels: int, encode: Encode) -> None:
    data = encode(tone(2, rate), form, rate=rate, channels=channels)
    assert sniff(data[:64]) == TYPES[form]
    samples = decode(data)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, rel=0.06)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(samples) == pytest.approx(440, abs=2)


def test_a_telephone_recording_of_8_khz_is_read(encode: Encode) -> None:
    assert len(decode(encode(tone(1, 8_000), "wav", rate=8_000))) == pytest.approx(SAMPLE_RATE, rel=0.02)


def test_nothing_is_no_recording() -> None:
    assert refusal(b"") == "audio.empty"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 a note, says its name",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"\xff\xd8\xff\xe0" + bytes(40),
        bytes(12) + b"ftypheic" + bytes(40),
        b"\x00\x00\x00\x18ftypheic" + bytes(40),
        b"#EXTM3U\nhttp://example.org/other.ts\n",
        bytes(1000),
    ],
)
def test_other_files_are_refused_by_their_first_bytes(data: bytes) -> None:
    assert sniff(data[:64]) is None
    assert refusal(data) == "audio.not_audio"


@pytest.mark.parametrize("form", ["wav", "ogg", "m4a"])
def test_a_recording_that_lost_its_end_is_told_from_a_whole_one(form: str, encode: Encode) -> None:
    data = encode(tone(8), form)
    assert refusal(data[: len(data) // 2]) == "audio.truncated"


@pytest.mark.parametrize("form", ["webm", "mp3"])
def test_a_stream_that_ends_early_is_told_too_or_read_as_far_as_it_goes(form: str, encode: Encode) -> None:
    data = encode(tone(8), form)
    assert heard(data[: len(data) // 2]) in {"audio.truncated", 3, 4}


def heard(data: bytes) -> str | int:
    """Whole seconds, or the reason for none."""
    try:
        return int(len(decode(data)) / SAMPLE_RATE)
    except AudioError as error:
        return error.code


@pytest.mark.parametrize("form", TYPES)
def test_garbage_behind_a_good_beginning_is_refused(form: str, encode: Encode) -> None:
    data = encode(tone(2), form)[:40] + bytes(range(256)) * 8
    assert refusal(data) in {"audio.damaged", "audio.truncated", "audio.empty", "audio.no_sound_track"}


def test_a_recording_over_the_limit_of_time_is_refused(encode: Encode) -> None:
    data = encode(tone(5), "wav")
    assert refusal(data, max_seconds=3) == "audio.too_long"
    assert len(decode(data, max_seconds=5)) == 5 * SAMPLE_RATE


def test_a_recording_over_the_limit_of_bytes_is_refused(encode: Encode) -> None:
    assert refusal(encode(tone(1), "wav"), max_bytes=1000) == "audio.too_large"


def test_every_refusal_is_said_in_both_languages() -> None:
    for text in DETAILS.values():
        assert text.zh
        assert text.en


@given(st.binary(max_size=300))
def test_no_bytes_make_the_look_at_the_beginning_fail(head: bytes) -> None:
    assert sniff(head) in {None, *TYPES.values(), "audio/amr"}


@given(st.sampled_from([b"RIFF\0\0\0\0WAVE", b"OggS", b"\x1aE\xdf\xa3", b"ID3", b"fLaC"]), st.binary(max_size=200))
def test_damaged_recordings_end_in_an_audio_error(start: bytes, rest: bytes) -> None:
    with pytest.raises(AudioError):
        decode(start + rest)


def wav_of_ten_minutes(rate: int, channels: int) -> bytes:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", "not compressed"))
        file.writeframes(bytes(600 * rate * channels * 2))
    return sink.getvalue()


class TestDecoder:
    """The same in a child process."""

    def test_it_gives_what_decode_gives(self, encode: Encode) -> None:
        data = encode(tone(1), "wav")
        decoder = Decoder()
        try:
            assert np.array_equal(decoder.decode(data), decode(data))
        finally:
            decoder.close()

    def test_it_passes_the_refusal_on_and_lives(self, encode: Encode) -> None:
        decoder = Decoder()
        try:
            with pytest.raises(AudioError) as caught:
                decoder.decode(b"%PDF-1.7")
            assert caught.value.code == "audio.not_audio"
            assert caught.value.detail == DETAILS["audio.not_audio"]
            assert len(decoder.decode(encode(tone(1), "wav"))) == SAMPLE_RATE
        finally:
            decoder.close()

    def test_a_killed_child_is_replaced(self, encode: Encode) -> None:
        data = encode(tone(1), "wav")
        decoder = Decoder()
        try:
            decoder.decode(data)
            assert decoder._child
            os.kill(decoder._child.pid, signal.SIGKILL)
            decoder._child.wait()
            assert len(decoder.decode(data)) == SAMPLE_RATE
        finally:
            decoder.close()

    def test_it_takes_as_many_bytes_as_its_owner_said(self, encode: Encode) -> None:
        data = encode(tone(1), "wav")
        decoder = Decoder(max_bytes=len(data) - 1)
        try:
            with pytest.raises(AudioError) as caught:
                decoder.decode(data)
            assert caught.value.code == "audio.too_large"
        finally:
            decoder.close()

    def test_ten_minutes_of_wav_in_stereo_are_a_recording(self) -> None:
        data = wav_of_ten_minutes(rate=44_100, channels=2)
        assert len(data) > 100_000_000
        decoder = Decoder()
        try:
            assert len(decoder.decode(data)) == pytest.approx(600 * SAMPLE_RATE, rel=0.001)
        finally:
            decoder.close()

    def test_a_child_that_hangs_is_given_up(self, encode: Encode) -> None:
        data = encode(tone(1), "wav")
        decoder = Decoder(seconds=0.5)
        try:
            decoder._running()
            assert decoder._child
            os.kill(decoder._child.pid, signal.SIGSTOP)
            with pytest.raises(DecoderDied):
                decoder.decode(data[:2000])
            assert len(decoder.decode(data)) == SAMPLE_RATE  # by a new child
        finally:
            decoder.close()


@pytest.mark.needs_data
def test_all_shared_recordings_are_read(shared_data: Path) -> None:
    files = [path for path in (shared_data / "speech").rglob("*") if path.suffix in {".wav", ".flac", ".mp3", ".ogg"}]
    assert len(files) > 40
    for file in files:
        assert len(decode(file.read_bytes())) > SAMPLE_RATE
