"""Labels printed apart from their prices: 会员价 above one number and 零售价 above another. Geometry only."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from vision.price_tags.model import Anchor, Label, Price, TextLine
from vision.price_tags.parsing import label_of, normalised, relabelled, unknown_label

_ABOVE, _BESIDE = 1.6, 2.2
"""How far a label may stand from its price, in heights of the larger of the two: above it, and before it."""
_LONGEST: Final = 14  # characters: longer texts are sentences about the offer


def with_labels(anchors: Sequence[Anchor], lines: Sequence[TextLine]) -> list[Anchor]:
    """Return the prices under the labels that stand above or before them; each label belongs to the nearest price."""
    told: dict[int, tuple[float, Label]] = {}
    for line in lines:
        label = label_alone(line.text)
        if label is None:
            continue
        places = [(away, index) for index, anchor in enumerate(anchors) if (away := _away(line, anchor)) is not None]
        if places:
            away, index = min(places)
            told[index] = min(told.get(index, (away, label)), (away, label))
    return [_labelled(anchor, told[index][1]) if index in told else anchor for index, anchor in enumerate(anchors)]


def label_alone(text: str) -> Label | None:
    """Return what a text without any digits says of a price: 会员价, 促销价: …; None where it is no label."""
    clean = normalised(text)
    if len(clean) > _LONGEST or re.search(r"\d", clean):
        return None
    return label_of(clean) or unknown_label(clean)


def _labelled(anchor: Anchor, label: Label) -> Anchor:
    return msgspec.structs.replace(anchor, prices=tuple(_unless_said(price, label) for price in anchor.prices))


def _unless_said(price: Price, label: Label) -> Price:
    return relabelled(price, label) if price.label == "plain" else price


def _away(line: TextLine, anchor: Anchor) -> float | None:
    """How far a label is from a price it may belong to, in heights; None where it stands elsewhere."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = line.box, anchor.box
    height = max(line.height, anchor.height, 1.0)
    across, down = (bx0 - ax1) / height, (by0 - ay1) / height
    shared = min(ay1, by1) - max(ay0, by0)
    if shared > 0.3 * (ay1 - ay0) and -0.3 <= across <= _BESIDE:
        return max(0.0, across)
    if -0.4 <= down <= _ABOVE and ax0 < bx1 and ax1 > bx0 - _BESIDE * height:
        return max(0.0, down) + max(0.0, across)
    return None
