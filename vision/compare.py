"""Was the gap filled? Compare the photo of the problem with the photo of the fix.

In order: is it a usable, new photo; does it show the same place; is a gap still found where it was; did that
place change the way a restocked place does. A false "fixed" is the costly error: every doubt is `unsure`, and
a person decides.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from core.text import Text
from vision import appearance, quality
from vision.appearance import Change
from vision.compare_overlay import Mark, draw_pair
from vision.geometry import Box, span_iou
from vision.integrity.screen import of_a_screen_since
from vision.overlay import outermost
from vision.photo import Photo
from vision.register import Registration, register
from vision.shelf import Gap, ShelfReader

Verdict = Literal["fixed", "not_fixed", "different_place", "unsure"]
Answer = tuple[Verdict, tuple[str, ...], float]
"""A verdict, the codes of its reasons, its score."""

VERDICTS: dict[Verdict, Text] = {
    "fixed": Text("已整改", "fixed"),
    "not_fixed": Text("未整改", "not fixed"),
    "different_place": Text("不是同一处货架", "different place"),
    "unsure": Text("无法确定，请人工确认", "unsure, a person has to decide"),
}
REASONS: dict[str, Text] = {
    "gap_gone": Text("原来的空位已补货。", "The empty place holds products now."),
    "gap_still_there": Text("空位还在。", "The place is still empty."),
    "gap_maybe_there": Text("原位置可能仍有空位。", "The place may still be empty."),
    "same_photo": Text("整改照片和问题照片是同一张。", "The after photo is the before photo again."),
    "same_shot_changed": Text(
        "两张照片除空位外完全一致，需要人工确认。",
        "Apart from the gap the two photos are the same shot; a person has to look.",
    ),
    "other_place": Text("照片拍的不是同一处货架。", "The after photo does not show the same shelf."),
    "place_not_sure": Text(
        "无法确认是同一处货架，请从相近的角度重拍。",
        "It is not certain that this is the same shelf; take the photo from a similar angle.",
    ),
    "gap_out_of_view": Text("整改照片没有拍到原来的空位。", "The after photo does not show where the gap was."),
    "surroundings_not_seen": Text(
        "空位周围被遮挡或变化太大。", "What surrounds the gap is hidden or has changed too much."
    ),
    "looks_unchanged": Text("原位置看上去没有变化。", "The place looks as it did before."),
    "not_like_products": Text("原位置看不出摆有商品。", "The place does not look as if products stood there."),
    "gap_not_seen_before": Text(
        "问题照片上没有识别出这个空位，无法比较。", "No gap is recognised there on the before photo."
    ),
    "no_gap_before": Text("问题照片上没有识别出空位。", "No gap is recognised on the before photo."),
    "before_blurred": Text("问题照片模糊。", "The before photo is blurred."),
    "before_dark": Text("问题照片太暗。", "The before photo is too dark."),
    "before_glare": Text("问题照片过曝或反光。", "The before photo is overexposed."),
    "before_too_small": Text("问题照片分辨率太低。", "The before photo has too few pixels."),
    "before_on_its_side": Text("问题照片是横倒的。", "The before photo lies on its side."),
    "before_upside_down": Text("问题照片上下颠倒。", "The before photo is upside down."),
    "after_upside_down": Text("整改照片上下颠倒。", "The after photo is upside down."),
    "after_of_a_screen": Text(
        "整改照片可能翻拍自屏幕，需要人工确认。", "The after photo may be a photo of a screen; a person has to look."
    ),
    "after_blurred": Text("整改照片模糊。", "The after photo is blurred."),
    "after_dark": Text("整改照片太暗。", "The after photo is too dark."),
    "after_glare": Text("整改照片过曝或反光。", "The after photo is overexposed."),
    "after_too_small": Text("整改照片分辨率太低。", "The after photo has too few pixels."),
    "after_on_its_side": Text("整改照片是横倒的。", "The after photo lies on its side."),
    "few_details": Text("照片细节太少，无法比较位置。", "The photos hold too little detail to compare places."),
}

MIN_FEATURES = 250  # in each photo, to say anything about places
# Pairs of one shelf have hundreds of inliers, nearly half of all matches, all over the photo. Other shelves with the
# same sign, tags or products reach 66 inliers and a share of 0.23, but on a spot (spread 0.17 at most).
SURE_INLIERS, SURE_SHARE, SURE_SPREAD = 60, 0.25, 0.2
FEW_INLIERS, FEW_SHARE, SPOT = 35, 0.15, 0.18
MIN_NEAR = 8  # inliers around the gap
NEAR_REACH = 1.5  # gap sizes
SUSPICION = 0.5  # share of the working point from which a detection casts doubt


class Comparison(msgspec.Struct, frozen=True):
    """Verdict with the codes of its reasons (`REASONS`), its score in 0..1, and a side-by-side JPEG."""

    verdict: Verdict
    reasons: tuple[str, ...]
    score: float
    overlay: bytes | None


class Place(msgspec.Struct, frozen=True):
    """Verdict on one gap. `corners` are its corners in the after photo, clockwise, where they are known."""

    box: Box
    verdict: Verdict
    reasons: tuple[str, ...]
    score: float
    corners: tuple[tuple[float, float], ...] = ()


def compare(before: Photo, after: Photo, boxes: Sequence[Box], reader: ShelfReader) -> Comparison:
    """Judge whether the gaps at `boxes` (pixels of `before`) are filled in `after`.

    Without boxes, every gap that the reader finds in `before` at its working point is judged.
    """
    found = reader.find_gaps(before, reader.min_score * SUSPICION)
    seen = tuple(Gap(box, score, None) for box, score in found if score >= reader.min_score)
    asked = list(boxes) or [gap.box for gap in outermost(seen)]
    places = _judge(before, after, asked, found, reader)
    verdict, reasons, score = _together(places)
    marks = [Mark(place.box, place.verdict, place.corners) for place in places]
    return Comparison(verdict, reasons, score, draw_pair(before, after, marks, verdict))


def _judge(
    before: Photo, after: Photo, asked: list[Box], found: list[tuple[Box, float]], reader: ShelfReader
) -> list[Place]:
    """Answer for every asked gap; what concerns the whole photo is the same answer for all of them."""
    if not asked:
        reasons = _wrong_with(before, "before", reader) or ("no_gap_before",)
        return [Place((0, 0, before.width, before.height), "unsure", reasons, 0.5)]
    whole = _judge_photo(before, after, reader)
    if whole is None:
        place = register(before, after)
        whole = _judge_place(place)
    if whole is not None:
        verdict, reasons, score = whole
        return [Place(box, verdict, reasons, score) for box in asked]
    left = reader.find_gaps(after, reader.min_score * SUSPICION)
    places = [_judge_gap(before, after, box, place, found, left, reader.min_score) for box in asked]
    if all(place.verdict == "fixed" for place in places) and of_a_screen_since(before, after):
        doubt: Answer = ("unsure", ("after_of_a_screen",), 0.5)
        return [Place(place.box, *doubt, place.corners) for place in places]
    return places


def _judge_photo(before: Photo, after: Photo, reader: ShelfReader) -> Answer | None:
    if before.sha256 == after.sha256:
        return "not_fixed", ("same_photo",), 1.0
    bad = (*_wrong_with(before, "before", reader), *_wrong_with(after, "after", reader))
    return ("unsure", bad, 0.5) if bad else None


def _wrong_with(photo: Photo, which: Literal["before", "after"], reader: ShelfReader) -> tuple[str, ...]:
    """Return the reasons for which this photo cannot be compared by; a gap upside down is easily overlooked."""
    reasons = quality.judge(photo).reasons or (("upside_down",) if reader.upside_down(photo) else ())
    return tuple(f"{which}_{reason}" for reason in reasons)


def _judge_place(place: Registration) -> Answer | None:
    """Tell whether the photos show one place; None if they clearly do."""
    share = place.inliers / max(1, place.matches)
    if place.inliers >= SURE_INLIERS and share >= SURE_SHARE and place.spread >= SURE_SPREAD:
        return None
    if place.features < MIN_FEATURES:
        return "unsure", ("few_details",), 0.5
    weak = place.inliers < FEW_INLIERS or share < FEW_SHARE
    one_thing_in_common = share < SURE_SHARE and place.spread < SPOT
    if weak or one_thing_in_common:
        return "different_place", ("other_place",), round(1 - min(0.7, share), 3)
    return "unsure", ("place_not_sure",), 0.5


def _judge_gap(
    before: Photo,
    after: Photo,
    box: Box,
    place: Registration,
    found: list[tuple[Box, float]],
    left: list[tuple[Box, float]],
    working: float,
) -> Place:
    corners = place.project(box)
    landed = _bounds(corners)
    verdict: Verdict = "unsure"
    reason, score = "gap_out_of_view", 0.5
    if _inside(landed, after):
        change = appearance.compare(before, after, box, place)
        still = _score_at(landed, left)
        seen_before = _score_at(box, found)
        near = place.near(box, NEAR_REACH)
        verdict, reason, score = decide(change, still / working, seen_before / working, near)
    points = tuple((float(x), float(y)) for x, y in corners)
    return Place(box, verdict, (reason,), score, points)


def decide(change: Change, still: float, seen_before: float, near: int) -> tuple[Verdict, str, float]:
    """Decide about one gap whose place is in view.

    `still` and `seen_before` are the detector's scores there, after and before, as shares of the working
    point; `near` counts the details around the gap that both photos show.
    """
    if change.same_shot:
        return ("not_fixed", "same_photo", 0.98) if change.same_here else ("unsure", "same_shot_changed", 0.5)
    if near < MIN_NEAR:
        return "unsure", "surroundings_not_seen", 0.5
    if still >= 1:
        return "not_fixed", "gap_still_there", round(min(0.99, 0.5 + still / 6), 3)
    if seen_before < SUSPICION:
        return "unsure", "gap_not_seen_before", 0.5
    if not change.changed:
        return ("not_fixed", "gap_still_there", 0.7) if still >= SUSPICION else ("unsure", "looks_unchanged", 0.5)
    if still >= SUSPICION:
        return "unsure", "gap_maybe_there", 0.5
    if not change.like_products:
        return "unsure", "not_like_products", 0.5
    return "fixed", "gap_gone", round(min(0.99, 0.6 + 0.2 * min(1.0, near / 40) + 0.2 * (1 - still)), 3)


def _together(places: list[Place]) -> tuple[Verdict, tuple[str, ...], float]:
    """All gaps have to be filled; one that is not decides, then one that is in doubt."""
    order: tuple[Verdict, ...] = ("different_place", "not_fixed", "unsure", "fixed")
    verdict = next(candidate for candidate in order if any(place.verdict == candidate for place in places))
    deciding = [place for place in places if place.verdict == verdict]
    reasons = tuple(dict.fromkeys(reason for place in deciding for reason in place.reasons))
    scores = [place.score for place in deciding]
    return verdict, reasons, min(scores) if verdict == "fixed" else max(scores)


def _score_at(box: Box, gaps: list[tuple[Box, float]]) -> float:
    """Return the best score of a gap at this place: at the same height and sharing a third of either's width."""
    return max((score for gap, score in gaps if _at_place(gap, box)), default=0.0)


def _at_place(gap: Box, box: Box) -> bool:
    shared = min(gap[2], box[2]) - max(gap[0], box[0])
    narrower = min(gap[2] - gap[0], box[2] - box[0])
    heights = span_iou((gap[1], gap[3]), (box[1], box[3]))
    return shared >= 0.33 * narrower and heights >= 0.25


def _bounds(corners: "appearance.Points") -> Box:
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return round(float(x0)), round(float(y0)), round(float(x1)), round(float(y1))


def _inside(box: Box, photo: Photo) -> bool:
    """Tell whether at least 90 % of the box's width and height lies in the photo."""
    width = min(box[2], photo.width) - max(box[0], 0)
    height = min(box[3], photo.height) - max(box[1], 0)
    return width >= 0.9 * (box[2] - box[0]) > 0 and height >= 0.9 * (box[3] - box[1]) > 0
