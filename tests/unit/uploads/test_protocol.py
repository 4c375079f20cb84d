"""What clients send, read strictly: every text either has one meaning or is refused with a code."""

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid, Malformed, StorepatrolError, TooLarge
from core.settings import Settings
from workflows.uploads import protocol

SETTINGS = Settings(data_dir=Path("unused"))
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1, max_size=20)
VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50)
PHOTO = {"kind": "photo", "id": str(uuid.uuid4()), "visit_id": str(uuid.uuid4())}

T = TypeVar("T")


def outcome(call: Callable[[], T]) -> T | StorepatrolError:
    """Return what `call` returns, or the error of ours that it raises; any other error fails the test."""
    try:
        return call()
    except StorepatrolError as error:
        return error


@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_metadata_are_read_back_as_they_were_written(metadata: dict[str, str]) -> None:
    assert protocol.parse_metadata(protocol.format_metadata(metadata)) == metadata


@given(st.text(max_size=300))
def test_any_other_metadata_are_refused_with_a_code(value: str) -> None:
    metadata = outcome(lambda: protocol.parse_metadata(value))
    if isinstance(metadata, StorepatrolError):
        assert metadata.code == "upload.bad_metadata"
    else:
        assert protocol.parse_metadata(protocol.format_metadata(metadata)) == metadata


@pytest.mark.parametrize(
    "value",
    [
        "a Zg==, a Zg==",  # a key twice
        "a Zg",  # no padding
        "a  Zg==",  # two spaces
        "ä Zg==",
        ",",
        "a AA==",  # NUL, which PostgreSQL cannot keep
        "a /w==",  # not UTF-8
        "a " + base64.b64encode(b"x" * 4096).decode(),
    ],
)
def test_metadata_with_two_meanings_or_none_are_refused(value: str) -> None:
    with pytest.raises(Malformed):
        protocol.parse_metadata(value)


def test_metadata_may_be_missing_and_a_key_may_stand_alone() -> None:
    assert protocol.parse_metadata(None) == {}
    assert protocol.parse_metadata("a,b Zg==") == {"a": "", "b": "f"}


@given(st.text(max_size=20))
def test_a_number_is_plain_decimal_digits_and_nothing_else(value: str) -> None:
    plain = value.isascii() and value.isdigit() and len(value) <= 15
    if plain:
        assert protocol.parse_number("Upload-Offset", value) == int(value)
    else:
        with pytest.raises(Malformed):
            protocol.parse_number("Upload-Offset", value)


@given(st.binary(max_size=100), st.sampled_from(["sha1", "sha256"]))
def test_a_checksum_verifies_what_it_was_made_of(content: bytes, algorithm: str) -> None:
    digest = hashlib.new(algorithm, content).digest()
    checksum = protocol.parse_checksum(f"{algorithm} {base64.b64encode(digest).decode()}")
    assert checksum is not None
    hasher = checksum.hasher()
    hasher.update(content)
    assert hasher.digest() == checksum.digest


@given(st.text(max_size=60))
def test_any_other_checksum_is_refused(value: str) -> None:
    refused = outcome(lambda: protocol.parse_checksum(value))
    assert isinstance(refused, Malformed | protocol.Checksum)


@given(
    st.dictionaries(
        st.sampled_from(["kind", "id", "visit_id", "task_id", "item_id", "source", "captured_at"]),
        st.one_of(
            VALUES,
            st.uuids().map(str),
            st.sampled_from(["photo", "voice", "after", "camera", "gallery"]),
            st.datetimes(timezones=st.timezones() | st.none()).map(dt.datetime.isoformat),
        ),
    )
)
def test_a_target_is_complete_or_refused(metadata: dict[str, str]) -> None:
    target = outcome(lambda: protocol.target_of(metadata))
    if isinstance(target, StorepatrolError):
        assert target.code == "upload.bad_target"
        assert target.extra["key"] in {"kind", "id", "visit_id", "task_id", "item_id", "source", "captured_at"}
    else:
        assert (target.task_id is None) is (target.kind != "after")
        assert (target.visit_id is None) is (target.kind == "after")
        if target.captured_at is not None:
            assert target.captured_at.astimezone(dt.UTC).tzinfo is dt.UTC


@given(st.dictionaries(st.sampled_from(["sha256", "filetype", "filename"]), VALUES), st.integers(0, 10**9))
def test_a_plan_never_exceeds_its_limit(extra: dict[str, str], length: int) -> None:
    plan = outcome(lambda: protocol.plan(length, {**PHOTO, **extra}, SETTINGS))
    if isinstance(plan, StorepatrolError):
        assert isinstance(plan, Invalid | TooLarge)
    else:
        assert 0 < plan.length <= SETTINGS.max_photo_bytes
        assert plan.sha256 is None or len(bytes.fromhex(plan.sha256)) == 32


def test_a_recording_may_be_longer_than_a_photo() -> None:
    length = SETTINGS.max_photo_bytes + 1

    assert protocol.plan(length, {**PHOTO, "kind": "voice"}, SETTINGS).length == length
    with pytest.raises(TooLarge):
        protocol.plan(length, PHOTO, SETTINGS)


def test_what_the_client_calls_the_file_changes_nothing() -> None:
    plain = protocol.plan(9, PHOTO, SETTINGS)
    named = protocol.plan(9, {**PHOTO, "filename": "../../etc/passwd", "filetype": "text/html"}, SETTINGS)
    assert named.target == plain.target


@pytest.mark.parametrize("value", [None, "", "1.0", "1.0.1", "1.0.0, 0.2.2"])
def test_only_version_1_0_0_is_spoken(value: str | None) -> None:
    protocol.check_version("1.0.0")
    with pytest.raises(protocol.VersionNotSupported):
        protocol.check_version(value)


@pytest.mark.parametrize("told", ["1970-01-01T00:00:12+00:00", "0001-01-01T00:00:00+23:00", "2199-05-05T00:00:00Z"])
def test_a_phone_whose_clock_is_wrong_keeps_its_photo_and_loses_only_the_time(told: str) -> None:
    target = protocol.target_of(
        {"kind": "photo", "id": str(uuid.uuid4()), "visit_id": str(uuid.uuid4()), "captured_at": told}
    )
    assert target.captured_at is None
