"""Checklists that every company starts with."""

import msgspec

from checklists.checkpoint import Library
from checklists.template import ChecklistContent, ItemDraft, build
from core.text import Text


class Template(msgspec.Struct, frozen=True):
    """A named choice of checkpoints; an empty `codes` is all of them."""

    key: str
    title: Text
    codes: tuple[str, ...]


# In the order of one walk: outside, the sales floor, fresh food and cold cases, tills and people, back room, safety.
STANDARD = Template(
    "standard",
    Text("标准巡店", "Standard visit"),
    (
        "image.storefront_sign",
        "image.entrance",
        "availability.on_shelf",
        "availability.key_items",
        "display.fronted",
        "display.endcap",
        "promotion.material",
        "promotion.expired_material",
        "pricing.tag_present",
        "pricing.tag_matches",
        "hygiene.floor",
        "freshness.expired",
        "freshness.produce",
        "equipment.chiller_temperature",
        "equipment.freezer_temperature",
        "service.queue_length",
        "staff.uniform",
        "inventory.off_floor",
        "safety.exits",
        "safety.slip",
    ),
)
AVAILABILITY = Template(
    "availability",
    Text("快速缺货检查", "Quick availability check"),
    (
        "availability.on_shelf",
        "availability.key_items",
        "availability.replenishment",
        "availability.promo_stock",
        "availability.notice",
        "pricing.tag_present",
    ),
)
FULL = Template("full", Text("全面稽核", "Full audit"), ())

BUILT_IN = (STANDARD, AVAILABILITY, FULL)


def content_of(template: Template, library: Library) -> ChecklistContent:
    """Build a template from the library of today."""
    codes = template.codes or tuple(library.checkpoints)
    return build(template.title, tuple(ItemDraft(checkpoint=code) for code in codes), library)
