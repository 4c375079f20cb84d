"""Shelf photos for the demo: the renderer's own, or a chain's pictures from a folder."""

from pathlib import Path

import cv2
from PIL import Image

from core.errors import Invalid
from core.text import Text
from vision.photo import encode_jpeg, open_photo, sniff
from vision.render import render_pair

HEAD = 64
FIRST_SEED = 100
SMALL = (640, 480)
SHAKE = 6.0
"""Pixels of blur, on photos of 1600 × 1200: gaps are still to be seen, but not to be trusted."""


class Pictures:
    """Hands out photos that show a problem, and one that shows a problem solved."""

    def __init__(self, folder: Path | None) -> None:
        """Use the renderer, or the pictures in `folder`.

        Raises:
            Invalid: there is no picture in the folder.

        """
        self._files = sorted(file for file in folder.iterdir() if _is_picture(file)) if folder else []
        if folder and not self._files:
            raise Invalid("demo.no_pictures", Text(f"{folder} 中没有图片", f"There is no picture in {folder}"))

    def before(self, number: int) -> bytes:
        """Return the photo of a shelf with gaps."""
        if self._files:
            return self._files[number % len(self._files)].read_bytes()
        return render_pair(FIRST_SEED + number, rows=4 + number % 2, gaps=4)[0].jpeg

    def unsteady(self, number: int) -> bytes:
        """Return the photo of a shelf with gaps that a shaking hand took: a person is asked about it."""
        sharp = open_photo(self.before(number)).pixels
        blurred = cv2.GaussianBlur(sharp, (0, 0), SHAKE * sharp.shape[1] / 1600)
        return encode_jpeg(Image.fromarray(blurred))

    def after_of(self, number: int) -> bytes | None:
        """Return the photo that shows the problem of `before(number)` solved; a chain's own pictures have none."""
        return None if self._files else render_pair(FIRST_SEED + number, rows=4 + number % 2, gaps=4)[1].jpeg

    def after(self) -> bytes:
        """Return a small photo of a full shelf."""
        return self._files[-1].read_bytes() if self._files else render_pair(FIRST_SEED, gaps=2, size=SMALL)[1].jpeg


def _is_picture(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return sniff(stream.read(HEAD)) is not None
