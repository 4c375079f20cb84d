"""Which language a reader asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.language import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans-CN", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("zh;q=0.3, en;q=0.7", "en"),
        ("fr, de;q=0.9, zh;q=0.1", "zh"),
        ("fr", "en"),
        ("zh;q=0", "en"),
        ("zh;q=rubbish", "en"),
        ("ZH ; q=0.5", "zh"),
    ],
)
def test_the_highest_wish_among_our_two_languages_wins(header: str | None, language: str) -> None:
    assert preferred(header) == language


@given(st.text())
def test_any_header_has_an_answer(header: str) -> None:
    assert preferred(header) in ("zh", "en")
