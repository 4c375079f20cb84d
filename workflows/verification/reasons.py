"""The reasons a verdict may carry, in words; those of the comparison itself are vision's."""

from core.text import Text
from vision.compare import REASONS as SEEN
from workflows.verification.service import CHECK_FAILED

OWN = {
    "no_before_photo": Text("没有整改前照片可比对", "There is no before photo to compare with"),
    CHECK_FAILED: Text("自动检查未能完成", "The automatic check could not be finished"),
    "unreadable": Text("整改照片无法读取", "The after photo could not be read"),
    "person": Text("人工复核", "Judged by a person"),
}


def explain(code: str) -> Text:
    """Return the words for a reason's code."""
    return OWN.get(code) or SEEN.get(code) or Text(code, code)
