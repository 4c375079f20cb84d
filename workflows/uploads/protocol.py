"""The rules of tus 1.0 (https://tus.io/protocols/resumable-upload) and of what may be uploaded: text in, values out."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import msgspec

from core.errors import Invalid, Malformed, StorepatrolError, TooLarge
from core.settings import Settings
from core.text import Text
from workflows.evidence.claims import claims_of
from workflows.visits.media import MediaTarget

if TYPE_CHECKING:
    from hashlib import _Hash

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "checksum", "termination", "expiration")
CHECKSUM_ALGORITHMS = ("sha256", "sha1")
CONTENT_TYPE = "application/offset+octet-stream"
LONGEST_METADATA = 4096
# Outside these years a phone's clock is broken, and time zone arithmetic starts to overflow.
PLAUSIBLE_YEARS = range(2000, 2100)

_NUMBER = re.compile(r"[0-9]{1,15}")
_KEY = re.compile(r"[!-+\--~]+")  # visible ASCII without the comma
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class VersionNotSupported(StorepatrolError):
    """The client speaks another version of tus."""

    status: ClassVar[int] = 412
    title: ClassVar[Text] = Text("协议版本不支持", "Protocol version not supported")


class Checksum(msgspec.Struct, frozen=True):
    """What one request's bytes must hash to."""

    algorithm: str
    digest: bytes

    def hasher(self) -> "_Hash":
        """Return a fresh hash of the right kind."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


class UploadPlan(msgspec.Struct, frozen=True):
    """A creation request that was understood."""

    target: MediaTarget
    length: int
    sha256: str | None
    metadata: dict[str, str]


def check_version(value: str | None) -> None:
    """Return if the request speaks our version of tus.

    Raises:
        VersionNotSupported: `Tus-Resumable` is missing or names another version.

    """
    if value != VERSION:
        raise VersionNotSupported(
            "upload.wrong_version",
            Text("请使用 tus 1.0.0 协议上传", "Uploads speak tus 1.0.0: send Tus-Resumable: 1.0.0"),
            supported=VERSION,
        )


def parse_number(header: str, value: str | None) -> int:
    """Return the number in `Upload-Length` or `Upload-Offset`.

    Raises:
        Malformed: it is missing, negative, or no plain decimal number.

    """
    if value is None or not _NUMBER.fullmatch(value):
        raise Malformed(
            "upload.bad_number",
            Text(f"{header} 缺失或不是非负整数", f"{header} is missing or is no whole number"),
            header=header,
        )
    return int(value)


def parse_metadata(value: str | None) -> dict[str, str]:
    """Return `Upload-Metadata` decoded: keys to UTF-8 texts ("" for a key without a value).

    Raises:
        Malformed: not the form of the protocol, too long, a key twice, or a value that is not printable UTF-8.

    """
    metadata: dict[str, str] = {}
    if value is None or not value.strip():
        return metadata
    if len(value) > LONGEST_METADATA:
        raise _bad_metadata("too long", "过长")
    for pair in value.split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in metadata:
            raise _bad_metadata("a key is empty, odd or there twice", "键为空、重复或含非法字符")
        metadata[key] = _decode(encoded)
    return metadata


def format_metadata(metadata: Mapping[str, str]) -> str:
    """Return `metadata` as `Upload-Metadata` carries it."""
    pairs = ((key, base64.b64encode(text.encode()).decode()) for key, text in metadata.items())
    return ",".join(f"{key} {encoded}".rstrip() for key, encoded in pairs)


def parse_checksum(value: str | None) -> Checksum | None:
    """Return `Upload-Checksum`, None where there is none.

    Raises:
        Malformed: an algorithm we do not offer, or no digest of its length.

    """
    if value is None:
        return None
    algorithm, _, encoded = value.strip().partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise Malformed(
            "upload.unknown_checksum",
            Text("不支持的校验算法", "This checksum algorithm is not offered"),
            offered=CHECKSUM_ALGORITHMS,
        )
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    checksum = Checksum(algorithm, digest)
    if len(digest) != checksum.hasher().digest_size:
        raise Malformed("upload.bad_checksum", Text("校验值无法解析", "Upload-Checksum holds no digest in base64"))
    return checksum


def plan(length: int, metadata: dict[str, str], settings: Settings) -> UploadPlan:
    """Return what a creation request asks for.

    Raises:
        Invalid: the metadata do not say what the file is to become (the problem names the key), or it is empty.
        TooLarge: longer than this kind of file may be.

    """
    target = target_of(metadata)
    sha256 = metadata.get("sha256", "").lower() or None
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise _bad_target("sha256", "64 hexadecimal digits are expected")
    limit = limit_of(target, settings)
    if length > limit:
        raise too_large(limit)
    if length == 0:
        raise Invalid("upload.empty", Text("文件是空的", "The file is empty"))
    return UploadPlan(target=target, length=length, sha256=sha256, metadata=metadata)


def target_of(metadata: Mapping[str, str]) -> MediaTarget:
    """Return what the file is to become.

    Raises:
        Invalid: a key is missing, or its value does not fit; the problem names it.

    """
    known = {"kind", "id", "visit_id", "task_id", "item_id", "source", "captured_at"}
    values = {key: text for key, text in metadata.items() if key in known and text}
    try:
        target = msgspec.convert(values, MediaTarget)
    except msgspec.ValidationError as error:
        raise _bad_target(_key_in(str(error)), str(error)) from error
    target = msgspec.structs.replace(target, claims=claims_of(metadata))
    _check_parent(target)
    if target.item_id is not None and len(target.item_id) > 64:
        raise _bad_target("item_id", "longer than 64 characters")
    if target.source not in (None, "camera", "gallery"):
        raise _bad_target("source", "camera or gallery is expected")
    captured = target.captured_at
    if captured is not None and captured.tzinfo is None:
        raise _bad_target("captured_at", "a time with its zone is expected (RFC 3339)")
    if captured is not None and captured.year not in PLAUSIBLE_YEARS:
        # A phone whose clock is wrong must not lose its photo over it: the time of arrival is known anyway.
        return msgspec.structs.replace(target, captured_at=None)
    return target


def limit_of(target: MediaTarget, settings: Settings) -> int:
    """Return the most bytes such a file may have."""
    return settings.max_voice_bytes if target.kind == "voice" else settings.max_photo_bytes


def too_large(limit: int) -> TooLarge:
    """Return the error for a file of more than `limit` bytes."""
    mebibytes = limit // (1024 * 1024)
    return TooLarge(
        "upload.too_large",
        Text(f"文件超过 {mebibytes} MB", f"The file is larger than {mebibytes} MB"),
        limit_bytes=limit,
    )


def _check_parent(target: MediaTarget) -> None:
    wanted, other = ("task_id", "visit_id") if target.kind == "after" else ("visit_id", "task_id")
    if getattr(target, wanted) is None:
        raise _bad_target(wanted, f"{target.kind} needs it")
    if getattr(target, other) is not None:
        raise _bad_target(other, f"{target.kind} has none")


def _decode(encoded: str) -> str:
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise _bad_metadata("a value is not UTF-8 in base64", "值不是 base64 编码的 UTF-8") from error
    if _CONTROL.search(text):
        raise _bad_metadata("a value holds control characters", "值含控制字符")
    return text


def _key_in(message: str) -> str:
    """Return the key that a msgspec message ("… - at `$.id`", "… required field `id`") is about."""
    found = re.search(r"`(?:\$\.)?(\w+)`$", message)
    return found.group(1) if found else "kind"


def _bad_metadata(english: str, chinese: str) -> Malformed:
    return Malformed(
        "upload.bad_metadata", Text(f"Upload-Metadata {chinese}", f"Upload-Metadata cannot be read: {english}")
    )


def _bad_target(key: str, reason: str) -> Invalid:
    return Invalid("upload.bad_target", Text(f"上传信息 {key} 有误", f"Upload-Metadata {key}: {reason}"), key=key)
