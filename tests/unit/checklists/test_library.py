import re
from pathlib import Path

import pytest

from checklists.checkpoint import DIMENSIONS, Library
from checklists.kinds import Choice, Number, PassFail, Scale
from checklists.library import load
from core.errors import Invalid
from core.text import Text

ENTRY = """
[dimension]
title = { zh = "安全", en = "Safety" }
purpose = { zh = "人员安全", en = "People are safe" }

[[checkpoint]]
code = "safety.exits"
severity = "critical"
weight = 5
evidence = "photo"
answer = { kind = "pass_fail" }
title = { zh = "出口", en = "Exits" }
standard = { zh = "畅通", en = "Clear" }
check = { zh = "推门", en = "Push" }
fix = { zh = "清走", en = "Clear them" }
words = { zh = ["消防通道"], en = ["fire exit"] }
"""


def write(folder: Path, text: str, name: str = "safety.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_library_covers_the_twelve_dimensions_with_five_or_six_checkpoints_each(library: Library) -> None:
    assert tuple(library.dimensions) == DIMENSIONS
    assert len(DIMENSIONS) == 12
    assert all(5 <= len(library.of(dimension)) <= 6 for dimension in DIMENSIONS)


def test_checkpoints_stand_in_the_order_of_the_dimensions(library: Library) -> None:
    order = [DIMENSIONS.index(c.dimension) for c in library.checkpoints.values()]
    assert order == sorted(order)


def test_a_photo_of_gaps_is_judged_by_on_shelf_availability_alone(library: Library) -> None:
    (checkpoint,) = library.seeing("gap")
    assert (checkpoint.code, checkpoint.limit, checkpoint.evidence) == ("availability.on_shelf", 0.08, "reading")


def test_every_kind_of_answer_is_used(library: Library) -> None:
    kinds = {type(c.answer) for c in library.checkpoints.values()}
    assert kinds == {PassFail, Number, Scale, Choice}


def test_every_scale_says_what_each_point_looks_like(library: Library) -> None:
    scales = [c.answer for c in library.checkpoints.values() if isinstance(c.answer, Scale)]
    assert scales
    assert all(len(s.anchors) == s.max + 1 for s in scales)


def test_chinese_texts_hold_chinese_and_english_texts_hold_none(library: Library) -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    for c in library.checkpoints.values():
        for text in (c.title, c.standard, c.check, c.fix):
            assert han.search(text.zh), c.code
            assert not han.search(text.en), c.code
            assert "\u3000" not in text.zh + text.en


def test_a_title_fits_a_line_of_a_phone(library: Library) -> None:
    for c in library.checkpoints.values():
        assert len(c.title.zh) <= 22, c.code
        assert len(c.title.en) <= 48, c.code


def test_no_two_checkpoints_have_the_same_title(library: Library) -> None:
    titles = [c.title for c in library.checkpoints.values()]
    assert len({t.zh for t in titles}) == len({t.en.casefold() for t in titles}) == len(titles)


def test_a_supervisor_has_six_or_more_ways_to_speak_of_each_checkpoint(library: Library) -> None:
    for c in library.checkpoints.values():
        for words in (c.words.zh, c.words.en):
            assert 6 <= len(words) <= 30, c.code
            assert len(set(words)) == len(words), c.code
        assert all(word == word.lower() for word in c.words.en), c.code


def test_critical_checkpoints_stay_the_exception(library: Library) -> None:
    critical = [c for c in library.checkpoints.values() if c.severity == "critical"]
    assert 5 <= len(critical) <= len(library.checkpoints) / 5


def test_a_library_of_ones_own_is_read_from_a_folder(tmp_path: Path) -> None:
    library = load(write(tmp_path, ENTRY))
    assert library.dimensions["safety"].title == Text("安全", "Safety")
    assert library.checkpoints["safety.exits"].dimension == "safety"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('title = { zh = "出口", en = "Exits" }', 'title = { zh = "出口" }', "`en`"),
        ('en = "Clear them"', 'en = " "', "fix.en is empty"),
        ('severity = "critical"', 'severity = "deadly"', "severity"),
        ("weight = 5", "weight = 0", "weight"),
        ('evidence = "photo"', 'evidence = "photo"\ncolour = 1', "colour"),
        ('code = "safety.exits"', 'code = "hygiene.exits"', "does not begin with"),
        ('code = "safety.exits"', 'code = "safety.Exits"', "lower case"),
        ('evidence = "photo"', 'evidence = "photo"\nsees = "gap"', "sees and limit"),
        ('evidence = "photo"', 'evidence = "photo"\nsees = "gap"\nlimit = 8.0', "limit"),
        ('["fire exit"]', "[]", "words.en is empty"),
        ('["消防通道"]', '["门"]', "too short"),
        (
            '{ kind = "pass_fail" }',
            '{ kind = "number", unit = { zh = "米", en = "m" }, min = 2, max = 1 }',
            "min 2 is above max 1",
        ),
        ('{ kind = "pass_fail" }', '{ kind = "number", unit = { zh = "米", en = "m" } }', "needs a limit"),
        ('{ kind = "pass_fail" }', '{ kind = "number", unit = { zh = "", en = "m" }, max = 1 }', "answer.zh is empty"),
        ('{ kind = "pass_fail" }', '{ kind = "scale", max = 3, pass_from = 4 }', "pass_from 4 is above max 3"),
        ('{ kind = "pass_fail" }', '{ kind = "guess" }', "guess"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_file_and_code(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in ENTRY
    with pytest.raises(Invalid) as caught:
        load(write(tmp_path, ENTRY.replace(old, new)))
    message = str(caught.value)
    assert message.startswith("library.invalid: safety.toml: ")
    assert why in message
    assert "exits" in message.lower()


def test_a_file_of_an_unknown_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"parking\.toml: unknown dimension 'parking'"):
        load(write(tmp_path, ENTRY, "parking.toml"))


def test_a_code_used_twice_is_refused(tmp_path: Path) -> None:
    twice = ENTRY + ENTRY[ENTRY.index("[[checkpoint]]") :]
    with pytest.raises(Invalid, match=r"safety\.toml: safety\.exits: this code is used twice"):
        load(write(tmp_path, twice))


def test_a_phrase_that_two_checkpoints_claim_is_refused(tmp_path: Path) -> None:
    other = ENTRY[ENTRY.index("[[checkpoint]]") :].replace("safety.exits", "safety.doors")
    with pytest.raises(Invalid, match=r"safety\.doors: the phrase '消防通道' belongs to safety\.exits"):
        load(write(tmp_path, ENTRY + other))


@pytest.mark.parametrize(
    "text", ["", "checkpoint = 3", "not toml at all", ENTRY.split("[[checkpoint]]", maxsplit=1)[0]]
)
def test_a_file_without_checkpoints_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match=r"safety\.toml"):
        load(write(tmp_path, text))
