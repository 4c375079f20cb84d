"""A picture of fifty megapixels, the most that is accepted, is opened in memory that a small machine has."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.vision.bad_photos import encoded
from vision.decoding import reduced, to_rgb

SIZE = (7000, 7100)
MEBIBYTES = 350
"""200 of these Pillow's decoder holds by itself for four channels."""

GROWTH = """
import resource, sys
from vision.photo import open_photo
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
photo = open_photo(data)
assert (photo.width, photo.height) == (7000, 7100)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""

LARGE: dict[str, Callable[[], bytes]] = {
    "transparent PNG": lambda: encoded(Image.new("RGBA", SIZE, (200, 30, 40, 128)), "PNG", compress_level=1),
    "16-bit PNG": lambda: encoded(Image.fromarray(np.full(SIZE[::-1], 30_000, np.uint16)), "PNG", compress_level=1),
    "palette PNG with a transparent colour": lambda: encoded(
        Image.new("P", SIZE), "PNG", transparency=0, compress_level=1
    ),
    "CMYK JPEG": lambda: encoded(Image.new("CMYK", SIZE, (200, 10, 2, 3))),
    "progressive JPEG": lambda: encoded(Image.new("RGB", SIZE, (200, 10, 2)), progressive=True),
    "WebP": lambda: encoded(Image.new("RGB", SIZE, (200, 30, 40)), "WEBP", quality=20, method=0),
}


@pytest.mark.parametrize("kind", LARGE)
def test_the_largest_legal_picture_needs_little_memory(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(LARGE[kind]())
    told = subprocess.run([sys.executable, "-c", GROWTH, str(file)], capture_output=True, text=True, check=True)
    assert int(told.stdout) < MEBIBYTES


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "P", "1", "CMYK"])
@pytest.mark.parametrize("factor", [1, 3])
def test_reducing_in_strips_gives_what_reducing_the_whole_gives(mode: str, factor: int) -> None:
    noise = np.random.default_rng(4).integers(0, 256, (2003, 1501, 4), dtype=np.uint8)
    picture = Image.fromarray(noise).convert(mode) if mode != "CMYK" else Image.fromarray(noise, "RGBA").convert("RGB")
    picture = picture.convert(mode)
    whole = to_rgb(picture)
    whole = whole.reduce(factor) if factor > 1 else whole
    strips = reduced(lambda top, bottom: picture.crop((0, top, picture.width, bottom)), picture.size, factor)
    assert np.array_equal(np.asarray(strips), np.asarray(whole))
