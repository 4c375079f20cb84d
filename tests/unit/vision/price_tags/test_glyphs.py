"""Digits set in two sizes are known by their heights."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from vision.price_tags.glyphs import small_end
from vision.price_tags.model import TextLine


def picture(whole: str, small: str) -> tuple[np.ndarray, TextLine]:
    canvas = Image.new("RGB", (420, 110), (250, 250, 245))
    pen = ImageDraw.Draw(canvas)
    big, little = ImageFont.load_default(80), ImageFont.load_default(40)
    pen.text((20, 5), whole, fill=(20, 20, 20), font=big)
    x = 24 + pen.textlength(whole, font=big)
    pen.text((x, 14), small, fill=(20, 20, 20), font=little)
    right = x + pen.textlength(small, font=little)
    corners = ((16, 16), (right + 4, 16), (right + 4, 88), (16, 88))
    return np.asarray(canvas), TextLine(corners, whole + small, 0.99)


@pytest.mark.parametrize(
    ("whole", "small", "count"), [("52", "00", 2), ("698", "00", 2), ("5200", "", 0), ("19", "85", 2)]
)
def test_small_hundredths_are_counted(whole: str, small: str, count: int) -> None:
    assert small_end(*picture(whole, small)) == count


def test_a_letter_before_the_digits_is_not_one_of_them() -> None:
    pixels, line = picture("Y52", "00")
    assert small_end(pixels, line) == 2


def test_shapes_that_do_not_fit_the_text_tell_nothing() -> None:
    pixels, line = picture("52", "00")
    assert small_end(pixels, TextLine(line.corners, "520", 0.99)) is None
