import msgspec
import pytest

from checklists.answers import Answer, check_answers
from checklists.built_in import AVAILABILITY, BUILT_IN, FULL, STANDARD, Template, content_of
from checklists.checkpoint import DIMENSIONS, Library
from checklists.kinds import Choice, Number, PassFail, Scale
from checklists.scoring import score_visit
from checklists.template import ChecklistContent, ItemDraft, build, content_hash
from core.errors import Invalid
from core.text import Text

TITLE = Text("我的检查表", "My checklist")
CHILLER = "equipment.chiller_temperature"


def one(library: Library, draft: ItemDraft) -> ChecklistContent:
    return build(TITLE, (draft,), library)


def test_a_standard_visit_touches_every_dimension_and_fits_one_round(library: Library) -> None:
    content = content_of(STANDARD, library)
    assert {item.dimension for item in content.items} == set(DIMENSIONS)
    assert 15 <= len(content.items) <= 20


def test_a_full_audit_asks_the_whole_library(library: Library) -> None:
    assert [item.checkpoint for item in content_of(FULL, library).items] == list(library.checkpoints)


def test_a_quick_check_asks_few_things_and_has_the_photo_read(library: Library) -> None:
    content = content_of(AVAILABILITY, library)
    assert len(content.items) == 6
    assert [item.checkpoint for item in content.items if item.sees == "gap"] == ["availability.on_shelf"]


@pytest.mark.parametrize("template", BUILT_IN, ids=lambda template: template.key)
def test_a_perfect_store_scores_a_hundred_on_every_built_in_checklist(library: Library, template: Template) -> None:
    content = content_of(template, library)
    answers = []
    for item in content.items:
        match item.answer:
            case PassFail():
                answers.append(Answer(item.id, True))
            case Number(min=low, max=high):
                answers.append(Answer(item.id, low if low is not None else high))
            case Scale(max=highest):
                answers.append(Answer(item.id, highest))
            case Choice(choices=choices):
                answers.append(Answer(item.id, next(option.value for option in choices if option.ok)))
    assert check_answers(content.items, answers) == ()
    assert score_visit(content.items, answers).total == 100


def test_an_item_repeats_the_text_of_its_checkpoint(library: Library) -> None:
    (item,) = one(library, ItemDraft(checkpoint="safety.exits")).items
    checkpoint = library.checkpoints["safety.exits"]
    assert (item.id, item.title, item.standard, item.fix) == (
        "safety.exits",
        checkpoint.title,
        checkpoint.standard,
        checkpoint.fix,
    )
    assert not item.na_allowed


def test_a_later_change_of_the_library_leaves_a_content_as_it_was(library: Library) -> None:
    content = one(library, ItemDraft(checkpoint="safety.exits"))
    before = content_hash(content)
    changed = msgspec.structs.replace(library.checkpoints["safety.exits"], title=Text("新", "New"))
    newer = Library(library.dimensions, {**library.checkpoints, "safety.exits": changed})
    assert content_hash(one(newer, ItemDraft(checkpoint="safety.exits"))) != before
    assert content_hash(content) == before


def test_a_checklist_may_weigh_and_limit_an_item_differently(library: Library) -> None:
    standard = Text("2 至 4 °C", "2 to 4 °C")
    draft = ItemDraft(checkpoint=CHILLER, severity="major", weight=9, min=2, max=4, standard=standard)
    (item,) = one(library, draft).items
    assert (item.severity, item.weight, item.standard) == ("major", 9, standard)
    assert isinstance(item.answer, Number)
    assert (item.answer.min, item.answer.max, item.answer.highest) == (2, 4, 60)


def test_the_limit_of_what_a_photo_sees_may_be_set(library: Library) -> None:
    (item,) = one(library, ItemDraft(checkpoint="availability.on_shelf", limit=0.05)).items
    assert (item.sees, item.limit) == ("gap", 0.05)


def test_one_checkpoint_may_be_asked_of_several_fixtures(library: Library) -> None:
    drafts = tuple(ItemDraft(checkpoint=CHILLER, title=Text(f"冷柜{n}", f"Case {n}")) for n in "ABC")
    content = build(TITLE, drafts, library)
    assert [item.id for item in content.items] == [CHILLER, f"{CHILLER}-2", f"{CHILLER}-3"]
    assert len(content.of_checkpoint(CHILLER)) == 3
    second = content.item(f"{CHILLER}-2")
    assert second is not None
    assert second.title.en == "Case B"
    assert content.item("nothing") is None


def test_an_automatic_id_steps_around_one_given_by_hand(library: Library) -> None:
    drafts = (ItemDraft(checkpoint=CHILLER), ItemDraft(checkpoint="safety.exits", id=CHILLER))
    assert [item.id for item in build(TITLE, drafts, library).items] == [f"{CHILLER}-2", CHILLER]


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (ItemDraft(checkpoint="safety.unheard_of"), "checklist.checkpoint_unknown"),
        (ItemDraft(checkpoint="safety.exits", id="../etc"), "checklist.item_id"),
        (ItemDraft(checkpoint="safety.exits", id=""), "checklist.item_id"),
        (ItemDraft(checkpoint="safety.exits", max=3), "checklist.no_limits"),
        (ItemDraft(checkpoint="safety.exits", limit=0.1), "checklist.no_limits"),
        (ItemDraft(checkpoint=CHILLER, min=5, max=1), "checklist.limits"),
        (ItemDraft(checkpoint=CHILLER, min=None, max=None), "checklist.limits"),
        (ItemDraft(checkpoint=CHILLER, max=float("nan")), "checklist.limits"),
        (ItemDraft(checkpoint=CHILLER, title=Text("", "Case")), "checklist.text"),
    ],
)
def test_a_draft_that_cannot_work_is_refused_naming_the_item(library: Library, draft: ItemDraft, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        one(library, draft)
    assert caught.value.code == code
    assert "item_id" in caught.value.extra


def test_an_id_given_twice_is_refused(library: Library) -> None:
    drafts = (ItemDraft(checkpoint="safety.exits", id="a"), ItemDraft(checkpoint="safety.slip", id="a"))
    with pytest.raises(Invalid, match=r"checklist\.item_twice"):
        build(TITLE, drafts, library)


def test_a_checklist_without_items_or_title_is_refused(library: Library) -> None:
    with pytest.raises(Invalid, match=r"checklist\.item_count"):
        build(TITLE, (), library)
    with pytest.raises(Invalid, match=r"checklist\.no_title"):
        build(Text("有", ""), (ItemDraft(checkpoint="safety.exits"),), library)


def test_the_hash_survives_storage_and_sees_every_change(library: Library) -> None:
    content = one(library, ItemDraft(checkpoint=CHILLER, min=2, max=4))
    stored = msgspec.json.decode(msgspec.json.encode(content), type=ChecklistContent)
    assert content_hash(stored) == content_hash(content)
    assert content_hash(one(library, ItemDraft(checkpoint=CHILLER, min=2, max=5))) != content_hash(content)


def test_the_client_reads_the_kind_of_answer_from_its_tag(library: Library) -> None:
    content = build(TITLE, (ItemDraft(checkpoint=CHILLER), ItemDraft(checkpoint="safety.exits")), library)
    number, yes_or_no = (item["answer"] for item in msgspec.to_builtins(content)["items"])
    assert (number["kind"], number["unit"], number["min"], number["max"]) == ("number", {"zh": "°C", "en": "°C"}, 0, 6)
    assert yes_or_no == {"kind": "pass_fail"}
