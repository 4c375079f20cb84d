"""The real speech model, once for all tests, and recordings made here."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from core import weights
from core.settings import load
from speech.transcriber import Transcriber

DEMO = Path(__file__).parents[3] / "speech" / "demo"
FORMS = {
    "wav": ("wav", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "m4a": ("mp4", "aac"),
    "webm": ("webm", "libopus"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "amr": ("amr", "libopencore_amrnb"),
}
RATES = {"libopus": 48_000, "libopencore_amrnb": 8_000}
"""Where the codec takes no other."""

Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """Whisper base; fetched if it is not there (`make test` has fetched it before)."""
    return weights.fetch("whisper-base", load(os.environ).models)


@pytest.fixture(scope="session")
def transcriber(model_dir: Path) -> Iterator[Transcriber]:
    transcriber = Transcriber.load(model_dir)
    yield transcriber
    transcriber.close()


@pytest.fixture(scope="session")
def demo_notes() -> Path:
    """Synthesised notes that the project ships."""
    return DEMO


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Make a recording of samples: `encode(samples, "webm", rate=48000, channels=2)`."""
    return encoded


def tone(seconds: float, rate: int = 16_000) -> NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def encoded(samples: NDArray[np.float32], form: str, rate: int = 16_000, channels: int = 1) -> bytes:
    name, codec = FORMS[form]
    stream_rate = RATES.get(codec, rate)
    layout = "stereo" if channels == 2 else "mono"
    sink = io.BytesIO()
    with av.open(sink, "w", format=name) as container:
        stream = container.add_stream(codec, rate=stream_rate, layout=layout)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=stream_rate)
        _write(container, stream, resampler, samples, rate)
    return sink.getvalue()


def filmed(samples: NDArray[np.float32] | None, form: str, rate: int = 16_000) -> bytes:
    """Make a video of a grey wall; without samples, a silent film."""
    name, picture, sound = {"mp4": ("mp4", "mpeg4", "aac"), "webm": ("webm", "libvpx", "libopus")}[form]
    sink = io.BytesIO()
    with av.open(sink, "w", format=name) as container:
        film = container.add_stream(picture, rate=5)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream(sound, rate=48_000, layout="mono") if samples is not None else None
        wall = np.full((48, 64, 3), 128, np.uint8)
        for _ in range(5 * (len(samples) // rate if samples is not None else 2)):
            container.mux(film.encode(av.VideoFrame.from_ndarray(wall, format="rgb24")))
        container.mux(film.encode(None))
        if track is not None and samples is not None:
            resampler = av.AudioResampler(format=track.format, layout="mono", rate=48_000)
            _write(container, track, resampler, samples, rate)
    return sink.getvalue()


def _write(container: Any, stream: Any, resampler: Any, samples: NDArray[np.float32], rate: int) -> None:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    size = stream.codec_context.frame_size or 160
    fifo = av.AudioFifo()
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        piece.pts = None
        fifo.write(piece)
    while block := fifo.read(size) or fifo.read(size, partial=True):
        container.mux(stream.encode(block))
    container.mux(stream.encode(None))
