"""One detector: an ONNX file, a resident onnxruntime session, boxes out.

Used serially: one worker process, one session, one photo at a time (a session made before a fork breaks).
"""

import math
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.errors import ModelFileError
from core.onnx import open_session
from vision.calibration import Calibration
from vision.geometry import Boxes, suppress
from vision.photo import Pixels

STRIDE = 32  # the network halves its input five times
MAX_CANDIDATES = 1000
MAX_IOU = 0.5
_GREY = 114  # the padding colour of training


class Detections(msgspec.Struct, frozen=True, eq=False):
    """Boxes (n, 4) in pixels of the picture given, and their scores (n,), best first."""

    boxes: Boxes
    scores: NDArray[np.float32]


class Detector:
    """A one-class detector. What the file says about itself: `name`, `min_score`, `side`, `calibration`.

    Scores are probabilities where the file carries a calibration, and so is `min_score`.
    """

    def __init__(self, session: onnxruntime.InferenceSession, facts: dict[str, str]) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self.name = f"{facts['name']} {facts['version']}"
        self.class_name = facts["class_name"]
        self.min_score = float(facts["min_score"])
        self.side = int(facts["side"])
        self.calibration = Calibration.parse(facts["calibration"]) if "calibration" in facts else Calibration()

    @classmethod
    def load(cls, file: Path, threads: int | None = None) -> "Detector":
        """Load an exported detector; `threads` defaults to the cores this process may use.

        Raises `ModelFileError` naming the file if it is missing, damaged or not exported by `vision.train`.
        """
        session = open_session(file, threads)
        try:
            return cls(session, session.get_modelmeta().custom_metadata_map)
        except (KeyError, ValueError) as error:
            raise ModelFileError.unusable(file, error) from error

    def detect(self, pixels: Pixels, min_score: float | None = None, side: int | None = None) -> Detections:
        """Find the objects in RGB `pixels` (h, w, 3) that score at least `min_score`."""
        least = self.min_score if min_score is None else min_score
        blob, scale = letterbox(pixels, side or self.side)
        raw = _read_output(self.run(blob), self.calibration.score(least), scale, pixels.shape[1], pixels.shape[0])
        scores = self.calibration.probability(raw.scores.astype(np.float64)).astype(np.float32)
        return Detections(raw.boxes, scores)

    def run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network on a blob (1, 3, H, W) of `letterbox`; returns (5, n): centre x, y, width, height, score."""
        return np.asarray(self._session.run(None, {self._input: blob})[0][0], dtype=np.float32)


def letterbox(pixels: Pixels, side: int) -> tuple[NDArray[np.float32], float]:
    """Scale to the area of a square of `side`, pad right and below to a multiple of 32.

    Returns the blob (1, 3, H, W) in 0..1 and the scale. The blob keeps the photo's shape: a portrait photo is
    seen in as much detail as a square one, for the same work and with next to no padding.
    """
    height, width = pixels.shape[:2]
    scale = side / math.sqrt(height * width)
    small_width, small_height = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, (small_width, small_height), interpolation=how)
    padded_height = -(-small_height // STRIDE) * STRIDE
    padded_width = -(-small_width // STRIDE) * STRIDE
    blob = np.full((1, 3, padded_height, padded_width), _GREY / 255.0, dtype=np.float32)
    for plane, colour in zip(blob[0], cv2.split(small), strict=True):  # a fifth of blobFromImage's time
        np.multiply(colour, np.float32(1 / 255.0), out=plane[:small_height, :small_width])
    return blob, scale


def _read_output(raw: NDArray[np.float32], least: float, scale: float, width: int, height: int) -> Detections:
    """Turn the network's (5, n) centre boxes and scores into boxes of the picture, duplicates removed."""
    candidates = np.flatnonzero(raw[4] >= least)
    if candidates.size > MAX_CANDIDATES:
        candidates = candidates[np.argsort(-raw[4, candidates], kind="stable")[:MAX_CANDIDATES]]
    x, y, w, h = raw[:4, candidates]
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1) / scale
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, width)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, height)
    scores = raw[4, candidates]
    kept = suppress(boxes.astype(np.float32), scores, MAX_IOU)
    return Detections(boxes[kept].astype(np.float32), scores[kept])
