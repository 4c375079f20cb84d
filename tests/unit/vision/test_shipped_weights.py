"""The detectors in the repository are those that the manifest and the model cards speak of."""

import hashlib
import tomllib

import pytest

from vision.detector import Detector
from vision.shelf import GAP_FILE, ROW_FILE, SHIPPED_WEIGHTS

FILES = {"gap": GAP_FILE, "row": ROW_FILE}


def entry(task: str) -> dict[str, object]:
    listed = tomllib.loads((SHIPPED_WEIGHTS / "manifest.toml").read_text())["weights"]
    (found,) = [weights for weights in listed if weights["task"] == task]
    return dict(found)


@pytest.mark.parametrize("task", FILES)
def test_a_detector_is_the_file_of_the_manifest(task: str) -> None:
    listed = entry(task)
    content = (SHIPPED_WEIGHTS / FILES[task]).read_bytes()
    assert listed["kind"] == "shipped"
    assert listed["file"] == FILES[task]
    assert listed["bytes"] == len(content)
    assert listed["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("task", FILES)
def test_a_detector_says_what_the_manifest_and_its_card_say(task: str) -> None:
    listed = entry(task)
    detector = Detector.load(SHIPPED_WEIGHTS / FILES[task], threads=1)
    card = (SHIPPED_WEIGHTS / str(listed["card"])).read_text()
    assert detector.name == f"{listed['name']} {listed['version']}"
    assert f"working point: {detector.min_score:g}" in card
    assert f"input: area of {detector.side} × {detector.side} px" in card
    assert "AGPL-3.0" in card
    assert "non-commercial" in card
