"""An item of a checklist: one question, asked of one store, about one checkpoint."""

from typing import Literal

import msgspec

from checklists.checkpoint import Evidence, Severity, Share, Weight
from checklists.kinds import AnswerKind
from core.text import Text


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as one version of a checklist asks it.

    Everything is copied from the library when the version is made, so that a later change there leaves a published
    version, and the answers given to it, as they were. `id` is unique within the version only; two items may ask the
    same checkpoint (freezer A, freezer B).
    """

    id: str
    checkpoint: str
    dimension: str
    title: Text
    standard: Text
    check: Text
    fix: Text
    severity: Severity
    weight: Weight
    evidence: Evidence
    answer: AnswerKind
    required: bool = True
    na_allowed: bool = True
    sees: Literal["gap"] | None = None
    limit: Share | None = None
