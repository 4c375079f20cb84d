"""Doubts add up and are told in both languages; what is not known is no doubt."""

import datetime as dt

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from workflows.evidence.policy import DOUBTFUL, Earlier, Known, weigh

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
NOTHING = Known(stored_at=NOW)
BAD = Known(
    stored_at=NOW, captured_at=NOW - dt.timedelta(days=3), not_before=NOW - dt.timedelta(days=2), nonce="invalid",
    source="gallery", clock_offset_ms=3_600_000, file_time=NOW - dt.timedelta(days=300), distance_m=5000, accuracy_m=20,
    radius_m=200, screen=0.9, software="Adobe Photoshop 27", earlier=Earlier(True, False, False, "2026-10-01"),
)  # fmt: skip


def test_what_is_not_known_is_no_doubt() -> None:
    assert weigh(NOTHING) == (0.0, ())


def test_every_doubt_has_a_sentence_in_both_languages() -> None:
    score, doubts = weigh(BAD)
    assert len({doubt.code for doubt in doubts}) == len(doubts) == 9
    assert all(doubt.text.zh and doubt.text.en and doubt.text.zh != doubt.text.en for doubt in doubts)
    assert DOUBTFUL < score < 1
    assert [doubt.weight for doubt in doubts] == sorted((doubt.weight for doubt in doubts), reverse=True)


def test_a_photo_from_the_gallery_alone_is_not_listed() -> None:
    assert weigh(msgspec.structs.replace(NOTHING, source="gallery"))[0] < DOUBTFUL


def test_a_code_given_after_the_photo_speaks_against_the_camera_and_not_against_the_gallery() -> None:
    early = msgspec.structs.replace(NOTHING, nonce="early", source="camera")
    assert [doubt.code for doubt in weigh(early)[1]] == ["nonce_early"]
    chosen = msgspec.structs.replace(early, source="gallery")
    assert [doubt.code for doubt in weigh(chosen)[1]] == ["from_gallery"]


def test_a_vague_position_is_not_outside() -> None:
    vague = msgspec.structs.replace(NOTHING, distance_m=900.0, accuracy_m=1000.0, radius_m=200.0)
    assert weigh(vague)[1] == ()


@given(st.sets(st.sampled_from(Known.__struct_fields__)))
def test_a_doubt_more_never_lowers_the_score(names: set[str]) -> None:
    some = msgspec.structs.replace(NOTHING, **{name: getattr(BAD, name) for name in names})
    assert 0 <= weigh(NOTHING)[0] <= weigh(some)[0] <= 1
