"""What the bytes of a recording say about themselves, without decoding anything."""

import struct

_PHOTO_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"crx "}
_UNKNOWN_SIZES = {0, 0xFFFFFFFF, 0x7FFFFFFF}  # what programs write that stream and cannot go back to the header


def media_type(head: bytes) -> str | None:
    """Return the media type of a recording from its first bytes (32 are enough), or None if it is none we take."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"#!AMR"):
        return "audio/amr"
    if head[4:8] == b"ftyp" and head[8:12] not in _PHOTO_BRANDS:
        return "audio/mp4"
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "audio/mpeg"
    return None


def promises_more_than_it_has(data: bytes) -> bool:
    """Tell whether a WAV, OGG or MP4 file ends before the size in its own headers."""
    if data[:4] == b"RIFF":
        return _wav_cut_off(data)
    if data[:4] == b"OggS":
        return _ogg_cut_off(data)
    if data[4:8] == b"ftyp":
        return _mp4_cut_off(data)
    return False


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in {0, 15} and sample_rate != 3


def _wav_cut_off(data: bytes) -> bool:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"data":
            return size not in _UNKNOWN_SIZES and at + 8 + size > len(data) + 1
        at += 8 + size + size % 2
    return True  # no sound data before the end


def _ogg_cut_off(data: bytes) -> bool:
    at = 0
    while at + 27 <= len(data) and data[at : at + 4] == b"OggS":
        segments = data[at + 26]
        at += 27 + segments + sum(data[at + 27 : at + 27 + segments])
    return at > len(data) or (at < len(data) and data[at : at + 4] == b"OggS"[: len(data) - at])


def _mp4_cut_off(data: bytes) -> bool:
    at, index = 0, False
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
        index = index or name in {b"moov", b"moof"}
        if size == 0:  # the rest of the file
            return not index
        if size < 8:
            return False  # damaged, not cut off
        at += size
    return at > len(data) or not index
