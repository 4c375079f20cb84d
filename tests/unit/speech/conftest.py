"""The real speech model, once for all tests, and recordings made here."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

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
}

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
    stream_rate = 48_000 if codec == "libopus" else rate
    layout = "stereo" if channels == 2 else "mono"
    sink = io.BytesIO()
    with av.open(sink, "w", format=name) as container:
        stream = container.add_stream(codec, rate=stream_rate, layout=layout)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=stream_rate)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = rate
        size = stream.codec_context.frame_size or 1024
        fifo = av.AudioFifo()
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            piece.pts = None
            fifo.write(piece)
        while block := fifo.read(size) or fifo.read(size, partial=True):
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return sink.getvalue()
