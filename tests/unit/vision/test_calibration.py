"""A score that is a probability."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.calibration import Calibration, calibration_error, fit, reliability

calibrations = st.builds(Calibration, st.floats(0.2, 5), st.floats(-4, 4))


@given(calibrations, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_the_order_of_detections_stays(calibration: Calibration, one: float, other: float) -> None:
    low, high = sorted((one, other))
    told = calibration.probability(np.array([low, high]))
    assert told[0] <= told[1]


@given(calibrations, st.floats(0.02, 0.98))
def test_a_probability_leads_back_to_its_score(calibration: Calibration, score: float) -> None:
    told = float(calibration.probability(np.array(score)))
    if 0.001 < told < 0.999:
        assert calibration.score(told) == pytest.approx(score, abs=1e-3)


@given(calibrations)
def test_what_a_file_carries_is_read_back(calibration: Calibration) -> None:
    read = Calibration.parse(str(calibration))
    assert (read.slope, read.shift) == (
        pytest.approx(calibration.slope, abs=1e-4),
        pytest.approx(calibration.shift, abs=1e-4),
    )


@pytest.mark.parametrize("text", ["", "1", "0 1", "-1 0", "nan 0", "1 inf", "a b", "1 2 3"])
def test_anything_else_is_no_calibration(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Calibration.parse(text)


def test_overconfident_scores_are_put_right() -> None:
    rng = np.random.default_rng(4)
    truth = rng.uniform(0.05, 0.95, 6000)
    right = rng.random(6000) < truth
    boastful = Calibration(2.0, 0.7).probability(truth)
    fitted = fit(boastful, right)
    assert calibration_error(reliability(boastful, right)) > 0.1
    assert calibration_error(reliability(fitted.probability(boastful), right)) < 0.03


def test_detections_that_are_all_right_leave_the_numbers_finite() -> None:
    fitted = fit(np.array([0.6, 0.7, 0.9]), np.array([True, True, True]))
    assert np.isfinite([fitted.slope, fitted.shift]).all()
