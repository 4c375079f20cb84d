"""From facts about a photo to doubts and a score. Pure: no I/O, times are arguments."""

import datetime as dt
import math
from typing import Literal

import msgspec

from core.text import Text
from workflows.evidence.model import Doubt

DOUBTFUL = 0.4
"""The score from which a photo is listed for headquarters."""
STRONG_REUSE = ("same_file", "same_picture")
"""Doubts that keep a model's "fixed" from closing a task."""
CLOCK_OFF = dt.timedelta(minutes=10)
EXIF_OFF = dt.timedelta(days=1)
EARTH_M = 6_371_000.0
EDITORS = ("photoshop", "gimp", "lightroom", "snapseed", "picsart", "meitu", "美图", "pixelmator", "facetune")


class Earlier(msgspec.Struct, frozen=True):
    """A photo sent before that this one is a copy of."""

    same_file: bool
    same_visit: bool
    same_store: bool
    sent_on: str
    position: str = "as_is"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known about one photo that doubts rest on; null: not known, which is no doubt."""

    nonce: Literal["good", "late", "early", "invalid", "used"] | None = None
    source: str | None = None
    stored_at: dt.datetime
    captured_at: dt.datetime | None = None
    clock_offset_ms: int | None = None
    file_time: dt.datetime | None = None
    not_before: dt.datetime | None = None
    distance_m: float | None = None
    accuracy_m: float | None = None
    radius_m: float | None = None
    screen: float = 0.0
    software: str | None = None
    earlier: Earlier | None = None


def weigh(known: Known) -> tuple[float, tuple[Doubt, ...]]:
    """Return the score (0: nothing speaks against the photo) and the doubts, the heaviest first."""
    doubts = [doubt for look in _LOOKS if (doubt := look(known)) is not None]
    doubts.sort(key=lambda doubt: -doubt.weight)
    trust = math.prod(1 - doubt.weight for doubt in doubts)
    return round(1 - trust, 3), tuple(doubts)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the way over the ground between two (latitude, longitude)."""
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(math.radians, place)) for place in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def _reuse(known: Known) -> Doubt | None:
    earlier = known.earlier
    if earlier is None:
        return None
    if earlier.same_visit:
        return Doubt(
            "twice_in_visit", 0.2, Text("本次巡店中还有一张相同的照片。", "This visit holds the same photo twice.")
        )
    where = Text("同一门店", "the same store") if earlier.same_store else Text("另一家门店", "another store")
    if earlier.same_file:
        return Doubt("same_file", 0.95, Text(
            f"同一个文件曾于 {earlier.sent_on} 在{where.zh}提交。",
            f"The same file was sent on {earlier.sent_on} for {where.en}.",
        ))  # fmt: skip
    turned = Text("（已镜像或旋转）", ", mirrored or turned") if earlier.position != "as_is" else Text("", "")
    return Doubt("same_picture", 0.9, Text(
        f"与 {earlier.sent_on} 在{where.zh}提交的照片是同一张{turned.zh}。",
        f"It is the photo sent on {earlier.sent_on} for {where.en}{turned.en}.",
    ))  # fmt: skip


def _nonce(known: Known) -> Doubt | None:
    texts = {
        "invalid": (0.5, Text("拍摄凭证不属于此人、此门店或不是由本系统发出。",
                              "Its capture code is not of this person and store, or not from here.")),
        "used": (0.4, Text("拍摄凭证已用于另一张照片。", "Its capture code came with another photo before.")),
        "early": (0.4, Text("拍摄时间早于拍摄凭证发出的时间。", "It was taken before its capture code was given.")),
        "late": (0.1, Text("拍摄凭证已过期（离线巡店时可能发生）。",
                           "Its capture code had run out; that happens on a long visit without network.")),
    }  # fmt: skip
    if known.nonce == "early" and known.source == "gallery":
        return None  # what lay in the gallery is older than any code; that it comes from there is told by itself
    found = texts.get(known.nonce or "")
    return Doubt(f"nonce_{known.nonce}", *found) if found else None


def _clock(known: Known) -> Doubt | None:
    offset = dt.timedelta(milliseconds=abs(known.clock_offset_ms or 0))
    ahead = known.captured_at is not None and known.captured_at - known.stored_at > CLOCK_OFF
    if offset <= CLOCK_OFF and not ahead:
        return None
    return Doubt(
        "clock_off", 0.2, Text("手机时钟与服务器相差超过 10 分钟。", "The phone's clock is more than 10 minutes off.")
    )


def _file_time(known: Known) -> Doubt | None:
    taken = known.captured_at or known.stored_at
    if known.file_time is None or abs(known.file_time - taken) <= EXIF_OFF:
        return None
    day = known.file_time.date().isoformat()
    return Doubt(
        "file_time_differs", 0.4, Text(f"照片文件记录的拍摄日期是 {day}。", f"The file says it was taken on {day}.")
    )


def _too_early(known: Known) -> Doubt | None:
    times = [time for time in (known.captured_at, known.file_time) if time is not None]
    if known.not_before is None or not times or min(times) >= known.not_before - CLOCK_OFF:
        return None
    return Doubt("before_the_problem", 0.6, Text(
        "整改照片拍摄于问题照片之前。", "This after photo was taken before the photo of the problem."
    ))  # fmt: skip


def _place(known: Known) -> Doubt | None:
    if known.distance_m is None or known.radius_m is None:
        return None
    beyond = known.distance_m - known.radius_m - (known.accuracy_m or 0)
    if beyond <= 0:
        return None
    away = f"{known.distance_m / 1000:.1f} km" if known.distance_m >= 1000 else f"{known.distance_m:.0f} m"
    return Doubt("outside_store", 0.5, Text(f"拍摄位置距门店 {away}。", f"It was taken {away} from the store."))


def _source(known: Known) -> Doubt | None:
    if known.source != "gallery":
        return None
    return Doubt(
        "from_gallery",
        0.1,
        Text("照片选自相册，不是现场拍摄。", "It was chosen from the gallery, not taken on the spot."),
    )


def _screen(known: Known) -> Doubt | None:
    if known.screen < 0.5:
        return None
    return Doubt(
        "of_a_screen", 0.35, Text("可能是翻拍屏幕的照片（仅供参考）。", "It may be a photo of a screen; a weak sign.")
    )


def _edited(known: Known) -> Doubt | None:
    if known.software is None or not any(name in known.software.lower() for name in EDITORS):
        return None
    return Doubt("edited", 0.3, Text(
        f"照片经 {known.software} 处理。", f"It was saved by {known.software}."
    ))  # fmt: skip


_LOOKS = (_reuse, _too_early, _nonce, _place, _file_time, _screen, _edited, _clock, _source)
