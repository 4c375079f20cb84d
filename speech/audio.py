"""A recording's bytes → 16 kHz mono samples.

`sniff` only looks at the first bytes. `decode` uses PyAV, in this process: a hostile file can crash it, so whoever must
survive that decodes through `speech.decoder.Decoder`, which does the same in a child.
"""

import io
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from speech.containers import media_type, promises_more_than_it_has
from speech.errors import AudioError

SAMPLE_RATE = 16_000
"""Samples per second that the speech model listens to."""

MAX_SECONDS = 600
MAX_BYTES = 110 * 1024 * 1024
"""Ten minutes of WAV in stereo at 44.1 kHz are 106 MB."""

Samples = NDArray[np.float32]
"""Mono samples at `SAMPLE_RATE`, shape (n,), in [-1, 1]."""

# The reader is named, never guessed by FFmpeg: among those it would guess are playlists that open other files.
_READERS = {
    "audio/webm": "matroska",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/amr": "amr",
}

sniff = media_type


def decode(data: bytes, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> Samples:
    """Return the recording's sound.

    Raises:
        AudioError: empty, not a recording, damaged, cut off, without sound track, too long or too large.

    """
    if not data:
        raise AudioError("audio.empty")
    if len(data) > max_bytes:
        raise AudioError("audio.too_large")
    kind = sniff(data[:4096])
    if kind is None:
        raise AudioError("audio.not_audio")
    cut_off = promises_more_than_it_has(data)
    try:
        samples, promised = _read(data, _READERS[kind], max_seconds)
    except (av.error.FFmpegError, ValueError) as error:
        raise AudioError("audio.truncated" if cut_off else "audio.damaged") from error
    seconds = len(samples) / SAMPLE_RATE
    if cut_off or (promised is not None and promised - seconds > max(1.0, 0.1 * promised)):
        raise AudioError("audio.truncated")
    if not len(samples):
        raise AudioError("audio.empty")
    return samples


def _read(data: bytes, reader: str, max_seconds: float) -> tuple[Samples, float | None]:
    """Return the samples and the seconds that the container says it holds, where it says so."""
    with av.open(io.BytesIO(data), format=reader) as container:
        if not container.streams.audio:
            raise AudioError("audio.no_sound_track")
        stream = container.streams.audio[0]
        promised = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
        if promised is not None and promised > max_seconds + 1:
            raise AudioError("audio.too_long")
        pieces, total = [], 0
        for piece in _resampled(_frames(container, stream)):
            pieces.append(piece)
            total += len(piece)
            if total > (max_seconds + 1) * SAMPLE_RATE:
                raise AudioError("audio.too_long")
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32), promised


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield decoded frames; single bad packets are skipped, as a player would."""
    good = bad = 0
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                good += 1
                yield frame
        except av.error.InvalidDataError:
            bad += 1
    if bad > good:
        raise AudioError("audio.damaged")


def _resampled(frames: Iterator[Any]) -> Iterator[Samples]:
    resampler, form = None, None
    for frame in frames:
        frame.pts = None  # gaps in time stamps are not silence we need to keep
        if resampler is None or form != (frame.sample_rate, frame.layout.name, frame.format.name):
            if resampler is not None:
                yield from _samples(resampler.resample(None))
            form = (frame.sample_rate, frame.layout.name, frame.format.name)
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        yield from _samples(resampler.resample(frame))
    if resampler is not None:
        yield from _samples(resampler.resample(None))


def _samples(frames: list[Any]) -> Iterator[Samples]:
    for frame in frames:
        yield frame.to_ndarray().reshape(-1).astype(np.float32, copy=False)
