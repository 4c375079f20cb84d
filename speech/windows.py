"""Whisper that listens only as long as there is something to hear."""

from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

FRAMES_PER_SECOND = 100
TAIL_S = 4
"""Silence left behind the sound. Much less, and the model repeats itself for want of an end: see docs/speech.md."""


class ShortWindows(WhisperModel):  # type: ignore[misc]  # it has no types
    """Encodes the sound of a window and a few seconds of silence, not the thirty seconds it is filled up to.

    The encoder takes most of the time of a short note, and its cost grows faster than the length.
    """

    def encode(self, features: NDArray[np.float32]) -> Any:
        """Return the encoded window; `features` are (bands, frames), filled up with zeros or not."""
        return super().encode(shortened(features, self.feature_extractor.nb_max_frames))


def shortened(features: NDArray[np.float32], most: int) -> NDArray[np.float32]:
    """Return the frames up to the last that is not all zero, and `TAIL_S` of zeros; `most` frames at most."""
    sounding = np.flatnonzero(features.any(axis=0))
    used = int(sounding[-1]) + 1 if len(sounding) else 0
    wanted = min(most, used + TAIL_S * FRAMES_PER_SECOND) // 2 * 2  # the encoder halves them
    return np.pad(features[:, :wanted], ((0, 0), (0, max(0, wanted - features.shape[1]))))
