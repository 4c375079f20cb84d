"""The text recogniser: RapidOCR's detector and recogniser (PP-OCRv6 small), from its wheel, without any network.

Loaded when first asked for text: a worker that never sees a price tag does not pay for it.
"""

import logging
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from core.errors import ModelFileError
from core.hashing import sha256_of
from core.onnx import available_cores
from vision.photo import Pixels
from vision.price_tags.model import TextLine

SIDE = 960
"""Longest side of a piece of photo given at once: what bounds the memory (a piece of 1280 x 960 takes 230 MB more)."""
FILES = {
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}


class Recogniser(Protocol):
    """Reads text off pixels; tests bring one that needs no model."""

    @property
    def name(self) -> str:
        """Name and version, as kept with every reading."""
        ...

    def lines(self, pixels: Pixels) -> list[TextLine]:
        """Find and read the lines of text on RGB `pixels` (h, w, 3), at most `SIDE` on a side, in their pixels."""
        ...

    def text_of(self, pixels: Pixels) -> tuple[str, float]:
        """Read `pixels` as one line of text; text and score."""
        ...


class RapidOcr:
    """RapidOCR on onnxruntime, used serially."""

    def __init__(self, threads: int | None = None) -> None:
        """Take the models from the installed wheel.

        Raises:
            ModelFileError: a model file is missing or is not the one this was tested with.

        """
        import rapidocr  # here: it takes 20 MB and most of a second

        folder = Path(rapidocr.__file__).parent / "models"
        detector, recogniser = (_checked(folder / name, digest) for name, digest in FILES.items())
        self._engine: Any = rapidocr.RapidOCR(params=_settings(detector, recogniser, threads or available_cores()))
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)  # it warns of every piece without text
        self.name = f"rapidocr {metadata.version('rapidocr')} PP-OCRv6-small"

    def lines(self, pixels: Pixels) -> list[TextLine]:
        """Find and read the lines of text on RGB `pixels`."""
        found = self._engine(_bgr(pixels), use_det=True, use_rec=True)
        if found.boxes is None or found.txts is None:
            return []
        return [
            TextLine(tuple((float(x), float(y)) for x, y in corners), text.strip(), round(float(score), 4))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]

    def text_of(self, pixels: Pixels) -> tuple[str, float]:
        """Read `pixels` as one line of text."""
        found = self._engine(_bgr(pixels), use_det=False, use_rec=True)
        return (found.txts[0].strip(), float(found.scores[0])) if found.txts else ("", 0.0)


class LazyOcr:
    """A `RapidOcr` made at the first use."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._ocr: RapidOcr | None = None

    @property
    def name(self) -> str:
        """Name and version."""
        return self._made().name

    def lines(self, pixels: Pixels) -> list[TextLine]:
        """Find and read the lines of text on RGB `pixels`."""
        return self._made().lines(pixels)

    def text_of(self, pixels: Pixels) -> tuple[str, float]:
        """Read `pixels` as one line of text."""
        return self._made().text_of(pixels)

    def load(self) -> None:
        """Load the models now; raises `ModelFileError` naming the file that cannot be used."""
        self._made()

    def _made(self) -> RapidOcr:
        if self._ocr is None:
            self._ocr = RapidOcr(self._threads)
        return self._ocr


def check_files() -> None:
    """Raise `ModelFileError` unless the models are there; reads 31 MB, loads nothing."""
    from importlib.util import find_spec

    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ModelFileError("package rapidocr, which carries the models for reading price tags, is not installed")
    for name, digest in FILES.items():
        _checked(Path(spec.origin).parent / "models" / name, digest)


def _settings(detector: Path, recogniser: Path, threads: int) -> dict[str, Any]:
    return {
        "Global.use_cls": False,  # a shelf's text stands upright
        "Global.use_preprocess_img": False,  # sizes are ours: `regions`
        "Global.use_vertical_padding": False,
        "Global.text_score": 0.0,  # what is unreadable has to be told from what is not there
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
        "Det.model_path": str(detector),
        "Det.limit_type": "max",
        "Det.limit_side_len": SIDE,
        "Rec.model_path": str(recogniser),
        "Rec.rec_batch_num": 1,  # lines differ in length: together they would be padded to the longest
    }


def _checked(file: Path, digest: str) -> Path:
    if not file.is_file():
        raise ModelFileError(f"model file {file.name} (sha256 {digest}) is missing in {file.parent}")
    found = sha256_of(file.read_bytes())
    if found != digest:
        raise ModelFileError(f"model file {file.name} is not the tested one: sha256 {found}, expected {digest}")
    return file


def _bgr(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), dtype=np.uint8)
