"""The reasons a verdict may carry, in words; those of comparisons are vision's, those of material a campaign's."""

from core.text import Text
from vision.compare import REASONS as SEEN
from workflows.campaigns.fixing import REASONS as OF_MATERIAL
from workflows.verification.service import CHECK_FAILED

OWN = {
    "no_before_photo": Text("没有整改前照片可比对", "There is no before photo to compare with"),
    CHECK_FAILED: Text("自动检查未能完成", "The automatic check could not be finished"),
    "used_before": Text("整改照片以前提交过，需要人工确认", "The after photo was sent before; a person has to look"),
    "not_by_camera": Text(
        "这一项不能由照片识别判定，请人工复核", "The machine cannot judge this from a photo; a person has to look"
    ),
    "others_left": Text("同一问题在别处的照片还待整改", "Other photos show the same problem elsewhere"),
    "refused_before": Text(
        "前几次整改照片均未通过，改由人工复核", "Earlier after photos were refused; a person has to look"
    ),
    "unreadable": Text("整改照片无法读取", "The after photo could not be read"),
    "person": Text("人工复核", "Judged by a person"),
}


def explain(code: str) -> Text:
    """Return the words for a reason's code."""
    return OWN.get(code) or SEEN.get(code) or OF_MATERIAL.get(code) or Text(code, code)
