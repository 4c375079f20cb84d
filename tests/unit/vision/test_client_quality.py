"""The phone's own look at a photo (`mobile_client/src/media/quality.ts`) measures and says what the server would."""

import re
from pathlib import Path

import numpy as np
import pytest

from vision import photo, quality

CLIENT = Path(__file__).resolve().parents[3] / "mobile_client" / "src"
FLAWS = ("dark", "glare", "blurred")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("flaw", FLAWS)
def test_the_words_are_the_server_s(language: str, flaw: str) -> None:
    words = (CLIENT / "i18n" / f"{language}.ts").read_text()
    assert f"'quality.{flaw}': '{getattr(quality.REASONS[flaw], language)}'," in words


def test_the_limits_are_the_server_s() -> None:
    said = dict(re.findall(r"const (\w+) = ([\d.]+)$", (CLIENT / "media" / "quality.ts").read_text(), re.MULTILINE))
    for name in ("LOOK_SIDE", "MIN_LIGHT", "MAX_GLARE", "MIN_SHARPNESS"):
        assert float(said[name]) == getattr(quality, name), name


def test_what_keeps_gaps_from_being_judged_is_the_server_s() -> None:
    (listed,) = re.findall(r"DOUBTFUL = new Set\(\[(.*?)\]\)", (CLIENT / "ui" / "ReadingTags.svelte").read_text())
    assert set(re.findall(r"'(\w+)'", listed)) == quality.DOUBTFUL


def test_a_photo_begins_as_the_server_thinks() -> None:
    (listed,) = re.findall(r"BRANDS = new Set\(\[(.*?)\]\)", (CLIENT / "media" / "sniff.ts").read_text())
    brands = {brand.encode() for brand in re.findall(r"'(\w+)'", listed)}
    assert brands == photo._HEIC_BRANDS | photo._AVIF_BRANDS


def test_the_measures_are_the_server_s() -> None:
    """The same picture and numbers stand in the client's own test (tests/media/quality.test.ts)."""
    x, y = np.meshgrid(np.arange(640), np.arange(480))
    wedge = ((x * 7 + y * 13 + ((x * y) >> 3)) % 256).astype(np.uint8)
    assert (quality.light(wedge), quality.glare(wedge)) == (192, 0)
    assert quality.sharpness(wedge) == pytest.approx(80869.258, rel=1e-6)
