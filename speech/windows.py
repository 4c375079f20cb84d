"""Whisper that listens only as long as there is something to hear, and once."""

from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

FRAMES_PER_SECOND = 100
TAIL_S = 4
"""Silence left behind the sound. Much less, and the model repeats itself for want of an end: see docs/speech.md."""

REST_S = 2
"""What is left of a window after the last word is listened to again only where it is longer than this."""


class ShortWindows(WhisperModel):  # type: ignore[misc]  # it has no types
    """Encodes the sound of a window and a few seconds of silence, not the thirty seconds it is filled up to.

    The encoder takes most of the time of a short note, and its cost grows faster than the length.
    """

    def encode(self, features: NDArray[np.float32]) -> Any:
        """Return the encoded window; `features` are (bands, frames), filled up with zeros or not."""
        return super().encode(shortened(features, self.feature_extractor.nb_max_frames))

    def _split_segments_by_timestamps(self, *, seek: int, segment_size: int, **rest: Any) -> tuple[Any, int, bool]:
        """Go on after the whole window, where faster-whisper would go back to the last word.

        The few tenths of a second it goes back for cost as much as a note, and it hears words in them that nobody said.
        """
        segments, onward, ended = super()._split_segments_by_timestamps(seek=seek, segment_size=segment_size, **rest)
        if seek + segment_size - onward <= REST_S * FRAMES_PER_SECOND:
            return segments, seek + segment_size, True
        return segments, onward, ended


def shortened(features: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """Return the frames up to the last that is not all zero, and `TAIL_S` of zeros; `most` frames at most."""
    sounding = np.flatnonzero(features.any(axis=0))
    used = int(sounding[-1]) + 1 if len(sounding) else 0
    wanted = min(most, used + TAIL_S * FRAMES_PER_SECOND) // 2 * 2  # the encoder halves them
    return np.pad(features[:, :wanted], ((0, 0), (0, max(0, wanted - features.shape[1]))))
