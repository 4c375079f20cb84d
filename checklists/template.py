"""The content of a checklist version: drafts refer to checkpoints, a content is the snapshot made of them."""

import hashlib
import re
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from checklists.checkpoint import Checkpoint, Evidence, Library, Severity, Share, Weight
from checklists.item import Item
from checklists.kinds import AnswerKind, Number, flaws
from core.errors import Invalid
from core.text import Text

ITEM_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MOST_ITEMS = 500


class ItemDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item as a person puts it together: a checkpoint of the library, and what this checklist does differently.

    Without an `id` the item takes the checkpoint's code, then code-2, code-3 … when the checkpoint is asked again.
    `min` and `max` replace the limits of a number answer (null takes one away), `limit` that of what a photo sees;
    whoever changes one words the `standard` to match, because the library's text names its own limits.
    """

    checkpoint: str
    id: str | None = None
    title: Text | None = None
    standard: Text | None = None
    severity: Severity | None = None
    weight: Weight | None = None
    evidence: Evidence | None = None
    min: float | UnsetType | None = UNSET
    max: float | UnsetType | None = UNSET
    limit: Share | None = None
    required: bool = True
    na_allowed: bool | None = None


class ChecklistContent(msgspec.Struct, frozen=True):
    """A version's title and items, complete in itself: nothing outside of it changes what it asks."""

    title: Text
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]

    def item(self, item_id: str) -> Item | None:
        """Return the item of this id, None when there is none."""
        return next((item for item in self.items if item.id == item_id), None)

    def of_checkpoint(self, code: str) -> tuple[Item, ...]:
        """Return the items that ask this checkpoint."""
        return tuple(item for item in self.items if item.checkpoint == code)


def build(title: Text, drafts: tuple[ItemDraft, ...], library: Library) -> ChecklistContent:
    """Make the snapshot of `drafts`.

    Raises:
        Invalid: `checklist.…`, naming the item: no or too many items, an unknown checkpoint, an id that is malformed
            or there twice, limits that no answer can meet or that the kind of answer does not have.

    """
    if not title.zh.strip() or not title.en.strip():
        raise Invalid("checklist.no_title", Text("检查表需要中英文标题", "A checklist needs a title in both languages"))
    if not 0 < len(drafts) <= MOST_ITEMS:
        raise Invalid(
            "checklist.item_count",
            Text(f"检查表应有 1 到 {MOST_ITEMS} 项", f"A checklist has 1 to {MOST_ITEMS} items"),
        )
    taken = {draft.id for draft in drafts if draft.id is not None}
    items: dict[str, Item] = {}
    for draft in drafts:
        item = _item(draft, library, taken)
        if item.id in items:
            raise _refused(item.id, "item_twice", "检查项编号重复", "this item id is used twice")
        items[item.id] = item
        taken.add(item.id)
    return ChecklistContent(title=title, items=tuple(items.values()))


def content_hash(content: ChecklistContent) -> str:
    """Return the SHA-256 (hex) of the content, the same before and after a way through JSON."""
    plain = msgspec.convert(msgspec.to_builtins(content), ChecklistContent)  # limits written as 5 and 5.0 are the same
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def _refused(item_id: str, code: str, zh: str, en: str) -> Invalid:
    return Invalid(f"checklist.{code}", Text(f"检查项 {item_id}:{zh}", f"Item {item_id}: {en}"), item_id=item_id)


def _item(draft: ItemDraft, library: Library, taken: set[str]) -> Item:
    checkpoint = library.checkpoints.get(draft.checkpoint)
    if checkpoint is None:
        raise _refused(
            draft.id or draft.checkpoint,
            "checkpoint_unknown",
            f"标准库中没有检查点 {draft.checkpoint}",
            f"the library has no checkpoint {draft.checkpoint}",
        )
    item_id = draft.id if draft.id is not None else _free_id(draft.checkpoint, taken)
    if not ITEM_ID.fullmatch(item_id):
        raise _refused(
            item_id,
            "item_id",
            "编号由小写字母、数字、点、横线、下划线组成",
            "an id is made of lower-case letters, digits, dot, dash and underscore, at most 64",
        )
    for text in (draft.title, draft.standard):
        if text is not None and not (text.zh.strip() and text.en.strip()):
            raise _refused(item_id, "text", "中英文都要填写", "a text is needed in both languages")
    return Item(
        id=item_id,
        checkpoint=checkpoint.code,
        dimension=checkpoint.dimension,
        title=draft.title or checkpoint.title,
        standard=draft.standard or checkpoint.standard,
        check=checkpoint.check,
        fix=checkpoint.fix,
        severity=draft.severity or checkpoint.severity,
        weight=draft.weight or checkpoint.weight,
        evidence=draft.evidence or checkpoint.evidence,
        answer=_answer(item_id, draft, checkpoint),
        required=draft.required,
        na_allowed=checkpoint.na_allowed if draft.na_allowed is None else draft.na_allowed,
        sees=checkpoint.sees,
        limit=_limit(item_id, draft, checkpoint),
    )


def _free_id(code: str, taken: set[str]) -> str:
    item_id, number = code, 1
    while item_id in taken:
        number += 1
        item_id = f"{code}-{number}"
    return item_id


def _answer(item_id: str, draft: ItemDraft, checkpoint: Checkpoint) -> AnswerKind:
    kind = checkpoint.answer
    changes = {name: value for name in ("min", "max") if (value := getattr(draft, name)) is not UNSET}
    if not changes:
        return kind
    if not isinstance(kind, Number):
        raise _refused(item_id, "no_limits", "此检查点的答案不是数字", "this checkpoint is not answered by a number")
    changed = msgspec.structs.replace(kind, **changes)
    for why in flaws(changed):
        raise _refused(item_id, "limits", f"限值有误:{why}", why)
    return changed


def _limit(item_id: str, draft: ItemDraft, checkpoint: Checkpoint) -> float | None:
    if draft.limit is not None and checkpoint.sees is None:
        raise _refused(item_id, "no_limits", "此检查点不由照片识别", "no photo is read for this checkpoint")
    return checkpoint.limit if draft.limit is None else draft.limit
